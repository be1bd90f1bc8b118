// What the process before this one wrote beside its log, while launchd listened: a crash, or why it did not start. It
// is taken into the log, so that all is in one place and in order, and the file never grows.
import { closeSync, ftruncateSync, openSync, readSync, fstatSync } from "node:fs";
import { LAST_WORDS_BYTES } from "../limits.ts";

/** Lines, oldest first; empty where there are none. launchd has the file open, for appending as far as is known: it is emptied in place. */
export function takeLastWords(file: string): string[] {
  let descriptor: number;
  try {
    descriptor = openSync(file, "r+");
  } catch {
    return [];
  }
  try {
    const { size } = fstatSync(descriptor);
    const kept = Math.min(size, LAST_WORDS_BYTES);
    const bytes = Buffer.alloc(kept);
    const read = readSync(descriptor, bytes, 0, kept, size - kept);
    ftruncateSync(descriptor, 0);
    return bytes
      .toString("utf8", 0, read)
      .split("\n")
      .filter((line) => line.trim() !== "");
  } catch {
    return [];
  } finally {
    closeSync(descriptor);
  }
}
