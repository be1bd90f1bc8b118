// The link protocol (docs/protocol.md, LINK rules): JSON text frames {t: …}, one union a direction, loose on
// receive, strict on send.
import * as z from "zod";
import { kindsOf } from "./frame-kinds.ts";
import { engineSchema, healthSchema } from "./health.ts";
import { parseJson } from "./json.ts";
import { answerSchema } from "./jsonrpc.ts";
import { MAX_EVENT_ROWS, MAX_IDENTITY_PAIRS, MAX_NOTED_CHATS } from "./limits.ts";
import { macPolicySchema } from "./mac-policy.ts";
import { provedFrame, proveFrame } from "./prove-frames.ts";
import { abortFrame, readFrame, transferFrame, writeFrame } from "./transfer-frames.ts";

export const LINK_PROTOCOL = 1;
export const PING = "ping";
export const PONG = "pong";

const id = z.string().min(1).max(200);
const count = z.int().min(0);
const instant = z.number().min(0);

const challenge = z.looseObject({ t: z.literal("challenge"), nonce: id, time: instant });
const welcome = z.looseObject({
  t: z.literal("welcome"),
  epoch: count,
  protocol: z.int(),
  /** Generation of the Messages database that the log's rows come from; raised by the agent on another one. */
  database: count,
  /** Exclusive position to go on from; null = nothing logged yet, start at the tail. */
  resume: z.int().nullable(),
  identity: z.array(z.looseObject({ rowid: z.int(), guid: z.string() })).max(MAX_IDENTITY_PAIRS),
  /** Date (ms) of the newest logged message; null = none. */
  newest: instant.nullable(),
  /** Set while this database is one that replaced another: of its rows up to `until`, only those dated from `floor`. */
  reset: z.looseObject({ floor: instant, until: z.int() }).nullable(),
  settings: z.looseObject({}),
  time: instant,
});
const ack = z.looseObject({
  t: z.literal("ack"),
  n: count.optional(),
  operations: z.array(id).max(1000).optional(),
});
const call = z.looseObject({
  t: z.literal("call"),
  call: id,
  operation: id.optional(),
  method: z.string().min(1).max(200),
  params: z.unknown().optional(),
  /** Milliseconds from now, not an instant: the two clocks need not agree. 0 or less = only look it up. */
  deadline: z.number(),
});
const cancel = z.looseObject({ t: z.literal("cancel"), call: id });
const settings = z.looseObject({ t: z.literal("settings"), settings: z.looseObject({}) });
const goodbye = z.looseObject({
  t: z.literal("goodbye"),
  reconnect_in_ms: z.number().min(0).max(600_000),
  reason: z.string().max(200),
});

/** What the owner of the Mac forbids; one that we cannot read is not worth a link. */
const policy = macPolicySchema.optional().catch(undefined);

const hello = z.looseObject({
  t: z.literal("hello"),
  install: id,
  protocols: z.array(z.int()).min(1).max(16),
  /** The origin the agent dialled; signed, and looked up in the relay's own list. */
  origin: z.string().max(300),
  signature: z.string().max(200),
  journal_id: id,
  takeover: z.boolean().optional(),
  agent: z.string().max(100),
  engine: engineSchema,
  health: healthSchema,
  policy,
});
const events = z.looseObject({
  t: z.literal("events"),
  n: z.int().min(1),
  database: count,
  /** A position below the lowest row still unresolved: where reading resumes after a crash. Null = unknown yet. */
  resume: z.int().nullable(),
  /** With the frame that raises `database`: the greatest rowid of the new one when it was found. */
  until: z.int().optional(),
  /** With a first position: the newest message there, by which the database is known again though nothing is logged. */
  tail: z.looseObject({ rowid: z.int(), guid: z.string().min(1).max(200) }).optional(),
  rows: z.array(z.looseObject({ rowid: z.int(), message: z.looseObject({}) })).max(MAX_EVENT_ROWS),
});
const result = z.looseObject({
  t: z.literal("result"),
  call: id,
  operation: id.optional(),
  epoch: count,
  answer: answerSchema,
});
const note = z.discriminatedUnion("kind", [
  z.looseObject({
    t: z.literal("note"),
    kind: z.literal("chats"),
    database: count,
    chats: z.array(z.looseObject({ id: z.int() })).max(MAX_NOTED_CHATS),
  }),
  z.looseObject({ t: z.literal("note"), kind: z.literal("typing"), typing: z.looseObject({}) }),
  z.looseObject({
    t: z.literal("note"),
    kind: z.literal("progress"),
    done: count,
    /** Rows known to be waiting; null where the engine cannot say. */
    total: count.nullable(),
    finished: z.boolean(),
  }),
]);
const health = z.looseObject({ t: z.literal("health"), health: healthSchema, engine: engineSchema, policy });

const relayFrame = z.discriminatedUnion("t", [
  challenge,
  welcome,
  ack,
  call,
  cancel,
  settings,
  goodbye,
  readFrame,
  writeFrame,
  abortFrame,
  provedFrame,
]);
const agentFrame = z.discriminatedUnion("t", [
  hello,
  events,
  result,
  note,
  health,
  transferFrame,
  proveFrame,
]);

/** What the relay sends to the agent. */
export type RelayFrame = z.infer<typeof relayFrame>;
/** What the agent sends to the relay. */
export type AgentFrame = z.infer<typeof agentFrame>;
export type FrameOf<F extends { t: string }, T extends F["t"]> = Extract<F, { t: T }>;
export type EventRow = z.infer<typeof events>["rows"][number];

type Decoded<F> =
  | { readonly kind: "frame"; readonly frame: F }
  /** A type we do not know: a newer peer. Counted, never an error. */
  | { readonly kind: "unknown"; readonly t: string }
  | { readonly kind: "violation"; readonly why: string };

/** Every frame that an agent may send. */
export const AGENT_FRAME_KINDS = kindsOf(agentFrame);

const typesOf = (kinds: readonly string[]): ReadonlySet<string> =>
  new Set(kinds.map((kind) => kind.split(" ", 1).join()));
const RELAY_TYPES = typesOf(kindsOf(relayFrame));
const AGENT_TYPES = typesOf(AGENT_FRAME_KINDS);
const NOTE_KINDS = new Set(
  AGENT_FRAME_KINDS.filter((kind) => kind.startsWith("note ")).map((kind) => kind.slice("note ".length)),
);

export const decodeRelayFrame = (text: string): Decoded<RelayFrame> => decode(text, relayFrame, RELAY_TYPES);
export const decodeAgentFrame = (text: string): Decoded<AgentFrame> => decode(text, agentFrame, AGENT_TYPES);

export const encodeRelayFrame = (frame: RelayFrame): string => JSON.stringify(frame);
export const encodeAgentFrame = (frame: AgentFrame): string => JSON.stringify(frame);

const MAX_TYPE_CHARS = 50;

function decode<F>(text: string, schema: z.ZodType<F>, known: ReadonlySet<string>): Decoded<F> {
  const json = parseJson(text);
  if (!json.ok)
    return { kind: "violation", why: json.error === "too_deep" ? "nested too deeply" : "not JSON" };
  const { value } = json;
  if (typeof value !== "object" || value === null || !("t" in value) || typeof value.t !== "string") {
    return { kind: "violation", why: "a frame needs a type" };
  }
  const { t } = value;
  if (t.length > MAX_TYPE_CHARS) return { kind: "violation", why: "the type of a frame is short" };
  const isNewNote =
    t === "note" && "kind" in value && typeof value.kind === "string" && !NOTE_KINDS.has(value.kind);
  if (!known.has(t) || isNewNote) return { kind: "unknown", t };
  const frame = schema.safeParse(value);
  if (frame.success) return { kind: "frame", frame: frame.data };
  const issue = frame.error.issues[0];
  return {
    kind: "violation",
    why: `${t}: ${issue?.path.join(".") ?? ""} ${issue?.code ?? "invalid"}`,
  };
}

/** What the agent's key signs at every connection: bound to this origin, account, install and nonce. */
export function helloText(fields: {
  origin: string;
  account: string;
  install: string;
  nonce: string;
  protocols: readonly number[];
}): string {
  const { origin, account, install, nonce, protocols } = fields;
  return ["imsg-relay hello v1", origin, account, install, nonce, protocols.join(",")].join("\n");
}
