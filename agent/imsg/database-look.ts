// Notices that the database's file was replaced: imsg keeps the old inode open and never says so.
import type { Clock } from "../../shared/clock.ts";

export class DatabaseLook {
  readonly #clock: Clock;
  readonly #stamp: () => string | undefined;
  readonly #everyMs: number;
  readonly #onReplaced: () => void;
  #known: string | undefined;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, stamp: () => string | undefined, everyMs: number, onReplaced: () => void) {
    this.#clock = clock;
    this.#stamp = stamp;
    this.#everyMs = everyMs;
    this.#onReplaced = onReplaced;
  }

  /** The file that imsg has open; undefined where the agent cannot see it. */
  get known(): string | undefined {
    return this.#known;
  }

  start(): void {
    this.#cancel = this.#clock.after(this.#everyMs, () => {
      this.start();
      this.isReplaced();
    });
  }

  /** True once, when another file has taken the place of the known one; its owner has been told by then. */
  isReplaced(): boolean {
    const stamp = this.#stamp();
    // A file that is away for a moment (a restore) is judged when it is back.
    if (stamp === undefined || stamp === this.#known) return false;
    const isFirst = this.#known === undefined;
    this.#known = stamp;
    if (isFirst) return false;
    this.#onReplaced();
    return true;
  }

  stop(): void {
    this.#cancel?.();
  }

  /** imsg is about to open the file. True where it is another than the known one: whoever has that open is not told. */
  note(): boolean {
    const before = this.#known;
    this.#known = this.#stamp() ?? before;
    return before !== undefined && this.#known !== before;
  }
}
