// How far a catch-up has come: counted in rows sent, told now and then and once at its end.
import type { Clock } from "../../shared/clock.ts";
import { PROGRESS_MS } from "../limits.ts";

export interface ProgressNote {
  readonly done: number;
  readonly finished: boolean;
}

export class Progress {
  readonly #clock: Clock;
  readonly #tell: (note: ProgressNote) => void;
  #done = 0;
  #isOver = false;
  /** A catch-up was told to be going on, perhaps before reading began anew. */
  #owesEnd = false;
  #toldAt = 0;

  constructor(clock: Clock, tell: (note: ProgressNote) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  get done(): number {
    return this.#done;
  }

  /** What was waiting has come; what follows is live. */
  get isOver(): boolean {
    return this.#isOver;
  }

  begin(): void {
    this.#done = 0;
    this.#isOver = false;
  }

  /** Reading stops before it is over. */
  abandon(): void {
    this.#isOver = false;
  }

  step(): void {
    this.#done += 1;
    const now = this.#clock.now();
    if (this.#isOver || now - this.#toldAt < PROGRESS_MS) return;
    this.#toldAt = now;
    this.#owesEnd = true;
    this.#tell({ done: this.#done, finished: false });
  }

  finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#done === 0 && !this.#owesEnd) return;
    this.#owesEnd = false;
    this.#tell({ done: this.#done, finished: true });
  }
}
