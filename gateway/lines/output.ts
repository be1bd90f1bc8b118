import type { Writable } from "node:stream";

/** Standard output, a line at a time and at once. */
export class Output {
  readonly #stream: Writable;
  #open = 0;
  #whenFlushed: (() => void)[] = [];
  #isBroken = false;

  /** `onBroken`: nobody reads any more (EPIPE). */
  constructor(stream: Writable, onBroken: () => void) {
    this.#stream = stream;
    stream.on("error", () => {
      if (this.#isBroken) return;
      this.#isBroken = true;
      onBroken();
    });
  }

  /** `written` runs once the line is with the reader's pipe; never if nobody reads any more. */
  write(line: string, written?: () => void): void {
    if (this.#isBroken) return;
    this.#open += 1;
    this.#stream.write(`${line}\n`, (error) => {
      this.#open -= 1;
      if (error === null || error === undefined) written?.();
      if (this.#open === 0) for (const done of this.#whenFlushed.splice(0)) done();
    });
  }

  /** Runs `done` when everything written so far is out. */
  flushed(done: () => void): void {
    if (this.#open === 0 || this.#isBroken) done();
    else this.#whenFlushed.push(done);
  }
}
