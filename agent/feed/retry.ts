// Waits that double with jitter until something succeeds.
import type { Clock } from "../../shared/clock.ts";

export class Retry {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #firstMs: number;
  readonly #mostMs: number;
  #failures = 0;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, random: () => number, firstMs: number, mostMs: number) {
    this.#clock = clock;
    this.#random = random;
    this.#firstMs = firstMs;
    this.#mostMs = mostMs;
  }

  later(run: () => void): void {
    const delay = Math.min(this.#mostMs, this.#firstMs * 2 ** Math.min(this.#failures, 16));
    this.#failures += 1;
    this.#cancel?.();
    this.#cancel = this.#clock.after(delay * (0.5 + this.#random() / 2), run);
  }

  succeeded(): void {
    this.#failures = 0;
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
