// Newline framing of a child's output with a cap: a line over it is skipped to its end, and its two ends are kept.
import { StringDecoder } from "node:string_decoder";
import { MAX_LINE_BYTES, OVERSIZE_KEPT_CHARS } from "../limits.ts";

interface LineHooks {
  onLines(lines: readonly string[]): void;
  onOversize(head: string, tail: string): void;
}

export class LineReader {
  readonly #hooks: LineHooks;
  readonly #maxChars: number;
  readonly #decoder = new StringDecoder("utf8");
  /** Pieces of the line that has not ended; joined once, so that a long line costs no copy a piece. */
  #pieces: string[] = [];
  #chars = 0;
  /** Set while the rest of an oversize line is skipped: its beginning. */
  #head: string | undefined;
  #tail = "";

  constructor(hooks: LineHooks, maxChars = MAX_LINE_BYTES) {
    this.#hooks = hooks;
    this.#maxChars = maxChars;
  }

  push(bytes: Buffer): void {
    const text = this.#decoder.write(bytes);
    let lines: string[] = [];
    let from = 0;
    for (;;) {
      const end = text.indexOf("\n", from);
      this.#add(text.slice(from, end < 0 ? text.length : end));
      if (end < 0) break;
      if (this.#head === undefined) {
        const line = this.#pieces.length === 1 ? (this.#pieces[0] ?? "") : this.#pieces.join("");
        if (line.trim() !== "") lines.push(line);
      } else {
        // What came before it comes before it.
        if (lines.length > 0) this.#hooks.onLines(lines);
        lines = [];
        this.#hooks.onOversize(this.#head, this.#tail);
      }
      this.#pieces = [];
      this.#chars = 0;
      this.#head = undefined;
      this.#tail = "";
      from = end + 1;
    }
    if (lines.length > 0) this.#hooks.onLines(lines);
  }

  #add(piece: string): void {
    if (this.#head !== undefined) {
      this.#tail = (this.#tail + piece).slice(-OVERSIZE_KEPT_CHARS);
      return;
    }
    this.#pieces.push(piece);
    this.#chars += piece.length;
    if (this.#chars <= this.#maxChars) return;
    const line = this.#pieces.join("");
    this.#head = line.slice(0, OVERSIZE_KEPT_CHARS);
    this.#tail = line.slice(-OVERSIZE_KEPT_CHARS);
    this.#pieces = [];
  }
}
