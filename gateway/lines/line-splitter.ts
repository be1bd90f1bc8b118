const LF = 0x0a;

export type Line = { readonly kind: "line"; readonly text: string } | { readonly kind: "too_long" };

/**
 * Bytes in, lines out. Lines are cut before they are decoded, so a chunk may end inside a character. Blank lines are
 * skipped, and a byte order mark with them, as imsg does.
 */
export class LineSplitter {
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  push(chunk: Buffer): Line[] {
    const lines: Line[] = [];
    let from = 0;
    for (;;) {
      const at = chunk.indexOf(LF, from);
      if (at < 0) break;
      this.#keep(chunk.subarray(from, at));
      this.#cut(lines);
      from = at + 1;
    }
    this.#keep(chunk.subarray(from));
    return lines;
  }

  /** The last line may have no line feed. */
  end(): Line[] {
    const lines: Line[] = [];
    this.#cut(lines);
    return lines;
  }

  /** Beyond the limit nothing is kept, only counted: the rest of the line is skipped. */
  #keep(part: Buffer): void {
    this.#bytes += part.length;
    if (this.#bytes > this.#maxBytes) this.#parts = [];
    else if (part.length > 0) this.#parts.push(part);
  }

  #cut(lines: Line[]): void {
    const isTooLong = this.#bytes > this.#maxBytes;
    const [only] = this.#parts;
    const bytes = this.#parts.length === 1 && only !== undefined ? only : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#bytes = 0;
    if (isTooLong) {
      lines.push({ kind: "too_long" });
      return;
    }
    const text = bytes.toString("utf8").trim();
    if (text !== "") lines.push({ kind: "line", text });
  }
}
