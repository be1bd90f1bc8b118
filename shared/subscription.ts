// What `watch.subscribe` asks for, read once and strictly; imsg's own error texts, so that a caller cannot tell
// the difference. Unknown keys are ignored.
import * as z from "zod";
import { parseEventId } from "./events.ts";
import { err, ok, type Result } from "./result.ts";

export interface Filter {
  /** The chat as its id was understood at subscribe: rowids are void in another database, the key is not. */
  readonly chat: { readonly id: number; readonly database: number; readonly key: string | null } | null;
  /** Lower-cased senders; empty = all. */
  readonly participants: string[];
  /** Milliseconds; `end` is exclusive. */
  readonly start: number | null;
  readonly end: number | null;
  readonly attachments: boolean;
  readonly reactions: boolean;
}

export type Start =
  | { readonly kind: "tail" }
  | { readonly kind: "beginning" }
  | { readonly kind: "rowid"; readonly rowid: number }
  | { readonly kind: "event"; readonly log: string; readonly seq: number };

export interface SubscribeRequest {
  readonly chatId: number | null;
  readonly filter: Omit<Filter, "chat">;
  readonly start: Start;
}

const MAX_PARTICIPANTS = 32;

const boolean = (name: string) => z.boolean(`${name} must be a boolean`).default(false);
const date = z
  .string("start and end must be ISO 8601 dates")
  .transform((text, context) => {
    const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) ? Date.parse(text) : Number.NaN;
    if (Number.isNaN(at))
      context.addIssue({ code: "custom", message: `Invalid ISO8601 date: ${text.slice(0, 40)}` });
    return at;
  })
  .nullable()
  .default(null);

const paramsSchema = z.looseObject({
  chat_id: z
    .int("chat_id must be an integer")
    .positive("chat_id must be a positive integer")
    .nullable()
    .default(null),
  since_rowid: z.int("since_rowid must be an integer").default(0),
  relay_after: z.string("relay_after must be a string").nullable().default(null),
  participants: z
    .array(
      z.string("participants must be an array of strings").max(320),
      "participants must be an array of strings",
    )
    .max(MAX_PARTICIPANTS, `participants holds at most ${MAX_PARTICIPANTS} handles`)
    .default([]),
  start: date,
  end: date,
  attachments: boolean("attachments"),
  include_reactions: boolean("include_reactions"),
  debounce_ms: z
    .int("debounce_ms must be a non-negative integer")
    .min(0, "debounce_ms must be a non-negative integer")
    .optional(),
});

/** The error is the text for `data` of a -32602. */
export function readSubscribe(params: unknown): Result<SubscribeRequest, string> {
  const parsed = paramsSchema.safeParse(params ?? {});
  if (!parsed.success) return err(parsed.error.issues[0]?.message ?? "params must be an object");
  const { chat_id, since_rowid, relay_after, participants, start, end, attachments, include_reactions } =
    parsed.data;
  const from = readStart(since_rowid, relay_after);
  if (from === undefined) return err("relay_after is not an event id");
  return ok({
    chatId: chat_id,
    filter: {
      participants: participants.map((handle) => handle.toLowerCase()),
      start,
      end,
      attachments,
      reactions: include_reactions,
    },
    start: from,
  });
}

function readStart(sinceRowid: number, relayAfter: string | null): Start | undefined {
  if (relayAfter !== null) {
    const id = parseEventId(relayAfter);
    return id === undefined ? undefined : { kind: "event", ...id };
  }
  if (sinceRowid === 0) return { kind: "tail" };
  return sinceRowid < 0 ? { kind: "beginning" } : { kind: "rowid", rowid: sinceRowid };
}
