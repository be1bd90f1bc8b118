// A subscription is a projection of the log: pure, so that it gives the same after any restart.
import { dateOf } from "./imsg.ts";
import type { Inbound } from "./policy/inbound.ts";
import type { Filter } from "./subscription.ts";

/** What the projection reads of a logged message event. */
export interface Projected {
  readonly database: number;
  /** `chatKey`; "" or null = unanchored. */
  readonly chat: string | null;
  /** imsg's object, untouched, and what was read of it. */
  readonly message: Readonly<Record<string, unknown>>;
  readonly facts: Inbound;
}

/**
 * The message as this subscription shows it, or undefined. Unanchored rows are not shown: a gateway would take
 * their repaired twin for a duplicate and answer into nowhere.
 */
export function project(event: Projected, filter: Filter): Projected["message"] | undefined {
  const { message, facts } = event;
  if (event.chat === null || event.chat === "") return undefined;
  if (facts.is_reaction && !filter.reactions) return undefined;
  if (!isInChat(event, filter)) return undefined;
  if (filter.participants.length > 0 && !filter.participants.includes(facts.sender.toLowerCase()))
    return undefined;
  if (!isInTime(facts, filter)) return undefined;
  if (filter.attachments && filter.reactions) return message;
  return {
    ...message,
    ...(filter.attachments ? {} : { attachments: [] }),
    ...(filter.reactions ? {} : { reactions: [] }),
  };
}

function isInChat(event: Projected, { chat }: Filter): boolean {
  if (chat === null) return true;
  if (event.database === chat.database) return event.facts.chat_id === chat.id;
  return chat.key !== null && event.chat === chat.key;
}

function isInTime(facts: Inbound, { start, end }: Filter): boolean {
  if (start === null && end === null) return true;
  const date = dateOf(facts);
  return date !== undefined && (start === null || date >= start) && (end === null || date < end);
}
