// What is kept of a seed that broke something.
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

export interface Evidence {
  readonly name: string;
  /** File name → its lines. */
  readonly files: Readonly<Record<string, readonly string[]>>;
  /** Name → folder that is copied as it is. */
  readonly folders: Readonly<Record<string, string>>;
}

/** Returns the folder; what an earlier run of the same name left there is gone. */
export function keepEvidence({ name, files, folders }: Evidence): string {
  const folder = path.join(tmpdir(), "imsg-relay-chaos", name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const [file, lines] of Object.entries(files))
    writeFileSync(path.join(folder, file), lines.map((line) => `${line}\n`).join(""));
  for (const [into, from] of Object.entries(folders)) {
    try {
      cpSync(from, path.join(folder, into), { recursive: true });
    } catch {
      // Files come and go while it still runs; what was copied is better than nothing.
    }
  }
  return folder;
}
