// How many transfers go at once: no more than an account's object and its Mac can serve, and whoever asks for many
// does not keep the others waiting, since the keys take turns.
import type { Clock } from "../../../shared/clock.ts";

interface Waiting {
  readonly by: string;
  readonly take: (isFree: boolean) => void;
}

export class Slots {
  readonly #clock: Clock;
  readonly #width: number;
  readonly #most: number;
  #busy = 0;
  #waiting: Waiting[] = [];
  /** Whose turn was last: the next one is somebody else's, if anybody else waits. */
  #last = "";

  /** `width` at once, and at most `most` that wait. */
  constructor(clock: Clock, width: number, most: number) {
    this.#clock = clock;
    this.#width = width;
    this.#most = most;
  }

  get busy(): number {
    return this.#busy;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** False where it did not come in time, or too many wait already; true must be followed by `free`, once. */
  take(by: string, waitMs: number): Promise<boolean> {
    if (this.#busy < this.#width) {
      this.#busy += 1;
      this.#last = by;
      return Promise.resolve(true);
    }
    if (this.#waiting.length >= this.#most) return Promise.resolve(false);
    return new Promise((resolve) => {
      const cancel = this.#clock.after(waitMs, () => {
        this.#waiting = this.#waiting.filter((one) => one !== mine);
        resolve(false);
      });
      const mine: Waiting = {
        by,
        take: (isFree) => {
          cancel();
          resolve(isFree);
        },
      };
      this.#waiting.push(mine);
    });
  }

  free(): void {
    const next = this.#next();
    if (next === undefined) {
      this.#busy -= 1;
      return;
    }
    this.#waiting = this.#waiting.filter((one) => one !== next);
    this.#last = next.by;
    next.take(true);
  }

  /** The keys in the order in which they came to wait, beginning after the one that was last. */
  #next(): Waiting | undefined {
    const keys = [...new Set(this.#waiting.map(({ by }) => by))];
    const turn = keys.indexOf(this.#last);
    const key = keys[(turn + 1) % keys.length];
    return this.#waiting.find(({ by }) => by === key);
  }
}
