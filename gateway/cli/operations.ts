import { ChannelHttp, type OperationChoice } from "../client/channel.ts";
import type { Operation } from "../client/operation-shapes.ts";
import { asking, type Asking } from "./asking.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { reasonOf } from "./failure-report.ts";
import type { Invocation } from "./invocation.ts";
import { localTime } from "../../shared/terminal/local-time.ts";
import { countOf, valueOf } from "./options.ts";
import { harmless, textTable } from "./text-table.ts";

type Wish = { readonly operation: string } | { readonly which: OperationChoice };

/** As many as the relay gives at once, and how many without being asked. */
const MAX_LIMIT = 200;
const DEFAULT_LIMIT = 20;

/** What was sent, what waits, and what nobody knows. */
export const operations = asking<Wish>("operations", { read: readWish, run: show, scope: "send" });

function readWish(invocation: Invocation): Wish | string {
  const [operation, ...others] = invocation.words;
  if (others.length > 0) return "operations shows one operation, or those of a state";
  const state = valueOf(invocation, "--state");
  const idempotencyKey = valueOf(invocation, "--key");
  if (operation !== undefined)
    return state === undefined && idempotencyKey === undefined
      ? { operation }
      : "one operation is shown whatever its state and key";
  if (state !== undefined && !isState(state)) return "--state is queued, open, unknown or settled";
  const limit = countOf(invocation, "--limit", MAX_LIMIT, DEFAULT_LIMIT);
  if (typeof limit === "string") return limit;
  const key = idempotencyKey === undefined ? {} : { idempotencyKey };
  return { which: { limit, ...(state === undefined ? {} : { state }), ...key } };
}

const isState = (text: string): text is "queued" | "open" | "unknown" | "settled" =>
  ["queued", "open", "unknown", "settled"].includes(text);

async function show(wish: Wish, ask: Asking): Promise<ExitCode> {
  const channel = new ChannelHttp(ask.target);
  const list =
    "operation" in wish ? [await channel.operation(wish.operation)] : await channel.operations(wish.which);
  if (ask.json) for (const one of list) ask.say(JSON.stringify(one));
  else if (list.length === 0) ask.note("there are none.");
  else for (const line of table(list, ask.columns)) ask.say(line);
  return EXIT.done;
}

/** Ids are longer than most terminals have room for beside anything else: each has a line of its own. */
function table(list: readonly Operation[], columns: number | undefined): string[] {
  const head = ["STATE", "CREATED", "CHAT", "PARTS", "KEY"];
  const [header = "", ...rows] = textTable(head, list.map(rowOf), { columns, elastic: [2, 4] });
  return [
    header,
    ...list.flatMap((one, at) => [
      rows[at] ?? "",
      `  ${harmless(one.operation)}`,
      ...remarks(one).map((remark) => `  ${harmless(remark)}`),
    ]),
  ];
}

const rowOf = (one: Operation): string[] => [
  stateOf(one),
  one.created_at === null ? "" : localTime(one.created_at),
  one.chat ?? "",
  one.parts === 0 ? "" : `${one.delivered}/${one.parts}`,
  one.idempotency_key ?? "",
];

/** One word that says most. */
function stateOf({ state, outcome, status, delivered, final }: Operation): string {
  if (outcome === "sent") return status ?? "sent";
  if (outcome === "not_sent") return delivered > 0 ? "partly sent" : "not sent";
  if (outcome === "unknown") return final ? "unknown, for good" : "unknown";
  return state === "settled" ? "?" : state;
}

function remarks({ state, expires_at, error }: Operation): string[] {
  const until = state === "queued" && expires_at !== null ? [`waits until ${localTime(expires_at)}`] : [];
  return error === null ? until : [...until, reasonOf(error)];
}
