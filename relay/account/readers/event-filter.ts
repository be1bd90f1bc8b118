// What a reader chose (EVT9).
import { eventKindSchema, type LoggedEvent } from "../../../shared/events.ts";
import { MAX_READER_CHATS } from "../../../shared/limits.ts";
import { err, ok, type Result } from "../../../shared/result.ts";

/** Null = all. A kind may be a family: `message.*`. */
export interface EventFilter {
  readonly kinds: string[] | null;
  readonly chats: string[] | null;
}

const FAMILIES = new Set(
  eventKindSchema.options.filter((kind) => kind.includes(".")).map((kind) => `${kind.split(".", 1)[0]}.*`),
);
const KINDS = new Set<string>(eventKindSchema.options);
const MAX_CHAT_CHARS = 320;

/** Comma-separated lists, as they stand in a query. */
export function readFilter(kinds: string | null, chats: string | null): Result<EventFilter, string> {
  const wanted = split(kinds);
  const unknown = wanted?.find((kind) => !KINDS.has(kind) && !FAMILIES.has(kind));
  if (unknown !== undefined) return err(`kinds: there is no kind ${unknown.slice(0, 40)}`);
  const named = split(chats);
  if (named !== null && named.length > MAX_READER_CHATS) return err(`chats: at most ${MAX_READER_CHATS}`);
  if (named?.some((chat) => chat.length > MAX_CHAT_CHARS)) return err("chats: a chat's key is too long");
  return ok({ kinds: wanted, chats: named });
}

/** A gap concerns every reader, and what has no chat every choice of chats. */
export function passes({ kind, chat }: Pick<LoggedEvent, "kind" | "chat">, filter: EventFilter): boolean {
  if (kind === "gap") return true;
  if (filter.chats !== null && chat !== null && !filter.chats.includes(chat)) return false;
  if (filter.kinds === null) return true;
  return filter.kinds.includes(kind) || filter.kinds.includes(`${kind.split(".", 1)[0]}.*`);
}

function split(list: string | null): string[] | null {
  if (list === null) return null;
  const items = new Set(list.split(",").map((item) => item.trim()));
  items.delete("");
  return [...items];
}
