// What was fetched goes again: what is too old, and the oldest of what is too much.
import { readdir, rm, stat } from "node:fs/promises";
import path from "node:path";
import type { Clock } from "../../shared/clock.ts";
import { FILE_KEPT_MS, MAX_KEPT_FILES_BYTES, PRUNE_MS } from "../limits.ts";

interface Kept {
  readonly folder: string;
  /** When a file of it was last written or used. */
  readonly at: number;
  readonly bytes: number;
}

/** Of a folder of folders, each with the files of one attachment. */
export class FilePruning {
  readonly #folder: string;
  readonly #clock: Clock;
  #prunedAt = -Infinity;
  /** Of the one that runs, or ran last. */
  #ended: Promise<void> = Promise.resolve();

  constructor(folder: string, clock: Clock) {
    this.#folder = folder;
    this.#clock = clock;
  }

  get ended(): Promise<void> {
    return this.#ended;
  }

  /** In the background, and not at every file: to look through thousands of folders takes a while. */
  soon(): void {
    const now = this.#clock.now();
    if (now - this.#prunedAt < PRUNE_MS) return;
    this.#prunedAt = now;
    // It is tried again at the next file; a folder that cannot be read holds nothing of ours.
    this.#ended = this.#prune(now).catch(() => undefined);
  }

  async #prune(now: number): Promise<void> {
    const kept: Kept[] = [];
    for (const name of await readdir(this.#folder)) kept.push(await look(path.join(this.#folder, name)));
    let bytes = 0;
    for (const one of kept.toSorted((a, b) => b.at - a.at)) {
      bytes += one.bytes;
      if (one.at < now - FILE_KEPT_MS || bytes > MAX_KEPT_FILES_BYTES)
        await rm(one.folder, { recursive: true, force: true });
    }
  }
}

async function look(folder: string): Promise<Kept> {
  const names = await readdir(folder).catch(() => []);
  const files = await Promise.all(names.map((name) => stat(path.join(folder, name)).catch(() => undefined)));
  const there = files.filter((file) => file !== undefined);
  return {
    folder,
    // Just made, its file is not there yet: the folder's own time counts, too.
    at: Math.max(
      await stat(folder).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
      ...there.map(({ mtimeMs }) => mtimeMs),
    ),
    bytes: there.reduce((sum, { size }) => sum + size, 0),
  };
}
