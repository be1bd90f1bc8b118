// The log of the agent under launchd, read back: its last lines, over all of its files, and what comes after them.
import { closeSync, fstatSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { StringDecoder } from "node:string_decoder";
import { LOG_LOOK_MS } from "../limits.ts";
import { rotatedNames } from "./rotating-file.ts";

/** The last lines, oldest first; undefined = there is no log. */
export function lastLines(file: string, count: number): string[] | undefined {
  // Newest file first; no older one is read than is needed.
  const pages: string[][] = [];
  let found = 0;
  for (const name of rotatedNames(file)) {
    const text = textOf(name);
    if (text === undefined) continue;
    const lines = text.split("\n").filter((line) => line !== "");
    pages.push(lines);
    found += lines.length;
    if (found >= count) break;
  }
  const all = pages.toReversed().flat();
  return pages.length === 0 ? undefined : all.slice(Math.max(0, all.length - count));
}

/** Lines that are added from now on, also when the file moves aside and another takes its place. */
export class LogFollower {
  readonly #file: string;
  readonly #onLine: (line: string) => void;
  #descriptor: number | undefined;
  #position = 0;
  #rest = "";
  #decoder = new StringDecoder("utf8");
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(file: string, onLine: (line: string) => void) {
    this.#file = file;
    this.#onLine = onLine;
  }

  start(): void {
    this.#open();
    if (this.#descriptor !== undefined) this.#position = fstatSync(this.#descriptor).size;
    this.#timer = setInterval(() => this.look(), LOG_LOOK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#close();
  }

  look(): void {
    this.#readOn();
    if (!this.#isMoved()) return;
    // What was written between the two looks is in the one that moved.
    this.#readOn();
    this.#close();
    this.#open();
    this.#readOn();
  }

  #isMoved(): boolean {
    const now = statSync(this.#file, { throwIfNoEntry: false });
    if (now === undefined) return false;
    return this.#descriptor === undefined || fstatSync(this.#descriptor).ino !== now.ino;
  }

  #readOn(): void {
    if (this.#descriptor === undefined) return;
    const buffer = Buffer.alloc(64 * 1024);
    for (;;) {
      const read = readSync(this.#descriptor, buffer, 0, buffer.length, this.#position);
      if (read === 0) return;
      this.#position += read;
      const lines = (this.#rest + this.#decoder.write(buffer.subarray(0, read))).split("\n");
      this.#rest = lines.pop() ?? "";
      for (const line of lines) if (line !== "") this.#onLine(line);
    }
  }

  #open(): void {
    this.#position = 0;
    this.#rest = "";
    this.#decoder = new StringDecoder("utf8");
    try {
      this.#descriptor = openSync(this.#file, "r");
    } catch {
      this.#descriptor = undefined;
    }
  }

  #close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
