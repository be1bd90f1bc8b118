import type { FileHandle } from "node:fs/promises";
import { GATHERED_BYTES, GATHERED_MS } from "../limits.ts";

/** Writes some of the bytes, in order, at that position; says how many. */
type WriteSome = (pieces: readonly Uint8Array[], position: number) => Promise<number>;

/**
 * Bytes of a transfer on their way to a file. A socket gives 64 KiB at a time, and a call of the file system costs a
 * turn of its threads whatever its size: pieces are written several at once, while the next ones come (16 MiB in 17 ms
 * and not in 127, on a busy machine, 2026-11). What comes slowly is on disk soon all the same.
 */
export class GatheredWrites {
  readonly #writeSome: WriteSome;
  readonly #most: number;
  #pieces: Uint8Array[] = [];
  #gathered = 0;
  #written: number;
  /** Undefined = nothing goes on. */
  #writing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failure: { readonly error: unknown } | undefined;

  /** `from`: the position of the first one. `most` bytes are gathered while as many are being written. */
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
    if (this.#gathered >= this.#most) {
      await this.#writing;
      this.#start();
    } else this.#timer ??= setTimeout(() => this.#start(), GATHERED_MS).unref();
    this.#throwFailure();
  }

  /** Resolves when all that was added is written. */
  async flush(): Promise<void> {
    this.#start();
    await this.#writing;
    this.#throwFailure();
  }

  #start(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing ??= this.#writeAll();
  }

  /** Never rejects: who adds next hears of it. */
  async #writeAll(): Promise<void> {
    // Its caller is to know of it first.
    await Promise.resolve();
    try {
      while (this.#pieces.length > 0 && this.#failure === undefined) {
        const pieces = this.#pieces;
        this.#pieces = [];
        this.#gathered = 0;
        await this.#write(pieces);
      }
    } catch (error) {
      this.#failure = { error };
    }
    this.#writing = undefined;
  }

  async #write(pieces: readonly Uint8Array[]): Promise<void> {
    let left = pieces.filter(({ length }) => length > 0);
    while (left.length > 0) {
      const bytes = await this.#writeSome(left, this.#written);
      this.#written += bytes;
      left = without(left, bytes);
    }
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
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

/** To an open file, from that position on; whoever opened it closes it, after a flush. */
export const gatheredWrites = (file: FileHandle, from: number): GatheredWrites =>
  new GatheredWrites(
    async (pieces, at) => (await file.writev(pieces, at)).bytesWritten,
    from,
    GATHERED_BYTES,
  );
