// The channel's events as this side reads them (EVT1): by kind where the kind is known. What a newer relay adds is
// passed through, so that it never breaks an older client.
import * as z from "zod";
import { EVENT_DATA } from "../../shared/events.ts";
import { messageSchema } from "../../shared/imsg.ts";

const flag = z.boolean().catch(false);
const text = z.string().catch("");
const textOrNull = z.string().nullable().catch(null);

/** imsg's object untouched; the fields that every bot reads are typed. */
const shownMessageSchema = messageSchema.extend({ text });

const contextSchema = z.looseObject({
  id: z.string(),
  guid: text,
  sender: text,
  sender_name: textOrNull,
  text,
  created_at: z.union([z.string(), z.number()]).catch(""),
});

const messageData = z.looseObject({
  message: shownMessageSchema,
  /** `direct` or `group`. */
  chat_type: textOrNull,
  /** Null where it has none: most direct chats. */
  chat_name: textOrNull,
  sender: text,
  sender_name: textOrNull,
  session_key: textOrNull,
  /** Where an answer goes: `to` of a message to send. */
  reply_to: z.string(),
  reply_to_guid: textOrNull,
  /** The message that this one answers to. */
  quoted: z.looseObject({ guid: text, text: textOrNull, sender: textOrNull }).nullable().catch(null),
  /** Null where it was not asked: a direct message. */
  mentioned: z.boolean().nullable().catch(null),
  self_chat: flag,
  /** `relay`: sent through this relay; `mac`: typed on the Mac; null: received. */
  via: textOrNull,
  /** Group messages before it that did not mention the bot, oldest first. */
  context: z.array(contextSchema).catch([]),
  /** How many of them the log has no more. */
  context_missing: z.number().catch(0),
});
export type MessageData = z.infer<typeof messageData>;

/** Of a message to send whose outcome was not told in the answer, or that changed (I6). */
const outcomeData = z.looseObject({
  operation: z.string(),
  outcome: z.enum(["sent", "not_sent", "unknown"]),
  /** Nothing about it changes any more. */
  final: flag,
  guid: textOrNull,
  guids: z.array(z.string().nullable()).catch([]),
  /** Parts of the text that went out, and all it was split into; 0 where that is not said. */
  delivered: z.int().catch(0),
  parts: z.int().catch(0),
  idempotency_key: textOrNull,
});
export type OutcomeData = z.infer<typeof outcomeData>;

const decidedData = z.looseObject({ handle: z.string(), by: text });

const envelope = z.looseObject({
  /** `<log>.<seq>`: the place to go on from. */
  id: z.string().min(1),
  account: text,
  logged_at: z.number().catch(0),
  database: z.int().catch(0),
  rowid: z.int().nullable().catch(null),
  chat: textOrNull,
  delayed: flag,
  backfilled: flag,
});

const of = <K extends string, D extends z.ZodType>(kind: K, data: D) =>
  envelope.extend({ kind: z.literal(kind), data });

const knownSchema = z.discriminatedUnion("kind", [
  of("message.received", messageData),
  of("message.sent", messageData),
  of("message.reaction", messageData),
  of("message.repaired", messageData.extend({ previous: textOrNull })),
  of("message.status", EVENT_DATA["message.status"].loose()),
  of("message.outcome", outcomeData),
  of("pairing.requested", EVENT_DATA["pairing.requested"]),
  of("pairing.approved", decidedData),
  of("pairing.denied", decidedData),
  of("pairing.revoked", decidedData),
  of("account.online", EVENT_DATA["account.online"].loose()),
  of("account.offline", EVENT_DATA["account.offline"].loose()),
  of("account.health", EVENT_DATA["account.health"].loose()),
  of("account.cursor_reset", EVENT_DATA["account.cursor_reset"].loose()),
  of("gap", EVENT_DATA.gap.loose()),
  of("endpoint.disabled", EVENT_DATA["endpoint.disabled"].loose()),
  of("config.changed", EVENT_DATA["config.changed"].loose()),
]);

/** An event of a kind that this client knows. */
export type KnownEvent = z.infer<typeof knownSchema>;

/** Of a kind that only a newer client knows; or `unreadable`: a known kind, with data that this client cannot read. */
const otherSchema = envelope.extend({ kind: z.string().min(1), data: z.unknown() });
export type OtherEvent = z.infer<typeof otherSchema>;

export type ChannelEvent = KnownEvent | OtherEvent;

const knownKinds: ReadonlySet<string> = new Set(knownSchema.options.flatMap(({ shape }) => shape.kind.value));

/** `if (isKnown(event)) switch (event.kind) …`: the type of `data` then follows from the kind. */
export const isKnown = (event: ChannelEvent): event is KnownEvent => knownKinds.has(event.kind);

/** `if (isKind(event, "message.received")) …` for those who want one kind. */
export const isKind = <K extends KnownEvent["kind"]>(
  event: ChannelEvent,
  kind: K,
): event is Extract<KnownEvent, { kind: K }> => event.kind === kind;

/** Undefined where it is no event at all: no id to go on from, or no kind. */
export function readEvent(value: unknown): ChannelEvent | undefined {
  const known = knownSchema.safeParse(value);
  if (known.success) return known.data;
  const other = otherSchema.safeParse(value);
  if (!other.success) return undefined;
  return isKnown(other.data) ? { ...other.data, kind: "unreadable", data: value } : other.data;
}
