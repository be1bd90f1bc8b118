import type { Clock } from "../../shared/clock.ts";
import { TRANSFER_SILENCE_MS } from "../limits.ts";

/** Gives a transfer up in which nothing moves. Its `signal` ends with the caller's as well. */
export class Silence {
  readonly #clock: Clock;
  readonly #outer: AbortSignal | undefined;
  readonly #controller = new AbortController();
  readonly #abort = (): void => this.#controller.abort();
  #stop: (() => void) | undefined;
  #isOver = false;

  constructor(clock: Clock, outer: AbortSignal | undefined) {
    this.#clock = clock;
    this.#outer = outer;
    if (outer?.aborted === true) this.#abort();
    outer?.addEventListener("abort", this.#abort);
    this.heard();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Something moved, and more is expected within that time. */
  heard(withinMs = TRANSFER_SILENCE_MS): void {
    if (this.#isOver) return;
    this.pause();
    this.#stop = this.#clock.after(withinMs, this.#abort);
  }

  /** It is our turn: a slow disk is no silence of the relay's. */
  pause(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  /** Nothing is expected any more; what was open is closed already, or complete. */
  end(): void {
    this.#isOver = true;
    this.pause();
    this.#outer?.removeEventListener("abort", this.#abort);
  }

  /** Closes what may still be open. */
  giveUp(): void {
    if (this.#isOver) return;
    this.end();
    this.#abort();
  }
}
