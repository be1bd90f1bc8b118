// The judge: from what Messages really has, what everybody was told, and what the relay holds in the end. Every broken
// promise in words; empty = all were kept.
import { assertNever } from "../../../shared/result.ts";
import { casesOf, type Case, type Findings, type OutcomeEvent } from "./findings.ts";
import { wrongEffects } from "./judge-effects.ts";
import { wrongOrder } from "./judge-order.ts";
import { provable, unexplained } from "./judge-unknown.ts";
import type { Told } from "./told.ts";

export function judge(found: Findings): string[] {
  const cases = casesOf(found);
  return [
    ...found.wishes
      .filter(({ key }) => !cases.some(({ wish }) => wish.key === key))
      .map(({ key }) => `I6: ${key} has no final answer`),
    ...cases.flatMap((one) => contradictions(one, found)),
    ...wrongEffects(cases, found.rows),
    ...unexplained(cases, found.excuses),
    ...wrongOrder(cases, found.rows),
    ...provable(cases, found.rows).map(
      ({ wish }) => `I6: ${wish.key} is unknown in the end, though its row is there and can be no other's`,
    ),
    ...cancelledAndSent(cases, found),
    ...cases.flatMap((one) => wrongEvents(one, found)),
  ];
}

/** I6, I7: one operation a key, one end, told alike to everybody and for ever. */
function contradictions(one: Case, found: Findings): string[] {
  const { wish, told, repeats, final, finals } = one;
  const { key } = wish;
  const broken: string[] = [];
  const [a, b] = finals;
  if (a.said !== b.said) broken.push(`I7: ${key} is ${a.said} to gateway A and ${b.said} to gateway B`);
  if (final.otherwise !== null)
    broken.push(`I7: ${key} is ${final.said}, and by relay.outcome ${final.otherwise}`);
  if (final.state === "open" || final.state === "queued")
    broken.push(`I6: ${key} is still ${final.state} in the end`);
  if (told.at(-1)?.outcome === "nothing") broken.push(`I6: ${key} was never answered`);
  const operations = new Set([...told, ...repeats, final].flatMap(({ operation }) => operation ?? []));
  if (operations.size > 1) broken.push(`I7: ${key} has several operations: ${[...operations].join(", ")}`);
  for (const answer of told) broken.push(...contradicts(answer, one, found));
  for (const answer of repeats) {
    if (answer.outcome !== final.outcome)
      broken.push(
        `I7: ${key} is settled as ${final.outcome}, and asked again it is ${answer.outcome}: ${answer.said}`,
      );
    broken.push(...contradicts(answer, one, found));
  }
  return broken;
}

function contradicts(answer: Told, one: Case, found: Findings): string[] {
  const { wish, final, told } = one;
  const { outcome, by, said } = answer;
  const end = final.outcome ?? final.state;
  const says = `I6: ${wish.key} was ${outcome} to ${by} at ${answer.at}, and is ${end} in the end (${said})`;
  switch (outcome) {
    case "sent":
      return final.outcome === "sent" && agree(answer.guids, final.guids) ? [] : [says];
    // What nobody knows may be known later; that it was not sent only by the Mac's own record, never by the absence
    // of a row (I6).
    case "unknown": {
      const isLearnt = final.outcome === "unknown" || final.outcome === "sent";
      return isLearnt || isPartProven(answer, one) || isOnRecord(one, found) ? [] : [says];
    }
    case "not_sent": {
      // Without an operation, only this copy of the request was refused.
      const isForAll = answer.operation !== null || told.every((other) => other.outcome === "not_sent");
      const isSo = final.outcome === "not_sent" || final.state === "never seen";
      return isForAll && !isSo ? [says] : [];
    }
    case "queued":
      return final.state === "never seen" ? [says] : [];
    case "nothing":
      return answer.code === "internal" || answer.code === "500"
        ? [`internal error for ${wish.key}: ${said}`]
        : [];
    default:
      return assertNever(outcome);
  }
}

/** The part of which nobody knew has gone out, and the parts after it were never begun. */
const isPartProven = ({ delivered }: Told, { final }: Case): boolean =>
  final.outcome === "not_sent" && delivered !== null && final.delivered === delivered + 1;

const isOnRecord = ({ final: { outcome, operation } }: Case, { neverBegun }: Findings): boolean =>
  outcome === "not_sent" && neverBegun.some((call) => call.split(".")[0] === operation);

/** A guid that was not known at first may be known later. */
const agree = (before: readonly (string | null)[], after: readonly (string | null)[]): boolean =>
  before.every((guid, at) => guid === null || guid === after[at]);

function cancelledAndSent(cases: readonly Case[], { cancelled }: Findings): string[] {
  return cancelled.flatMap(({ key, status, at }) => {
    const end = cases.find(({ wish }) => wish.key === key)?.final.outcome;
    if (status === 200 && end !== "not_sent")
      return [`${key} was cancelled at ${at}, and is ${end} in the end`];
    return status === 200 || status === 409 ? [] : [`${key}: its cancelling was answered ${status}`];
  });
}

/** What no answer could say is told by an event; the last one says what is so. */
function wrongEvents({ wish, told, final }: Case, { outcomes }: Findings): string[] {
  const events = outcomes.filter(({ operation }) => operation === final.operation);
  const last = events.at(-1);
  const isNews = (event: OutcomeEvent, before: OutcomeEvent | undefined): boolean =>
    before === undefined ||
    (!before.final && event.final) ||
    (event.guids.length >= before.guids.length && named(event) > named(before));
  if (!events.every((event, at) => isNews(event, events[at - 1])))
    return [`${wish.key} is told the same again: ${JSON.stringify(events)}`];
  const isOwed = told.some(
    ({ outcome, operation }) => outcome === "queued" || (outcome === "unknown" && operation !== null),
  );
  if (last === undefined) return isOwed ? [`${wish.key}: no event tells that it is ${final.outcome}`] : [];
  const isSo =
    last.outcome === final.outcome &&
    last.final === final.isFinal &&
    JSON.stringify(last.guids) === JSON.stringify(final.guids);
  return isSo ? [] : [`${wish.key} is ${final.said}, and its last event says ${JSON.stringify(last)}`];
}

/** How many of its messages are known by their guid. */
const named = ({ guids }: OutcomeEvent): number => guids.filter((guid) => guid !== null).length;

/** What the summary adds up. */
export function countsOf(found: Findings): Record<string, number> {
  const cases = casesOf(found);
  const owners = new Set<string | null>(found.rows.flatMap(({ by, guid }) => (by === "owner" ? [guid] : [])));
  const count = (is: (one: Case) => boolean): number => cases.filter(is).length;
  const wasUnknown = ({ told, final }: Case): boolean =>
    final.outcome === "unknown" || told.some(({ outcome }) => outcome === "unknown");
  return {
    sends: cases.length,
    askings: [...found.told.values()].reduce((sum, answers) => sum + answers.length, 0),
    sent: count(({ final }) => final.outcome === "sent"),
    not_sent: count(({ final }) => final.outcome === "not_sent" || final.state === "never seen"),
    unknown: count(wasUnknown),
    unresolved: count(({ final }) => final.outcome === "unknown"),
    provable: provable(cases, found.rows).length,
    // Nobody can know better: the owner wrote the very same at that moment, and it was there first.
    taken_for_owner: count(({ final }) => final.guids.some((guid) => owners.has(guid))),
    queued: count(({ told }) => told.some(({ outcome }) => outcome === "queued")),
    in_parts: count(({ wish }) => wish.parts > 1),
  };
}
