/**
 * Faults for running child processes: `<db>.faults` holds one fault a line, appended by a test at any
 * time; a claim is the exclusive creation of `<db>.faults.claimed/<id>`, so one process has it.
 */
import { appendFileSync, closeSync, mkdirSync, openSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Fault, FaultSource } from "./faults.ts";

export class FaultFile implements FaultSource {
  readonly #path: string;
  readonly #claims: string;
  #read = "";
  #faults: readonly Fault[] = [];

  constructor(databasePath: string) {
    this.#path = `${databasePath}.faults`;
    this.#claims = `${databasePath}.faults.claimed`;
  }

  set(fault: Fault): void {
    appendFileSync(this.#path, `${JSON.stringify(fault)}\n`);
  }

  list(): readonly Fault[] {
    const stats = statSync(this.#path, { throwIfNoEntry: false });
    const version = stats === undefined ? "" : `${stats.ino}:${stats.size}`;
    if (version === this.#read) return this.#faults;
    this.#read = version;
    this.#faults = stats === undefined ? [] : parseFaults(readFileSync(this.#path, "utf8"));
    return this.#faults;
  }

  claim(id: string): boolean {
    mkdirSync(this.#claims, { recursive: true });
    try {
      closeSync(openSync(join(this.#claims, id), "wx"));
      return true;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
      throw error;
    }
  }

  claimed(id: string): boolean {
    return this.claimedAt(id) !== undefined;
  }

  /** Epoch milliseconds; undefined = not yet. */
  claimedAt(id: string): number | undefined {
    return statSync(join(this.#claims, id), { throwIfNoEntry: false })?.mtimeMs;
  }
}

/** A last line without its end is still being written. */
const parseFaults = (text: string): Fault[] =>
  text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Fault);
