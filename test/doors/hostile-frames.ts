// Frames for the three doors that become WebSockets: right ones, and what a generator made of them.
import { below, pick } from "../imsg-sim/random.ts";
import { mutated, oddBytes, oddValue, type Random } from "./hostile-values.ts";
import type { Ids } from "./world.ts";

const HEALTH = { state: "ok", reason: null, remedy: null };
const ENGINE = { version: null, methods: null, pages: false, bridge: null };

/** What a link may say after its welcome. Things of another tenant's stand where an agent names any. */
const agentFrames = (theirs: Ids): readonly unknown[] => [
  {
    t: "events",
    n: 1,
    database: 0,
    resume: 1,
    rows: [{ rowid: 1, message: { id: 1, guid: "A", chat_id: 1 } }],
  },
  { t: "events", n: 7, database: 3, resume: null, rows: [], until: 9, tail: { rowid: 9, guid: "Z" } },
  { t: "result", call: "c1", epoch: 1, answer: { result: {} } },
  {
    t: "result",
    call: "c1",
    operation: theirs["operation"],
    epoch: 1,
    answer: { result: { guid: "stolen" } },
  },
  { t: "result", call: "c1", epoch: 999, answer: { error: { code: -32603, message: "x" } } },
  { t: "note", kind: "chats", database: 0, chats: [{ id: 1 }, { id: 2, guid: "iMessage;-;+15550100001" }] },
  { t: "note", kind: "typing", typing: { chat_id: 1 } },
  { t: "note", kind: "progress", done: 1, total: null, finished: false },
  { t: "health", health: HEALTH, engine: ENGINE },
  { t: "transfer", transfer: theirs["transfer"], state: "end", size: 1, sha256: "x" },
  { t: "transfer", transfer: "nothing", state: "error", error: { code: "missing" } },
  {
    t: "hello",
    install: theirs["install"],
    protocols: [1],
    origin: "http://x",
    signature: "x",
    journal_id: "j",
  },
  { t: "welcome", epoch: 99 },
  { t: "later", anything: true },
];

const rpcFrames: readonly unknown[] = [
  { jsonrpc: "2.0", id: 1, method: "chats.list", params: { limit: 1 } },
  { jsonrpc: "2.0", id: "a", method: "watch.subscribe", params: { chat_id: 1, since_rowid: 0 } },
  { jsonrpc: "2.0", id: "b", method: "watch.unsubscribe", params: { subscription: 1 } },
  { jsonrpc: "2.0", id: 2, method: "send", params: { to: "+15550100001", text: "x" }, idempotency_key: "k" },
  { jsonrpc: "2.0", method: "relay.ack", params: { subscription: 1, id: "x.1" } },
  { jsonrpc: "2.0", id: 3, method: "relay.outcome", params: { idempotency_key: "k" } },
  { jsonrpc: "2.0", id: 4, method: "messages.history", params: { chat_id: 2 ** 53 + 2 } },
  { jsonrpc: "2.0", id: null, method: "initialize" },
];

const readerFrames: readonly unknown[] = [
  { t: "ack", id: "log.1" },
  { t: "ack", id: "log.999999999" },
  { t: "events", events: [] },
];

export type DoorName = "agent" | "rpc" | "events";

/** Text mostly; some of it is bytes. */
export function hostileFrame(random: Random, door: DoorName, theirs: Ids): string | Uint8Array {
  const known = { agent: agentFrames(theirs), rpc: rpcFrames, events: readerFrames }[door];
  const kind = below(random, 10);
  if (kind === 0) return oddBytes(random, oddValue(random));
  const frame = pick(random, known);
  if (kind <= 3) return JSON.stringify(frame);
  if (kind === 4) return pick(random, ["ping", "pong", "ping ", "null", "[]", "0", '""', "{}"]);
  return oddBytes(random, mutated(random, frame));
}
