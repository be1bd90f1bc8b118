import { chmodSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";

const OTHERS = 0o077;

/** A folder only its owner may enter. It may be older than we are, and more open. */
export function makePrivateFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if ((statSync(folder).mode & OTHERS) !== 0) chmodSync(folder, 0o700);
}

/** Replaces the file as a whole, readable for its owner alone. */
export function writePrivate(file: string, text: string): void {
  makePrivateFolder(path.dirname(file));
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, text, { mode: 0o600, flush: true });
  renameSync(temporary, file);
}

/** Undefined where there is none; a mode that lets others read is mended. */
export function readPrivate(file: string): string | undefined {
  try {
    if ((statSync(file).mode & OTHERS) !== 0) chmodSync(file, 0o600);
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
