// Lines that come faster than anybody reads: after a long absence the first of them are shown, and of the rest how
// many they were.

/** Lines shown in one window; from the next one on it is a flood. */
const MOST_LINES = 20;
const WINDOW_MS = 1_000;

export class Flood {
  readonly #tell: (hidden: number) => void;
  #lines = 0;
  #hidden = 0;
  #counts = false;

  /** `tell` = the flood is over; so many were not shown. */
  constructor(tell: (hidden: number) => void) {
    this.#tell = tell;
  }

  /** Whether the next line is shown. */
  shows(): boolean {
    this.#lines += 1;
    if (!this.#counts) this.#openWindow();
    if (this.#hidden === 0 && this.#lines <= MOST_LINES) return true;
    this.#hidden += 1;
    return false;
  }

  #openWindow(): void {
    this.#counts = true;
    setTimeout(() => this.#closeWindow(), WINDOW_MS).unref();
  }

  #closeWindow(): void {
    const goesOn = this.#lines > MOST_LINES;
    this.#lines = 0;
    this.#counts = false;
    if (goesOn) this.#openWindow();
    else if (this.#hidden > 0) {
      const hidden = this.#hidden;
      this.#hidden = 0;
      this.#tell(hidden);
    }
  }
}
