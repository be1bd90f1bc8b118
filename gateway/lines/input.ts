import type { Readable } from "node:stream";
import { MAX_LINE_BYTES } from "../limits.ts";
import { LineSplitter, type Line } from "./line-splitter.ts";

interface InputHandlers {
  line(line: Line): void;
  /** Once; nothing follows. */
  end(): void;
}

/** Standard input as lines. Whoever serves them may change while the process lives: the last to `take` gets the rest. */
export class Input {
  #handlers: InputHandlers | undefined;
  #hasEnded = false;

  constructor(stream: Readable) {
    const splitter = new LineSplitter(MAX_LINE_BYTES);
    stream.on("data", (chunk: Buffer) => this.#give(splitter.push(chunk)));
    const end = (): void => {
      if (this.#hasEnded) return;
      this.#give(splitter.end());
      this.#hasEnded = true;
      this.#handlers?.end();
    };
    stream.on("end", end);
    // A terminal that goes away reads as an error: it is an end like any other.
    stream.on("error", end);
  }

  take(handlers: InputHandlers): void {
    this.#handlers = handlers;
    if (this.#hasEnded) handlers.end();
  }

  /** Each line to whoever serves at that moment: one line may change who serves the next. */
  #give(lines: readonly Line[]): void {
    for (const line of lines) this.#handlers?.line(line);
  }
}
