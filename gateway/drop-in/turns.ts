/** So many at once; the others wait for theirs in the order in which they came. */
export class Turns {
  readonly #most: number;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  /** False where the signal came first; true is followed by `free`, once. */
  take(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false);
    if (this.#running < this.#most) {
      this.#running += 1;
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const stop = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(turn), 1);
        resolve(false);
      };
      const turn = (): void => {
        signal.removeEventListener("abort", stop);
        resolve(true);
      };
      this.#waiting.push(turn);
      signal.addEventListener("abort", stop, { once: true });
    });
  }

  /** Handed on, not given back first: nobody who comes just now is faster than who has waited. */
  free(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running -= 1;
    else next();
  }
}
