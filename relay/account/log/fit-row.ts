import { messageSchema } from "../../../shared/imsg.ts";
import type { EventRow } from "../../../shared/frames.ts";
import { isOver } from "../../../shared/json.ts";

/**
 * A row of SQLite holds 2 MB (Cloudflare 2026-04; workerd alone more, 2026-10); a message of more would be refused for
 * ever, and everything behind it.
 */
const MAX_BODY_BYTES = 1_900_000;
const KEPT_TEXT_CHARS = 100_000;

interface Fitted {
  readonly message: EventRow["message"];
  /** The same, serialised once: it is most of what logging a message costs. */
  readonly json: string;
}

/** Nearly always the message itself; one that no row can hold keeps what names it and the beginning of its text. */
export function fitRow(message: EventRow["message"]): Fitted {
  const json = JSON.stringify(message);
  const facts = isOver(json, MAX_BODY_BYTES) ? messageSchema.safeParse(message) : undefined;
  if (facts?.success !== true) return { message, json };
  const { id, guid, chat_id, chat_guid, sender, is_from_me, is_reaction, created_at } = facts.data;
  const whole = message["text"];
  const text = typeof whole === "string" ? whole.slice(0, KEPT_TEXT_CHARS) : "";
  const names = { id, guid, chat_id, chat_guid, sender, is_from_me, is_reaction, created_at, text };
  const cut = { ...names, truncated: true, participants: [], attachments: [], reactions: [] };
  return { message: cut, json: JSON.stringify(cut) };
}
