// What must be true of every send in the end (I6, I7). Every broken promise in words; empty = all were kept.
import { chatKey } from "../../../shared/imsg.ts";
import { outcomeOf } from "../../../shared/outcome.ts";
import type { OutcomeTold, OwnRow, SendFindings, Stored } from "./findings.ts";
import { wrongOrder } from "./order.ts";
import { provable } from "./proof.ts";
import type { Ask } from "./senders.ts";
import type { Effect } from "./trace.ts";

/** One wish with all that is known of it. */
export interface Case {
  readonly ask: Ask;
  /** Undefined = the relay never stored it. */
  readonly stored: Stored | undefined;
  readonly outcomes: readonly OutcomeTold[];
  /** What Messages has of each part. */
  readonly effects: readonly (readonly Effect[])[];
  /** When each part was first given to the Mac; undefined = never. */
  readonly from: readonly (number | undefined)[];
  /** Which message imsg named for each part. */
  readonly said: readonly (string | null)[];
}

export function casesOf({ asks, stored, outcomes, calls }: SendFindings): Case[] {
  return asks.map((ask) => {
    const own = stored.find(({ idempotency_key }) => idempotency_key === ask.key);
    const traced = ask.texts.map((_, part) =>
      own === undefined ? undefined : calls.get(part === 0 ? own.id : `${own.id}.${part}`),
    );
    return {
      ask,
      stored: own,
      outcomes: outcomes.filter(({ operation }) => operation === own?.id),
      effects: traced.map((call) => call?.effects ?? []),
      from: traced.map((call) => call?.from),
      said: traced.map((call) => call?.said ?? null),
    };
  });
}

export function judgeSends(found: SendFindings): string[] {
  const cases = casesOf(found);
  const rows = new Map(found.rows.map((row) => [row.guid, row]));
  return [
    ...found.strays,
    ...cases.flatMap((one) => [
      ...wrongEffects(one),
      ...wrongEnd(one, rows),
      ...wrongAnswers(one),
      ...wrongEvents(one),
      ...wrongById(one, found.resetAt),
    ]),
    ...claimedTwice(cases),
    ...falselySent(cases, rows),
    ...wrongOrder(cases),
    ...provable(cases, found.rows),
  ];
}

function wrongEffects({ ask, effects }: Case): string[] {
  const broken: string[] = [];
  for (const [part, made] of effects.entries()) {
    if (made.length > 1) broken.push(`I7: part ${part} of ${ask.key} was sent ${made.length} times`);
    const before = part === 0 ? undefined : effects[part - 1];
    if (made.length > 0 && before?.length === 0)
      broken.push(`I6: part ${part} of ${ask.key} went out without the one before it`);
    const [now, then] = [made[0], before?.[0]];
    if (now !== undefined && then !== undefined && now.place < then.place)
      broken.push(`order: part ${part} of ${ask.key} went out before the one before it`);
    // It was given to imsg before the database was replaced: what it makes of an id is its own.
    const isLate = ask.isById && now !== undefined && now.database !== now.givenIn;
    if (now !== undefined && now.chat !== chatKey(ask.chat) && !isLate)
      broken.push(`I7: ${ask.key} was for ${chatKey(ask.chat)} and went to ${now.chat}`);
    if (now !== undefined && now.text !== ask.texts[part])
      broken.push(`${ask.key}: part ${part} is "${now.text}", not "${ask.texts[part]}"`);
  }
  return broken;
}

function wrongEnd({ ask, stored, effects, said }: Case, rows: ReadonlyMap<string, OwnRow>): string[] {
  const { key, texts, chat } = ask;
  if (stored === undefined) return [];
  const { outcome, guids, parts, settled_at } = stored;
  if (outcome === null || settled_at === null) return [`I6: ${key} has no outcome`];
  const broken: string[] = [];
  if (parts !== texts.length) broken.push(`${key} has ${parts} parts, not ${texts.length}`);
  if (guids.length > parts) broken.push(`${key} went out in ${guids.length} of ${parts} parts`);
  if (outcome === "sent" && guids.length < parts)
    broken.push(`I6: ${key} is sent in ${guids.length} of ${parts} parts`);
  for (const [part, made] of effects.entries()) {
    const isDelivered = part < guids.length;
    const guid = guids[part] ?? null;
    const row = guid === null ? undefined : rows.get(guid);
    const isOwn = made.some((effect) => effect.guid === guid);
    if (guid !== null && !isOwn && (row?.text !== texts[part] || row?.chat !== chatKey(chat)))
      broken.push(`I6: ${key} names ${guid} for part ${part}, which is not its message`);
    if (isDelivered && guid === null && said[part] !== null)
      broken.push(`I6: part ${part} of ${key} has no guid, and imsg said ${said[part]}`);
    if (!isDelivered && made.length > 0 && outcome !== "unknown")
      broken.push(`I6: part ${part} of ${key} went out, and it is ${outcome} with ${guids.length} delivered`);
  }
  const beyond = guids.length + 1;
  if (outcome === "unknown" && effects.slice(beyond).some((made) => made.length > 0))
    broken.push(`I6: ${key} went on after a part of which nobody knows`);
  if (ask.takenBackAt !== undefined && (outcome !== "not_sent" || effects.some((made) => made.length > 0)))
    broken.push(`${key} was taken back, and is ${outcome}`);
  return broken;
}

/**
 * What the owner typed into that chat at the same time is the same to everybody who looks: as many parts as were
 * taken for his may not have gone out.
 */
function falselySent(cases: readonly Case[], rows: ReadonlyMap<string, OwnRow>): string[] {
  const typed = new Map<string, number>();
  const named = cases.flatMap(({ stored }) =>
    (stored?.guids ?? []).flatMap((guid) => rows.get(guid ?? "") ?? []),
  );
  for (const { call, chat, text } of named)
    if (call === null) typed.set(`${chat} ${text}`, (typed.get(`${chat} ${text}`) ?? 0) + 1);
  return cases.flatMap(({ ask, stored, effects }) =>
    effects.slice(0, stored?.guids.length ?? 0).flatMap((made, part) => {
      if (made.length > 0) return [];
      const what = `${chatKey(ask.chat)} ${ask.texts[part]}`;
      const left = typed.get(what) ?? 0;
      typed.set(what, left - 1);
      return left > 0 ? [] : [`I6: part ${part} of ${ask.key} is said to have gone out, and did not`];
    }),
  );
}

function claimedTwice(cases: readonly Case[]): string[] {
  const owners = new Map<string, string>();
  const broken: string[] = [];
  for (const { ask, stored } of cases) {
    for (const guid of stored?.guids ?? []) {
      if (guid === null) continue;
      const before = owners.get(guid);
      if (before !== undefined) broken.push(`I6: ${guid} is named by ${before} and by ${ask.key}`);
      owners.set(guid, ask.key);
    }
  }
  return broken;
}

function wrongAnswers({ ask, stored }: Case): string[] {
  const { key } = ask;
  const end = stored?.outcome ?? "never stored";
  const broken: string[] = [];
  const operations = new Set<string>();
  for (const { answer } of [...ask.given, ...ask.told]) {
    if (!answer.ok) {
      const { code, operation, outcome, delivered } = answer.error;
      if (code === "internal") broken.push(`${key}: ${code} ${answer.error.detail ?? ""}`);
      if (operation === undefined) continue;
      operations.add(operation);
      if (outcome !== end || delivered !== stored?.guids.length)
        broken.push(`I6: ${key} was said to be ${outcome} (${delivered}), and is ${end}`);
      continue;
    }
    const { operation, outcome, final, guids, delivered } = answer.value;
    operations.add(operation);
    if (final && outcome !== end) broken.push(`I6: ${key} was said to be ${outcome} for good, and is ${end}`);
    if (outcome === "sent" && end !== "sent") broken.push(`I6: ${key} was said to be sent, and is ${end}`);
    if (delivered !== guids.length || !agree(guids, stored?.guids ?? []))
      broken.push(`I6: ${key} was said to be ${guids.join()}, and is ${stored?.guids.join()}`);
  }
  if (operations.size > 1) broken.push(`I7: ${key} has ${operations.size} operations`);
  for (const operation of operations)
    if (operation !== stored?.id) broken.push(`I7: ${key} was ${operation}, and is ${stored?.id}`);
  const rpc = ask.answers.map(({ answer }) => outcomeOf(answer));
  if (rpc.includes("sent") && end !== "sent") broken.push(`I6: ${key} was said to be sent, and is ${end}`);
  const isForAll = rpc.every((outcome) => outcome === "not_sent") && rpc.length === ask.askers;
  if (isForAll && rpc.length > 0 && (end === "sent" || end === "unknown"))
    broken.push(`I6: ${key} was said not to be sent to all, and is ${end}`);
  return broken;
}

/** A guid that was not known at first may be known later, and no other. */
const agree = (before: readonly (string | null)[], after: readonly (string | null)[]): boolean =>
  before.every((guid, at) => at < after.length && (guid === null || guid === after[at]));

/** At most one `unknown`, and one end after it; told again only where more is known. */
function wrongEvents({ ask, stored, outcomes }: Case): string[] {
  const { key } = ask;
  const broken: string[] = [];
  if (stored === undefined) return outcomes.length > 0 ? [`${key} is told of, and is not stored`] : [];
  for (const [at, event] of outcomes.entries()) {
    const before = outcomes[at - 1];
    if (event.delivered !== event.guids.length || event.parts !== stored.parts)
      broken.push(`${key}: an event that cannot count`);
    if (event.idempotency_key !== key) broken.push(`${key}: an event without its key`);
    if (before === undefined) continue;
    const isSame = before.outcome === event.outcome;
    const isMore = JSON.stringify(before.guids) !== JSON.stringify(event.guids);
    if (isSame && !isMore) broken.push(`I6: ${key} is told twice to be ${event.outcome}`);
    if (!isSame && (before.outcome !== "unknown" || before.final))
      broken.push(`I6: ${key} is told to be ${before.outcome}, then ${event.outcome}`);
    if (!agree(before.guids, event.guids)) broken.push(`I6: ${key} is told to be other messages than before`);
  }
  const { outcome, guids } = stored;
  const last = outcomes.at(-1);
  if (last !== undefined && (last.outcome !== outcome || !agree(last.guids, guids)))
    broken.push(`I6: ${key} is told to be ${last.outcome}, and is ${outcome}`);
  const isDue = ask.request.door === "tunnel" ? outcome === "unknown" : isOwed(ask, stored);
  if (outcome !== null && last === undefined && isDue)
    broken.push(`I6: somebody was not told that ${key} is ${outcome}`);
  return broken;
}

/** Whether somebody's last answer left open how it ends; one that was refused before it was stored is no answer. */
function isOwed({ given, askers }: Ask, { outcome }: Stored): boolean {
  const last = Array.from({ length: askers }, (_, by) =>
    given.findLast((one) => one.by === by && (one.answer.ok || one.answer.error.operation !== undefined)),
  );
  return last.some(
    (one) => one?.answer.ok === true && !(one.answer.value.final && one.answer.value.outcome === outcome),
  );
}

/** What was named by a row id and had not begun when another database came, is not sent. */
function wrongById({ ask, stored, from, effects }: Case, resetAt: number | null): string[] {
  const waited = stored !== undefined && resetAt !== null && stored.created_at < resetAt;
  if (!ask.isById || !waited || (from[0] !== undefined && from[0] <= resetAt)) return [];
  return stored.outcome === "not_sent" && effects.every((made) => made.length === 0)
    ? []
    : [`I7: ${ask.key} waited for a chat_id of the old database, and is ${stored.outcome}`];
}
