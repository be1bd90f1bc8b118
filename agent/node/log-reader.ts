// The log of the agent under launchd, read back: its last lines, over all of its files, and what comes after them.
import { closeSync, fstatSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { StringDecoder } from "node:string_decoder";
import { LOG_LOOK_MS } from "../limits.ts";
import { rotatedNames } from "./rotating-file.ts";

/** A file that was read; it may be found again under another name, when it moves aside meanwhile. */
interface Page {
  readonly inode: number;
  readonly lines: readonly string[];
}

/** The last lines, oldest first; undefined = there is no log. */
export const lastLines = (file: string, count: number): string[] | undefined =>
  linesUpTo(pageOf(file), file, count);

/** No older file is read than is needed. */
function linesUpTo(newest: Page | undefined, file: string, count: number): string[] | undefined {
  const pages = newest === undefined ? [] : [newest];
  for (const name of rotatedNames(file).slice(1)) {
    if (pages.reduce((sum, { lines }) => sum + lines.length, 0) >= count) break;
    const page = pageOf(name);
    if (page !== undefined && pages.every(({ inode }) => inode !== page.inode)) pages.push(page);
  }
  const all = pages.toReversed().flatMap(({ lines }) => lines);
  return pages.length === 0 ? undefined : all.slice(Math.max(0, all.length - count));
}

/** The last lines, and every one that comes after them, also when the file moves aside and another takes its place. */
export class LogFollower {
  readonly #file: string;
  #onLine: (line: string) => void = () => undefined;
  #descriptor: number | undefined;
  #position = 0;
  #rest = "";
  #decoder = new StringDecoder("utf8");
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /** The last lines so far, as `lastLines`. */
  begin(count: number): string[] | undefined {
    const lines: string[] = [];
    this.#onLine = (line) => void lines.push(line);
    this.#open();
    this.#readOn();
    const inode = this.#descriptor === undefined ? undefined : fstatSync(this.#descriptor).ino;
    return linesUpTo(inode === undefined ? undefined : { inode, lines }, this.#file, count);
  }

  /** Those that come after what `begin` returned, from the next turn of the loop on. */
  goOn(onLine: (line: string) => void): void {
    this.#onLine = onLine;
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

function pageOf(file: string): Page | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, "r");
    const lines = readFileSync(descriptor, "utf8").split("\n");
    return { inode: fstatSync(descriptor).ino, lines: lines.filter((line) => line !== "") };
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
