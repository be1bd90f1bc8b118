// A tap between imsg and the agent: it says when imsg wrote each message's line.
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import * as z from "zod";
import { PROGRAMS } from "../e2e/programs.ts";
import { tempFolder } from "../e2e/temp.ts";
import { processFile } from "./paths.ts";
import type { Bench } from "./row.ts";

export interface Tap {
  /** What the agent runs as imsg. */
  readonly program: string;
  /** When each was written, once all of them are known. */
  complete(guids: ReadonlyMap<string, unknown>): Map<string, number> | false;
}

const seenSchema = z.object({ guid: z.string(), at: z.number() });

export function makeTap(bench: Bench): Tap {
  const folder = tempFolder("bench-tap");
  bench.later(() => folder.remove());
  const program = path.join(folder.path, "imsg");
  const file = path.join(folder.path, "seen");
  const words = [process.execPath, processFile("imsg-tap"), file, PROGRAMS.sim];
  writeFileSync(program, `#!/bin/sh\nexec ${words.map((word) => `'${word}'`).join(" ")} "$@"\n`);
  chmodSync(program, 0o755);
  const complete = (guids: ReadonlyMap<string, unknown>): Map<string, number> | false => {
    const seen = new Map<string, number>();
    const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : [];
    for (const line of lines) {
      const { guid, at } = seenSchema.parse(JSON.parse(line));
      if (!seen.has(guid)) seen.set(guid, at);
    }
    return [...guids.keys()].every((guid) => seen.has(guid)) && seen;
  };
  return { program, complete };
}
