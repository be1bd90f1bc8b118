// I9: messages whose files are still on their way, on disk before any later one passes them. The gateway's own place
// in its chats moves on with the later ones, so nobody but us would ever show these again.
import { closeSync, fsyncSync, openSync, readdirSync, renameSync, rmSync, writeSync } from "node:fs";
import path from "node:path";
import * as z from "zod";
import { parseJson } from "../../shared/json.ts";
import { watchedSchema } from "../client/watch.ts";
import { MAX_HELD_BYTES, MAX_HELD_ROWS } from "../limits.ts";
import { readPrivate, writePrivate } from "../profile/private-files.ts";

const heldSchema = watchedSchema.required({ relay: true });
/** A notification as the relay showed it, with its place in the log. */
export type HeldRow = z.infer<typeof heldSchema>;
const lineSchema = z.union([z.object({ held: heldSchema }), z.object({ done: z.string() })]);

/** Names as in ../node/process-name.ts. */
interface Processes {
  /** Of this one. */
  readonly own: () => string;
  readonly isRunning: (name: string) => boolean;
}

export class HeldRows {
  readonly #folder: string;
  readonly #processes: Processes;
  /** By their place in the log. */
  readonly #rows = new Map<string, HeldRow>();
  /** Files whose rows are ours: they go when those are in our own. */
  readonly #taken = new Set<string>();
  #bytes = 0;
  #descriptor: number | undefined;

  /** Each process has a file of its own in the folder. */
  constructor(folder: string, processes: Processes) {
    this.#folder = folder;
    this.#processes = processes;
    this.takeOver();
  }

  /** What processes left that have ended is ours from now on. */
  takeOver(): void {
    const left = namesIn(this.#folder).filter((name) => {
      const owner = ownerOf(name);
      return owner !== undefined && owner !== this.#processes.own() && !this.#processes.isRunning(owner);
    });
    for (const name of left) this.#take(path.join(this.#folder, name));
    if (this.#taken.size > 0) this.#begin();
  }

  /** Under a name by which it is ours, and nobody else's. */
  #take(file: string): void {
    const mine = `${file}.${this.#processes.own()}.jsonl`;
    try {
      renameSync(file, mine);
    } catch {
      // Somebody else was first.
      return;
    }
    this.#taken.add(mine);
    const read = readPrivate(mine);
    for (const text of read.kind === "text" ? read.text.split("\n") : []) {
      const json = parseJson(text);
      // A line that the end of a process cut off was never counted on.
      const line = json.ok ? lineSchema.safeParse(json.value) : undefined;
      if (line?.success !== true) continue;
      if ("held" in line.data) this.#rows.set(line.data.held.relay.id, line.data.held);
      else this.#rows.delete(line.data.done);
    }
  }

  get all(): readonly HeldRow[] {
    return [...this.#rows.values()];
  }

  /** True = it is on disk. False = too many are, or the disk takes no more: it must not be passed. */
  hold(row: HeldRow): boolean {
    const { id } = row.relay;
    if (this.#rows.has(id)) return true;
    if (this.#rows.size >= MAX_HELD_ROWS) return false;
    if (!this.#append({ held: row }, true)) return false;
    this.#rows.set(id, row);
    return true;
  }

  /** The gateway has it. */
  done(id: string): void {
    // Not waited for: shown twice after a crash, it is the same message to the gateway.
    if (this.#rows.delete(id)) this.#append({ done: id }, false);
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #append(line: z.infer<typeof lineSchema>, isSure: boolean): boolean {
    try {
      const text = `${JSON.stringify(line)}\n`;
      const bytes = Buffer.byteLength(text);
      const isFull = this.#descriptor === undefined || this.#bytes + bytes > MAX_HELD_BYTES;
      if (isFull && !this.#begin()) return false;
      if (this.#descriptor === undefined || this.#bytes + bytes > MAX_HELD_BYTES) return false;
      writeSync(this.#descriptor, text);
      this.#bytes += bytes;
      if (isSure) fsyncSync(this.#descriptor);
      return true;
    } catch {
      return false;
    }
  }

  /** The file anew, with what is still held and nothing else. */
  #begin(): boolean {
    this.close();
    const file = path.join(this.#folder, `${this.#processes.own()}.jsonl`);
    const text = this.all.map((held) => `${JSON.stringify({ held })}\n`).join("");
    try {
      writePrivate(file, text, { isFlushed: true });
      this.#descriptor = openSync(file, "a", 0o600);
      // Only now: all of theirs is in ours, and safe there.
      for (const taken of this.#taken) rmSync(taken, { force: true });
      this.#taken.clear();
    } catch {
      this.close();
      return false;
    }
    this.#bytes = Buffer.byteLength(text);
    return true;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** The process that last renamed it, or that made it. */
const ownerOf = (name: string): string | undefined => /(\d+-[^.]+)\.jsonl$/.exec(name)?.[1];
