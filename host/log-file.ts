import { appendFileSync, renameSync, statSync } from "node:fs";

const MOST_BYTES = 4 * 1024 * 1024;

/** Appends lines; a file that has grown too long becomes `<file>.1`, in the place of the one before. */
export function logFile(file: string): (line: string) => void {
  let bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  return (line) => {
    const text = `${line}\n`;
    if (bytes + text.length > MOST_BYTES) {
      renameSync(file, `${file}.1`);
      bytes = 0;
    }
    appendFileSync(file, text, { mode: 0o600 });
    bytes += text.length;
  };
}
