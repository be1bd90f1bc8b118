/**
 * The database as a file: JSON lines, one operation a line, only ever appended (O_APPEND, one write a
 * batch, so that several processes may append at once). Rowids follow from the order of the lines, so
 * all processes agree on them.
 */
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readSync,
  statSync,
  writeSync,
  type Stats,
} from "node:fs";
import type { Database, OpenFailure, WorldSource } from "./host.ts";
import type { WorldOp } from "./world-op.ts";
import { World } from "./world.ts";

/** Only while somebody watches; a request looks for itself. */
const LOOK_MS = 20;
const CHUNK = 1 << 20;
const NEWLINE = 0x0a;

const identityOf = (stats: Stats): string => `${stats.dev}:${stats.ino}`;

/** One open descriptor: unlinking or replacing the file does not change what it reads. */
class FileDatabase implements Database {
  readonly identity: string;
  readonly world = new World();
  readonly #fd: number;
  #state: Database["state"] = "empty";
  #offset = 0;
  #partial: Buffer[] = [];
  readonly #listeners = new Set<() => void>();
  #look: NodeJS.Timeout | undefined;

  constructor(fd: number) {
    this.#fd = fd;
    this.identity = identityOf(fstatSync(fd));
    this.refresh();
  }

  get state(): Database["state"] {
    return this.#state;
  }

  refresh(): void {
    const { size } = fstatSync(this.#fd);
    if (size <= this.#offset || this.#state === "garbage") return;
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK, size - this.#offset));
    for (let usable = true; usable && this.#offset < size;) {
      const read = readSync(this.#fd, chunk, 0, chunk.length, this.#offset);
      if (read === 0) break;
      this.#offset += read;
      usable = this.#take(Buffer.from(chunk.subarray(0, read)));
    }
    for (const changed of this.#listeners) changed();
  }

  /** Own operations are applied when they are read back, in the place the file gave them. */
  append(ops: readonly WorldOp[]): void {
    writeSync(this.#fd, ops.map((op) => `${JSON.stringify(op)}\n`).join(""));
    this.refresh();
  }

  onChange(changed: () => void): () => void {
    this.#listeners.add(changed);
    this.#look ??= setInterval(() => this.refresh(), LOOK_MS);
    return () => {
      this.#listeners.delete(changed);
      if (this.#listeners.size > 0) return;
      clearInterval(this.#look);
      this.#look = undefined;
    };
  }

  /** For a file that is no longer at the path; a watch that still listens keeps it. */
  close(): void {
    if (this.#listeners.size === 0) closeSync(this.#fd);
  }

  /** False: this is no database. */
  #take(bytes: Buffer): boolean {
    let from = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, from)) {
      const line = Buffer.concat([...this.#partial, bytes.subarray(from, end)]).toString("utf8");
      this.#partial = [];
      from = end + 1;
      if (!this.#apply(line)) return false;
    }
    this.#partial.push(bytes.subarray(from));
    // A first line without an end that cannot become ours: no database at all.
    if (this.#state === "empty" && !startsAsOurs(Buffer.concat(this.#partial))) this.#state = "garbage";
    return this.#state !== "garbage";
  }

  #apply(line: string): boolean {
    const op = parseOp(line);
    if (this.#state === "empty") this.#state = op?.op === "database" ? "ready" : "garbage";
    if (op !== undefined && this.#state === "ready") this.world.apply(op);
    return this.#state === "ready";
  }
}

/** As the first line of every world file begins. */
const HEADER = Buffer.from('{"op":"database"');

const startsAsOurs = (bytes: Buffer): boolean => {
  const length = Math.min(bytes.length, HEADER.length);
  return bytes.subarray(0, length).equals(HEADER.subarray(0, length));
};

/** A line that is no operation is left out, as a torn page would be. */
export function parseOp(line: string): WorldOp | undefined {
  try {
    return JSON.parse(line) as WorldOp;
  } catch {
    return undefined;
  }
}

export class WorldFile implements WorldSource {
  readonly path: string;
  #current: FileDatabase | undefined;

  constructor(path: string) {
    this.path = path;
  }

  open(): Database | OpenFailure {
    try {
      const stats = statSync(this.path);
      if (stats.isDirectory()) return "directory";
      if (this.#current?.identity === identityOf(stats)) return this.#current;
      const fd = openSync(this.path, constants.O_RDWR | constants.O_APPEND);
      this.#current?.close();
      this.#current = new FileDatabase(fd);
      return this.#current;
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code === "ENOENT" || code === "ENOTDIR") return "missing";
      if (code === "EACCES" || code === "EPERM" || code === "EROFS") return "unreadable";
      throw error;
    }
  }
}
