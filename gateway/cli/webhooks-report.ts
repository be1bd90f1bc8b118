// What `imsg-relay webhooks …` says to people.
import type {
  Endpoint,
  EndpointHealth,
  EndpointTest,
  EndpointWithSecret,
  FailedAttempt,
  Replayed,
  Waiting,
} from "../client/webhook-shapes.ts";
import type { ReplayFrom } from "../client/webhooks-http.ts";
import { localTime } from "../../shared/terminal/local-time.ts";
import { cut } from "./text-cells.ts";
import { harmless, textTable } from "./text-table.ts";
import { shortEndpoint } from "./webhooks-place.ts";

/** Of what a receiver answered, in cells: the first words say what it was. */
const MAX_ANSWER_CELLS = 100;

export function describeList(list: readonly Endpoint[], columns: number | undefined): string[] {
  if (list.length === 0) return ["There are none. To add one: imsg-relay webhooks add URL"];
  const rows = list.map(({ endpoint, state, kinds, url, description }) => {
    return [shortEndpoint(endpoint), state, kinds.join(","), url, description];
  });
  const head = ["ID", "STATE", "EVENTS", "URL", "DESCRIPTION"];
  const [header = "", ...lines] = textTable(head, rows, { columns, elastic: [2, 3, 4] });
  return [
    header,
    ...list.flatMap((one, at) => [lines[at] ?? "", ...troubles(one).map((trouble) => `  ${trouble}`)]),
  ];
}

/** What somebody should know of it beside its state. */
function troubles({ state, reason, failing_since, next_attempt_at }: Endpoint): string[] {
  if (state === "disabled") return [`disabled: ${harmless(reason ?? "")}; webhooks resume goes on`];
  if (failing_since === null) return [];
  const next = next_attempt_at === null ? "" : `; next attempt ${localTime(next_attempt_at)}`;
  return [`fails since ${localTime(failing_since)}${next}`];
}

export function describeEndpoint(endpoint: Endpoint, health: EndpointHealth | undefined): string[] {
  const { accounts, chats, description, takes_replies, old_secret_until } = endpoint;
  const facts: (readonly [string, string])[] = [
    ["url", endpoint.url],
    ["id", endpoint.endpoint],
    ["state", endpoint.state],
    ...troubles(endpoint).map((trouble) => ["", trouble] as const),
    ["events", endpoint.kinds.join(", ")],
    ["accounts", accounts === null ? "all" : accounts.join(", ")],
    ...(chats === null ? [] : [["chats", chats.join(", ")] as const]),
    ...(description === "" ? [] : [["description", description] as const]),
    ["replies", takes_replies ? "what it answers is said in the chat" : "not taken"],
    ...(old_secret_until === null
      ? []
      : [["secret", `the one before signs as well until ${localTime(old_secret_until)}`] as const]),
    ["made", localTime(endpoint.created_at)],
    ...(health === undefined ? [] : healthFacts(health)),
  ];
  return facts.map(([name, value]) => `${name.padEnd(14)}${harmless(value)}`);
}

function healthFacts(health: EndpointHealth): (readonly [string, string])[] {
  const { delivered, failed, exhausted, behind, parked, set_aside } = health;
  const { last_success_at, last_failure_at } = health;
  return [
    ["delivered", `${delivered}${last_success_at === null ? "" : `, last ${localTime(last_success_at)}`}`],
    ["failed", `${failed}${last_failure_at === null ? "" : `, last ${localTime(last_failure_at)}`}`],
    ["given up", String(exhausted)],
    ["behind", `${behind} of the log`],
    ["waiting", `chats: ${parked}; set aside: ${set_aside}`],
  ];
}

export const describeAdded = (endpoint: EndpointWithSecret): string[] => [
  `Added: ${harmless(whatOf(endpoint))}`,
  `id      ${harmless(endpoint.endpoint)}`,
  `secret  ${harmless(endpoint.secret)}`,
  "",
  `The receiver needs the secret to verify; webhooks secret shows it again. To try it: imsg-relay webhooks test ${shortEndpoint(endpoint.endpoint).slice(1)}`,
];

export const describeChanged =
  (what: string) =>
  (endpoint: Endpoint): string[] => [`${what}: ${harmless(whatOf(endpoint))}`];

export function describeRotated(endpoint: EndpointWithSecret): string[] {
  const { old_secret_until, secret } = endpoint;
  const until = old_secret_until === null ? "for 24 h more" : `until ${localTime(old_secret_until)} (24 h)`;
  return [
    `Rotated: ${harmless(whatOf(endpoint))}`,
    `secret  ${harmless(secret)}`,
    "",
    `The old secret signs as well ${until}: bring the new one to the receiver by then.`,
  ];
}

const whatOf = ({ endpoint, kinds, accounts, url }: Endpoint): string => {
  const whose = accounts === null ? "all accounts" : accounts.join(", ");
  return `${shortEndpoint(endpoint)} ${kinds.join(", ")} of ${whose} → ${url}`;
};

export function describeTest({ delivered, status, took_ms, why, response }: EndpointTest): string[] {
  const words = why !== "" ? why : `answered ${status ?? "nothing"}`;
  const line = `${delivered ? "Delivered" : "NOT delivered"}: ${harmless(words)} (${Math.round(took_ms)} ms).`;
  return [line, ...answered(response)];
}

export function describeAttempts(list: readonly FailedAttempt[], columns: number | undefined): string[] {
  if (list.length === 0) return ["No attempt failed in the last 7 days."];
  const rows = list.map(({ at, event, attempt, took_ms, why }) => {
    return [localTime(at), event ?? "", String(attempt), String(Math.round(took_ms)), why];
  });
  const head = ["WHEN", "EVENT", "TRY", "MS", "WHY"];
  const [header = "", ...lines] = textTable(head, rows, { columns, elastic: [4] });
  return [header, ...list.flatMap(({ response }, at) => [lines[at] ?? "", ...answered(response)])];
}

const answered = (response: string): string[] =>
  response.trim() === "" ? [] : [`  ${cut(harmless(response.trim()), MAX_ANSWER_CELLS)}`];

export function describeWaiting({ parked, set_aside }: Waiting, columns: number | undefined): string[] {
  if (parked.length === 0 && set_aside.length === 0) return ["Nothing waits."];
  const time = (at: number | null): string => (at === null ? "" : localTime(at));
  const chats = parked.map(({ chat, event, attempts, next_at, since }) => {
    return [chat === "" ? "(no chat)" : chat, event, String(attempts), time(since), time(next_at)];
  });
  const events = set_aside.map(({ event, attempts, next_at }) => [event, String(attempts), time(next_at)]);
  return [
    ...(chats.length === 0
      ? []
      : [
          "Chats that wait for an event:",
          ...textTable(["CHAT", "EVENT", "TRIES", "SINCE", "NEXT"], chats, { columns, elastic: [0] }),
        ]),
    ...(chats.length === 0 || events.length === 0 ? [] : [""]),
    ...(events.length === 0
      ? []
      : [
          "Events that were set aside:",
          ...textTable(["EVENT", "TRIES", "NEXT"], events, { columns, elastic: [0] }),
        ]),
  ];
}

export function describeReplay(from: ReplayFrom, { events }: Replayed): string[] {
  const start =
    "since" in from ? `Everything since ${localTime(from.since)}` : `Everything after ${from.after}`;
  return [
    `${start} comes again, under the same webhook-ids: ${events} of the log, whatever of them is for it.`,
  ];
}
