import type { Message } from "./rows.ts";

export interface MessageFilter {
  readonly participants: readonly string[];
  readonly from: number | undefined;
  /** Exclusive [transcript 04]. */
  readonly until: number | undefined;
}

const FULL_STAMP = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2})$/;

/** Only a full stamp with its zone is a date for imsg; "2026-05-02" and "yesterday" are not [04]. */
export function parseStamp(stamp: string): number | undefined {
  if (!FULL_STAMP.test(stamp)) return undefined;
  const epoch = Date.parse(stamp);
  return Number.isNaN(epoch) ? undefined : epoch;
}

/** The sender as imsg shows it: one's own address for one's own messages, "" when there is none. */
export const senderOf = (message: Message): string =>
  message.isFromMe ? (message.destination ?? "") : message.sender;

export function allows(filter: MessageFilter, message: Message): boolean {
  const date = message.date ?? 0;
  if (filter.from !== undefined && date < filter.from) return false;
  if (filter.until !== undefined && date >= filter.until) return false;
  if (filter.participants.length === 0) return true;
  // NOCASE, as SQL compares handles [04]; rows from oneself match their destination.
  const sender = senderOf(message).toLowerCase();
  return filter.participants.some((participant) => participant.toLowerCase() === sender);
}
