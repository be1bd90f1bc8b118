// The agent's log on disk when nobody watches: lines are added to one file, and one that is full moves aside. Bounded
// in size and number, so that an agent that complains for a year fills no disk.
import { closeSync, fstatSync, openSync, renameSync, writeSync } from "node:fs";
import { LOG_FILE_BYTES, LOG_FILES } from "../limits.ts";

/** Newest first. */
export const rotatedNames = (file: string): string[] =>
  Array.from({ length: LOG_FILES }, (_, age) => (age === 0 ? file : `${file}.${age}`));

export class RotatingFile {
  readonly #file: string;
  readonly #maxBytes: number;
  #descriptor: number | undefined;
  #bytes = 0;

  constructor(file: string, maxBytes = LOG_FILE_BYTES) {
    this.#file = file;
    this.#maxBytes = maxBytes;
  }

  /** Never throws: a full disk must not end the agent. */
  write(line: string): void {
    try {
      const bytes = Buffer.from(line);
      const descriptor = this.#open(bytes.length);
      writeSync(descriptor, bytes);
      this.#bytes += bytes.length;
    } catch {
      this.#close();
    }
  }

  #open(more: number): number {
    if (this.#descriptor !== undefined && this.#bytes > 0 && this.#bytes + more > this.#maxBytes) {
      this.#close();
      this.#rotate();
    }
    if (this.#descriptor === undefined) {
      this.#descriptor = openSync(this.#file, "a", 0o600);
      this.#bytes = fstatSync(this.#descriptor).size;
      // What an earlier life left may be full already.
      if (this.#bytes > 0 && this.#bytes + more > this.#maxBytes) return this.#open(more);
    }
    return this.#descriptor;
  }

  #rotate(): void {
    const names = rotatedNames(this.#file);
    for (let age = names.length - 1; age > 0; age -= 1) {
      const [older, newer] = [names[age], names[age - 1]];
      if (older !== undefined && newer !== undefined) moveIfThere(newer, older);
    }
  }

  #close(): void {
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    if (descriptor === undefined) return;
    try {
      closeSync(descriptor);
    } catch {
      // What could not be written is lost; the next line may be luckier.
    }
  }
}

function moveIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
}
