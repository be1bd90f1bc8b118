import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { owned } from "./owned.ts";

export interface TempFolder {
  readonly path: string;
  readonly remove: () => void;
}

/** A folder of the test's own, also gone when the test process ends early. */
export function tempFolder(what: string): TempFolder {
  const folder = mkdtempSync(path.join(tmpdir(), `imsg-relay-${what}-`));
  owned.addFolder(folder);
  return {
    path: folder,
    remove: () => {
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
      owned.removeFolder(folder);
    },
  };
}
