// The events of the log, in the form that every reader sees (tunnel, streams, webhooks).
import * as z from "zod";
import { chatKey, type Message } from "./imsg.ts";
import { BACKFILL_AGE_MS, BACKFILL_MARGIN_MS, ON_TIME_MS } from "./limits.ts";

const message = z.object({ message: z.looseObject({}) });

/** Kind → shape of `data`. Later kinds are added here and nowhere else. */
export const EVENT_DATA = {
  "message.received": message,
  "message.sent": message,
  "message.reaction": message,
  /** A row first logged without its chat, now with it. `previous` = id of the unanchored event. */
  "message.repaired": z.object({ message: z.looseObject({}), previous: z.string().nullable() }),
  "message.status": z.object({
    guid: z.string(),
    status: z.enum(["sent", "delivered", "read", "failed"]),
    service: z.string().optional(),
    at: z.number().optional(),
    operation: z.string().optional(),
  }),
  /** `final`: false for an outcome that Messages may still tell. `guids`: of the parts that went out. */
  "message.outcome": z.object({
    operation: z.string(),
    outcome: z.enum(["sent", "not_sent", "unknown"]),
    final: z.boolean(),
    delivered: z.int(),
    parts: z.int(),
    guid: z.string().optional(),
    guids: z.array(z.string().nullable()),
    idempotency_key: z.string().optional(),
  }),
  "pairing.requested": z.looseObject({ handle: z.string(), code: z.string() }),
  "pairing.approved": z.looseObject({ handle: z.string(), by: z.string() }),
  "pairing.denied": z.looseObject({ handle: z.string(), by: z.string() }),
  "pairing.revoked": z.looseObject({ handle: z.string(), by: z.string() }),
  "account.online": z.object({ install: z.string(), epoch: z.int() }),
  "account.offline": z.object({ reason: z.string(), since: z.number() }),
  "account.health": z.object({
    state: z.string(),
    reason: z.string().nullable(),
    remedy: z.string().nullable(),
  }),
  "account.cursor_reset": z.object({ database: z.int(), previous: z.int() }),
  gap: z.object({ from: z.string(), to: z.string(), count: z.int().nullable(), why: z.string() }),
  "endpoint.disabled": z.object({ endpoint: z.string(), reason: z.string() }),
  "config.changed": z.object({ version: z.int(), by: z.string() }),
} as const;

export type EventKind = keyof typeof EVENT_DATA;
export type EventData<K extends EventKind> = z.infer<(typeof EVENT_DATA)[K]>;

const kinds = Object.keys(EVENT_DATA) as [EventKind, ...EventKind[]];
export const eventKindSchema = z.enum(kinds);

/** An event as readers get it. `id` is `<log>.<seq>` and is a cursor. Times in ms since the epoch. */
export const eventSchema = z.object({
  id: z.string(),
  kind: eventKindSchema,
  account: z.string(),
  logged_at: z.number(),
  database: z.int(),
  rowid: z.int().nullable(),
  /** `chatKey` of the chat; null where the event has none. */
  chat: z.string().nullable(),
  /** An outage of ours, not the sender, made it late. */
  delayed: z.boolean(),
  backfilled: z.boolean(),
  data: z.unknown(),
});
export type LoggedEvent = z.infer<typeof eventSchema>;

/** Kinds that carry a message, and so are what an RPC subscription is made of. */
export const MESSAGE_KINDS: ReadonlySet<EventKind> = new Set([
  "message.received",
  "message.sent",
  "message.reaction",
  "message.repaired",
]);

export function kindOfMessage(facts: Pick<Message, "is_reaction" | "is_from_me">): EventKind {
  if (facts.is_reaction) return "message.reaction";
  return facts.is_from_me ? "message.sent" : "message.received";
}

/** One table of what makes two events the same. Absent = never the same. */
export const DEDUPE = {
  message: (guid: string, chatGuid: string): string => `msg:${guid}:${chatKey(chatGuid)}`,
  status: (guid: string, status: string): string => `status:${guid}:${status}`,
  outcome: (operation: string, outcome: string): string => `outcome:${operation}:${outcome}`,
} as const;

/** Back-filled by iCloud: old, and old beside what was newest before this catch-up. */
export function isBackfilled(date: number | undefined, now: number, newestBefore: number | null): boolean {
  if (date === undefined || newestBefore === null) return false;
  return date < now - BACKFILL_AGE_MS && date < newestBefore - BACKFILL_MARGIN_MS;
}

export interface Outage {
  /** When the Mac was last known to be connected before the outage, and when it was back. */
  readonly from: number;
  readonly until: number;
}

/**
 * Whether lateness of this row is an outage of ours: it was logged on time (what came later was the way to the
 * gateway), or the Mac was offline between its date and its logging.
 */
export function isDelayed(date: number | undefined, loggedAt: number, outage: Outage | null): boolean {
  if (date === undefined) return false;
  if (loggedAt - date <= ON_TIME_MS) return true;
  return outage !== null && date >= outage.from - ON_TIME_MS && date <= outage.until;
}

export const eventId = (log: string, seq: number): string => `${log}.${seq}`;

/** Undefined where the text is no cursor at all; a foreign `log` is the caller's to notice. */
export function parseEventId(text: string): { log: string; seq: number } | undefined {
  const match = /^([0-9a-z]{1,64})\.(0|[1-9][0-9]{0,15})$/.exec(text);
  return match?.[1] !== undefined && match[2] !== undefined
    ? { log: match[1], seq: Number(match[2]) }
    : undefined;
}
