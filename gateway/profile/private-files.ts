import {
  chmodSync,
  closeSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";

type PrivateRead =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "absent" }
  /** Somebody else may read it, so what it holds is no secret any more. */
  | { readonly kind: "open_to_others"; readonly mode: string }
  | { readonly kind: "unreadable" };

/** Reads a file that must belong to its owner alone; mode and content come from the same descriptor. */
export function readPrivate(file: string): PrivateRead {
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch (error) {
    return { kind: isAbsent(error) ? "absent" : "unreadable" };
  }
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) return { kind: "unreadable" };
    if ((stat.mode & 0o077) !== 0) return { kind: "open_to_others", mode: (stat.mode & 0o777).toString(8) };
    return { kind: "text", text: readFileSync(descriptor, "utf8") };
  } catch {
    return { kind: "unreadable" };
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Replaces the file as a whole: 0600, in a folder of 0700. A reader sees the old text or the new one; after a loss of
 * power that holds only for what was flushed.
 */
export function writePrivate(file: string, text: string, { isFlushed = false } = {}): void {
  makePrivateFolder(path.dirname(file));
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, text, { mode: 0o600, flag: "wx" });
    if (isFlushed) flush(temporary);
    renameSync(temporary, file);
    if (isFlushed) flush(path.dirname(file));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** A file, or the names in a folder. */
function flush(what: string): void {
  const descriptor = openSync(what, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** An older folder of ours is closed to others; one that is shared on purpose (sticky, or somebody else's) is not. */
function makePrivateFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid, mode } = statSync(folder);
  const isShared = uid !== process.getuid?.() || (mode & 0o1000) !== 0;
  if (!isShared && (mode & 0o077) !== 0) chmodSync(folder, 0o700);
}

const isAbsent = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
