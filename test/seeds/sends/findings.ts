// What there is to judge when a history about sends is over: what was asked and told, what the relay has stored and
// logged, and what Messages really has. Read without a word of the relay's own code.
import * as z from "zod";
import { chatKey } from "../../../shared/imsg.ts";
import type { MemoryDatabase } from "../../imsg-sim/memory-world.ts";
import type { VirtualRelay } from "../virtual-relay.ts";
import type { Ask } from "./senders.ts";
import type { Traced } from "./trace.ts";

const jsonSchema = z.string().transform((text): unknown => JSON.parse(text));
const guidsSchema = jsonSchema.pipe(z.array(z.string().nullable()));
const eventSchema = z.object({ body: jsonSchema, logged_at: z.number() });

const storedSchema = z.object({
  id: z.string(),
  idempotency_key: z.string().nullable(),
  outcome: z.enum(["sent", "not_sent", "unknown"]).nullable(),
  origin: z.string(),
  chat: z.string().nullable(),
  journal: z.string(),
  part: z.number(),
  parts: z.number(),
  guids: guidsSchema,
  created_at: z.number(),
  settled_at: z.number().nullable(),
  answer: z.string().nullable(),
});
/** A send as the relay has it. */
export type Stored = z.infer<typeof storedSchema>;

const outcomeSchema = z.object({
  operation: z.string(),
  outcome: z.enum(["sent", "not_sent", "unknown"]),
  final: z.boolean(),
  delivered: z.number(),
  parts: z.number(),
  guids: z.array(z.string().nullable()),
  idempotency_key: z.string().optional(),
});
export type OutcomeTold = z.infer<typeof outcomeSchema>;

const loggedSchema = z.object({
  message: z.object({ guid: z.string(), is_from_me: z.boolean(), text: z.string(), chat_guid: z.string() }),
});

/** A message of this account, whoever wrote it. */
export interface OwnRow {
  readonly guid: string;
  readonly chat: string;
  readonly text: string;
  readonly date: number;
  /** The call that made it; null = the owner typed it. */
  readonly call: string | null;
  /** When the log had it first; null = never. */
  readonly loggedAt: number | null;
  /** Of a database that is not there any more. */
  readonly isGone: boolean;
}

export interface SendFindings {
  readonly asks: readonly Ask[];
  readonly stored: readonly Stored[];
  readonly outcomes: readonly OutcomeTold[];
  readonly calls: ReadonlyMap<string, Traced>;
  readonly rows: readonly OwnRow[];
  /** When the relay learnt that another database is there. */
  readonly resetAt: number | null;
  readonly strays: readonly string[];
}

interface Sources {
  readonly relay: VirtualRelay;
  readonly databases: readonly MemoryDatabase[];
  readonly asks: readonly Ask[];
  readonly calls: ReadonlyMap<string, Traced>;
  readonly strays: readonly string[];
}

export function find({ relay, databases, asks, calls, strays }: Sources): SendFindings {
  const stored = relay.sql
    .exec("SELECT * FROM operation WHERE method = 'send' ORDER BY turn")
    .toArray()
    .map((row) => storedSchema.parse(row));
  const bodies = (kind: string): z.infer<typeof eventSchema>[] =>
    relay.sql
      .exec("SELECT body, logged_at FROM event WHERE kind = ? ORDER BY seq", kind)
      .toArray()
      .map((row) => eventSchema.parse(row));
  const logged = new Map<string, number>();
  for (const { body, logged_at } of bodies("message.sent")) {
    const { guid } = loggedSchema.parse(body).message;
    if (!logged.has(guid)) logged.set(guid, logged_at);
  }
  const resetAt = bodies("account.cursor_reset")[0]?.logged_at ?? null;
  const outcomes = bodies("message.outcome").map(({ body }) => outcomeSchema.parse(body));
  const rows = rowsOf(databases, calls, logged);
  return { asks, stored, outcomes, calls, rows, resetAt, strays };
}

/** Each message once, as the newest database has it. */
function rowsOf(
  databases: readonly MemoryDatabase[],
  calls: ReadonlyMap<string, Traced>,
  logged: ReadonlyMap<string, number>,
): OwnRow[] {
  const makers = new Map(
    [...calls.values()].flatMap(({ call, effects }) => effects.map(({ guid }) => [guid, call] as const)),
  );
  const rows = new Map<string, OwnRow>();
  for (const [at, { world }] of databases.entries()) {
    for (const { message, chat } of world.after({
      rowid: 0,
      chatId: undefined,
      limit: 1e6,
      tapbacks: false,
    })) {
      const { guid, text, date, isFromMe } = message;
      if (!isFromMe || chat === undefined || date === null) continue;
      rows.set(guid, {
        guid,
        chat: chatKey(chat.guid),
        text,
        date,
        call: makers.get(guid) ?? null,
        loggedAt: logged.get(guid) ?? null,
        isGone: at < databases.length - 1,
      });
    }
  }
  return [...rows.values()];
}
