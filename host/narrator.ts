// How the tour is told: numbered steps, the commands that were really run, what came back, shortened.
import { setTimeout as sleep } from "node:timers/promises";
import { brief } from "./brief.ts";
import { oneLine, type Terminal } from "./terminal.ts";

const INDENT = "   ";
/** Time to read a step; nobody reads a pipe. */
const READING_MS = 2_400;

export class Narrator {
  readonly #terminal: Terminal;
  readonly #reads: boolean;
  readonly #interrupted: () => boolean;
  #steps = 0;

  constructor(terminal: Terminal, reads: boolean, interrupted: () => boolean) {
    this.#terminal = terminal;
    this.#reads = reads;
    this.#interrupted = interrupted;
  }

  async step(title: string): Promise<void> {
    if (this.#steps > 0 && this.#reads) await sleep(READING_MS);
    if (this.#interrupted()) throw new Error("interrupted");
    this.#steps += 1;
    const { say, paint } = this.#terminal;
    say();
    say(paint("bold", `${this.#steps}. ${title}`));
  }

  command(text: string): void {
    this.#line("cyan", `$ ${text}`);
  }

  /** A request of a gateway, as it is written to the drop-in. */
  asks(request: unknown): void {
    this.#line("cyan", `→ ${JSON.stringify(request)}`);
  }

  answers(answer: unknown): void {
    this.#line("dim", `← ${brief(answer)}`);
  }

  tells(text: string): void {
    this.#line(undefined, text);
  }

  good(text: string): void {
    this.#line("green", `✓ ${text}`);
  }

  #line(style: "cyan" | "dim" | "green" | undefined, text: string): void {
    const { say, paint, columns } = this.#terminal;
    const line = oneLine(text, Math.max(40, columns - INDENT.length - 1));
    say(`${INDENT}${style === undefined ? line : paint(style, line)}`);
  }
}
