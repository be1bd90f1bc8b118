const NEWLINE = 0x0a;

/**
 * Cuts a byte stream into lines before it is decoded, so that a character split between two chunks
 * survives; a leading BOM goes and bytes that are no UTF-8 become U+FFFD [05]. There is no limit to a line's length [06].
 */
export class LineReader {
  readonly #decoder = new TextDecoder("utf-8");
  readonly #take: (line: string) => void;
  #partial: Uint8Array[] = [];

  constructor(take: (line: string) => void) {
    this.#take = take;
  }

  push(bytes: Uint8Array): void {
    let from = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, from)) {
      this.#partial.push(bytes.subarray(from, end));
      this.#flush();
      from = end + 1;
    }
    if (from < bytes.length) this.#partial.push(bytes.subarray(from));
  }

  /** A last line without its end is a line all the same [13-eof-no-newline]. */
  end(): void {
    if (this.#partial.length > 0) this.#flush();
  }

  #flush(): void {
    let text = "";
    for (const part of this.#partial) text += this.#decoder.decode(part, { stream: true });
    this.#partial = [];
    this.#take(text + this.#decoder.decode());
  }
}
