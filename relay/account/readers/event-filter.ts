// What a reader chose (EVT9).
import type { LoggedEvent } from "../../../shared/events.ts";
import { MAX_READER_CHATS } from "../../../shared/limits.ts";
import { err, ok, type Result } from "../../../shared/result.ts";
import { isKindOrFamily, wantsKind } from "../../../shared/webhooks/event-kinds.ts";

/** Null = all. A kind may be a family: `message.*`. */
export interface EventFilter {
  readonly kinds: string[] | null;
  readonly chats: string[] | null;
}

/** The longest key of a chat. */
export const MAX_CHAT_CHARS = 320;

/** Comma-separated lists, as they stand in a query. */
export function readFilter(kinds: string | null, chats: string | null): Result<EventFilter, string> {
  const wanted = split(kinds);
  const unknown = wanted?.find((kind) => !isKindOrFamily(kind));
  if (unknown !== undefined) return err(`kinds: there is no kind ${unknown.slice(0, 40)}`);
  const named = split(chats);
  if (named !== null && named.length > MAX_READER_CHATS) return err(`chats: at most ${MAX_READER_CHATS}`);
  if (named?.some((chat) => chat.length > MAX_CHAT_CHARS)) return err("chats: a chat's key is too long");
  return ok({ kinds: wanted, chats: named });
}

/** A gap concerns every reader, and what has no chat every choice of chats. */
export function passes({ kind, chat }: Pick<LoggedEvent, "kind" | "chat">, filter: EventFilter): boolean {
  if (filter.kinds !== null && !wantsKind(filter.kinds, kind)) return false;
  return kind === "gap" || filter.chats === null || chat === null || filter.chats.includes(chat);
}

function split(list: string | null): string[] | null {
  if (list === null) return null;
  const items = new Set(list.split(",").map((item) => item.trim()));
  items.delete("");
  return [...items];
}
