// Where the built programs are: all in one folder, whose layout build.mjs makes.
import { realpathSync } from "node:fs";
import path from "node:path";

export interface Layout {
  /** Folder of the worker: worker.js and runtime.json. */
  readonly bundle: string;
  readonly gateway: string;
  readonly agent: string;
  /** Plays imsg where there is no Mac. */
  readonly sim: string;
}

export const layoutOf = (dist: string): Layout => ({
  bundle: path.join(dist, "relay"),
  gateway: path.join(dist, "bin", "imsg-relay"),
  agent: path.join(dist, "bin", "imsg-relay-agent"),
  sim: path.join(dist, "bin", "imsg-sim"),
});

/** The folder of which this very program is dist/host/host.cjs. */
export function ownDist(script: string | undefined): string {
  if (script === undefined) throw new Error("started without a script");
  return path.resolve(path.dirname(realpathSync(script)), "..");
}

/** As a person would type it: relative where that is shorter and stays below the working folder. */
export function typed(file: string, cwd = process.cwd()): string {
  const relative = path.relative(cwd, file);
  const shown = relative.startsWith("..") || path.isAbsolute(relative) ? file : relative;
  return /^[\w@%+=:,./-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", `'\\''`)}'`;
}
