import { senderOf } from "./message-filter.ts";
import type { Message } from "./rows.ts";
import type { JoinedRow, World } from "./world.ts";

export const URL_BALLOON = "com.apple.messages.URLBalloonProvider";

/** A balloon that repeats one of the last 90 s is dropped. */
const REPEAT_MS = 90_000;
const KEPT_MS = 600_000;

interface Seen {
  readonly rowid: number;
  readonly date: number;
}

/**
 * The balloon memory of 0.9: one a process, shared by all its watches, measured in message dates. A
 * row at or below the remembered one is a repeat, which is why a replay from a lower since_rowid in
 * the same process loses its balloons (rows 238 and 245 of transcript 09).
 */
export class BalloonMemory {
  readonly #seen = new Map<string, Seen>();

  drops({ message, chat }: JoinedRow): boolean {
    if (message.balloonBundleId !== URL_BALLOON || message.text === "") return false;
    const current: Seen = { rowid: message.rowid, date: message.date ?? 0 };
    for (const [key, seen] of this.#seen) if (seen.date < current.date - KEPT_MS) this.#seen.delete(key);
    const key = `${chat?.rowid ?? 0}|${message.isFromMe}|${senderOf(message)}|${message.text}`;
    const before = this.#seen.get(key);
    this.#seen.set(key, current);
    if (before === undefined) return false;
    return current.rowid <= before.rowid || current.date - before.date <= REPEAT_MS;
  }
}

/** How far apart, in rows, a text and the balloon of its link can be. */
const TWIN_ROWS = 30;

/** The balloon row of a text's link: 0.15 shows the two as one message. */
export const balloonOf = (world: World, text: Message): Message | undefined =>
  text.text.includes("://")
    ? world.neighbours(text, TWIN_ROWS).find((other) => isTwin(text, other))
    : undefined;

/** The text a balloon repeats; such a balloon is never shown by 0.15. */
export const textOf = (world: World, balloon: Message): Message | undefined =>
  balloon.balloonBundleId === URL_BALLOON
    ? world.neighbours(balloon, -TWIN_ROWS).find((other) => isTwin(other, balloon))
    : undefined;

const isTwin = (text: Message, balloon: Message): boolean =>
  text.balloonBundleId === undefined &&
  text.tapback === undefined &&
  balloon.balloonBundleId === URL_BALLOON &&
  balloon.isFromMe === text.isFromMe &&
  balloon.sender === text.sender &&
  balloon.chats[0] === text.chats[0] &&
  text.text.includes(balloon.text) &&
  Math.abs((balloon.date ?? 0) - (text.date ?? 0)) <= REPEAT_MS;
