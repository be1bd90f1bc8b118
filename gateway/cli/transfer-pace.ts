/** How long what is said of the speed looks back, in milliseconds: long enough for a number that can be read. */
const WINDOW_MS = 5_000;
/** Before that it would only be a guess. */
const LEAST_MS = 500;

/** How fast bytes go through. */
export class TransferPace {
  readonly #samples: { readonly at: number; readonly bytes: number }[] = [];

  note(at: number, bytes: number): void {
    const last = this.#samples.at(-1);
    // It began anew.
    if (last !== undefined && bytes < last.bytes) this.#samples.length = 0;
    this.#samples.push({ at, bytes });
    // One that is older stays, so that the window is full.
    while ((this.#samples[1]?.at ?? at) <= at - WINDOW_MS) this.#samples.shift();
  }

  /** Bytes a second; null where that is not known (yet). */
  get perSecond(): number | null {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.at - first.at < LEAST_MS) return null;
    return ((last.bytes - first.bytes) * 1_000) / (last.at - first.at);
  }
}
