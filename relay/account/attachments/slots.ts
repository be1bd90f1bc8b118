// How many transfers go at once: no more than an account's object and its Mac can serve, and whoever asks for many
// does not keep the others waiting, since the keys take turns.
import type { Clock } from "../../../shared/clock.ts";

interface Waiting {
  readonly by: string;
  readonly take: (isFree: boolean) => void;
}

/** Keys whose last turn is remembered. */
const MAX_KEYS_KNOWN = 1_000;

export class Slots {
  readonly #clock: Clock;
  readonly #width: number;
  readonly #most: number;
  #busy = 0;
  #waiting: Waiting[] = [];
  /** When each key last had a turn, counted in turns. */
  readonly #turns = new Map<string, number>();
  #turn = 0;

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

  /** False where it did not come in time, too many wait already, or it is `gone`; true must be followed by `free`, once. */
  take(by: string, waitMs: number, gone: AbortSignal): Promise<boolean> {
    if (gone.aborted) return Promise.resolve(false);
    if (this.#busy < this.#width) {
      this.#busy += 1;
      this.#had(by);
      return Promise.resolve(true);
    }
    if (this.#waiting.length >= this.#most && !this.#hasRoomFor(by)) return Promise.resolve(false);
    return new Promise((resolve) => {
      const leave = (): void => {
        this.#waiting = this.#waiting.filter((one) => one !== mine);
        mine.take(false);
      };
      const cancel = this.#clock.after(waitMs, leave);
      const mine: Waiting = {
        by,
        take: (isFree) => {
          cancel();
          gone.removeEventListener("abort", leave);
          resolve(isFree);
        },
      };
      gone.addEventListener("abort", leave);
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
    this.#had(next.by);
    next.take(true);
  }

  /** Who waits for most gives up his last place to whoever waits for less; otherwise one key keeps all others out. */
  #hasRoomFor(key: string): boolean {
    const counts = new Map<string, number>();
    for (const { by } of this.#waiting) counts.set(by, (counts.get(by) ?? 0) + 1);
    const most = Math.max(...counts.values());
    if (most <= (counts.get(key) ?? 0) + 1) return false;
    const last = this.#waiting.findLast(({ by }) => counts.get(by) === most);
    this.#waiting = this.#waiting.filter((one) => one !== last);
    last?.take(false);
    return true;
  }

  #had(key: string): void {
    this.#turn += 1;
    // Forgotten, everybody begins anew: who waits still waits in order.
    if (this.#turns.size >= MAX_KEYS_KNOWN) this.#turns.clear();
    this.#turns.set(key, this.#turn);
  }

  /** Of those who wait, the first of the key that had no turn for the longest time. */
  #next(): Waiting | undefined {
    const lastTurn = ({ by }: Waiting): number => this.#turns.get(by) ?? 0;
    const longest = Math.min(...this.#waiting.map(lastTurn));
    return this.#waiting.find((one) => lastTurn(one) === longest);
  }
}
