// Whose turn it is: the messages of one chat go out one after the other, in the order in which they came, and only
// so many chats are written to at once. Memory only: it is built anew from what is stored.

interface Waiting {
  readonly id: string;
  readonly chat: string;
}

export class Turns {
  readonly #width: number;
  #waiting: Waiting[] = [];
  /** Operation → its chat. */
  readonly #running = new Map<string, string>();

  /** `width`: operations under way at once. */
  constructor(width: number) {
    this.#width = width;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Behind all that were added before. */
  add(id: string, chat: string): void {
    this.#waiting.push({ id, chat });
  }

  /** One that is under way already, as it was found. */
  resume(id: string, chat: string): void {
    this.#running.set(id, chat);
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
      if (busy.has(entry.chat) || this.#running.size >= this.#width) left.push(entry);
      else {
        this.#running.set(entry.id, entry.chat);
        started.push(entry.id);
      }
      busy.add(entry.chat);
    }
    this.#waiting = left;
    return started;
  }
}
