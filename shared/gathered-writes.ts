/** Writes some of the bytes, in order, at that position; says how many. */
type WriteSome = (pieces: readonly Uint8Array[], position: number) => Promise<number>;

/**
 * Bytes of a transfer on their way to a file. A socket gives 64 KiB at a time, and a call of the file system costs a
 * turn of its threads whatever its size: pieces are written several at once, while the next ones come (16 MiB in 17 ms
 * and not in 127, on a busy machine, 2026-11).
 */
export class GatheredWrites {
  readonly #writeSome: WriteSome;
  readonly #most: number;
  #pieces: Uint8Array[] = [];
  #gathered = 0;
  #written: number;
  #writing: Promise<void> = Promise.resolve();

  /** `from`: the position of the first one. `most` bytes are gathered, and as many are being written meanwhile. */
  constructor(writeSome: WriteSome, from: number, most: number) {
    this.#writeSome = writeSome;
    this.#written = from;
    this.#most = most;
  }

  /** The position up to which all is written. */
  get written(): number {
    return this.#written;
  }

  /** Takes them over: nobody changes them any more. Resolves when there is room; throws what an earlier one met. */
  async add(bytes: Uint8Array): Promise<void> {
    this.#pieces.push(bytes);
    this.#gathered += bytes.length;
    if (this.#gathered >= this.#most) await this.#next();
  }

  /** Resolves when all that was added is written. */
  async flush(): Promise<void> {
    await this.#next();
    await this.#writing;
  }

  async #next(): Promise<void> {
    await this.#writing;
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#gathered = 0;
    this.#writing = this.#write(pieces);
    // Whoever comes next hears of it.
    this.#writing.catch(() => undefined);
  }

  async #write(pieces: readonly Uint8Array[]): Promise<void> {
    let left = pieces.filter(({ length }) => length > 0);
    while (left.length > 0) {
      const bytes = await this.#writeSome(left, this.#written);
      this.#written += bytes;
      left = without(left, bytes);
    }
  }
}

/** What is left where a disk took a part only. */
function without(pieces: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let skip = bytes;
  return pieces.flatMap((piece) => {
    const rest = piece.subarray(Math.min(skip, piece.length));
    skip -= piece.length - rest.length;
    return rest.length > 0 ? [rest] : [];
  });
}
