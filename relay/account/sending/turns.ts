// Whose turn it is: the messages of one chat go out one after the other, in the order in which they came, and only
// so many chats are written to at once. Memory only: it is built anew from what is stored.

/** Digits by which a number is the same with and without its country. */
const LANE_DIGITS = 7;

/**
 * What goes one after the other. Numbers that end alike share a lane: one may be the other, written without its
 * country; and if not, somebody waits a little. What names no chat has a lane of its own.
 */
export function laneOf({ id, chat }: { readonly id: string; readonly chat: string | null }): string {
  const digits = /^-;\+(\d+)$/.exec(chat ?? "")?.[1];
  return digits === undefined ? (chat ?? id) : `-;${digits.slice(-LANE_DIGITS)}`;
}

interface Waiting {
  readonly id: string;
  readonly lane: string;
}

export class Turns {
  readonly #width: number;
  #waiting: Waiting[] = [];
  /** Operation → its lane. */
  readonly #running = new Map<string, string>();

  /** `width`: operations under way at once. */
  constructor(width: number) {
    this.#width = width;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Behind all that were added before. */
  add(id: string, lane: string): void {
    this.#waiting.push({ id, lane });
  }

  /** One that is under way already, as it was found. */
  resume(id: string, lane: string): void {
    this.#running.set(id, lane);
  }

  /** It has its outcome, or will not be begun. */
  end(id: string): void {
    this.#running.delete(id);
    this.#waiting = this.#waiting.filter((entry) => entry.id !== id);
  }

  /** Those that may go now; they count as under way. */
  start(): string[] {
    const started: string[] = [];
    const busy = new Set(this.#running.values());
    const left: Waiting[] = [];
    for (const entry of this.#waiting) {
      if (busy.has(entry.lane) || this.#running.size >= this.#width) left.push(entry);
      else {
        this.#running.set(entry.id, entry.lane);
        started.push(entry.id);
      }
      busy.add(entry.lane);
    }
    this.#waiting = left;
    return started;
  }
}
