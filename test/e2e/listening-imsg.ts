// A wrapper around the simulated imsg that writes down what it is asked, and how often it is started.
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import * as z from "zod";
import { PROGRAMS } from "./programs.ts";

const requestSchema = z.looseObject({ method: z.string(), params: z.unknown().optional() });

export class ListeningImsg {
  /** For `cliPath`. */
  readonly program: string;
  readonly #heard: string;

  constructor(folder: string) {
    this.program = path.join(folder, "listening-imsg");
    this.#heard = path.join(folder, "heard.jsonl");
    writeFileSync(this.#heard, "");
    writeFileSync(this.program, `#!/bin/sh\ntee -a '${this.#heard}' | '${PROGRAMS.sim}' "$@"\n`);
    chmodSync(this.program, 0o755);
  }

  /** How often it was asked that, by whatever process. */
  count(method: string): number {
    return readFileSync(this.#heard, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .filter((line) => requestSchema.parse(JSON.parse(line)).method === method).length;
  }

  /** Watches that are open now, if no process has ended meanwhile. */
  get watches(): number {
    return this.count("watch.subscribe") - this.count("watch.unsubscribe");
  }
}
