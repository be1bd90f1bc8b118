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

export class HeldRows {
  readonly #file: string;
  /** By their place in the log, in its order. */
  readonly #rows = new Map<string, HeldRow>();
  #bytes = 0;
  #descriptor: number | undefined;

  /** Each process has a file of its own in the folder; what processes left that have ended is taken over. */
  constructor(folder: string, process: { readonly pid: number; isAlive(pid: number): boolean }) {
    this.#file = path.join(folder, `${process.pid}.jsonl`);
    const left = leftIn(folder).filter(({ pid }) => pid === process.pid || !process.isAlive(pid));
    const taken = left.flatMap(({ file }) => this.#take(file));
    // Only when all of it is in ours, and safe there, may the others go.
    if (taken.length > 0 && this.#begin()) for (const file of taken) rmSync(file, { force: true });
  }

  /** The name under which it is ours, and nobody else's. */
  #take(file: string): string[] {
    const mine = `${file}.${this.#file.split("/").at(-1) ?? ""}`;
    try {
      renameSync(file, mine);
    } catch {
      return [];
    }
    const read = readPrivate(mine);
    for (const text of read.kind === "text" ? read.text.split("\n") : []) {
      const json = parseJson(text);
      // A line that the end of a process cut off was never counted on.
      const line = json.ok ? lineSchema.safeParse(json.value) : undefined;
      if (line?.success !== true) continue;
      if ("held" in line.data) this.#rows.set(line.data.held.relay.id, line.data.held);
      else this.#rows.delete(line.data.done);
    }
    return [mine];
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
      const isFull = this.#descriptor === undefined || this.#bytes + text.length > MAX_HELD_BYTES;
      if (isFull && !this.#begin()) return false;
      if (this.#descriptor === undefined || this.#bytes + text.length > MAX_HELD_BYTES) return false;
      writeSync(this.#descriptor, text);
      this.#bytes += text.length;
      if (isSure) fsyncSync(this.#descriptor);
      return true;
    } catch {
      return false;
    }
  }

  /** The file anew, with what is still held and nothing else. */
  #begin(): boolean {
    this.close();
    const text = this.all.map((held) => `${JSON.stringify({ held })}\n`).join("");
    try {
      writePrivate(this.#file, text);
      this.#descriptor = openSync(this.#file, "a", 0o600);
      fsyncSync(this.#descriptor);
    } catch {
      return false;
    }
    this.#bytes = text.length;
    return true;
  }
}

function leftIn(folder: string): { readonly file: string; readonly pid: number }[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    // The process that last renamed it, or that made it.
    const pid = /(\d+)\.jsonl$/.exec(name)?.[1];
    return pid === undefined ? [] : [{ file: path.join(folder, name), pid: Number(pid) }];
  });
}
