import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isNotification, parse, type Json } from "./wire-message.ts";

/** One line of a recording of the real imsg 0.9.0. */
export interface Entry {
  /** in: written by the client; out: by imsg; db: done to the database meanwhile; exit: its code. */
  readonly dir: "in" | "out" | "err" | "db" | "exit";
  readonly line: string;
  /** Seconds since the start. */
  readonly t: number;
  /** The line was this long and is shortened in the file. */
  readonly cut?: number;
}

const FOLDER = join(dirname(fileURLToPath(import.meta.url)), "..", "fixtures", "imsg-0.9.0");

export function readTranscript(name: string): Entry[] {
  const lines = readFileSync(join(FOLDER, `${name}.jsonl`), "utf8")
    .trimEnd()
    .split("\n");
  return lines.map((line) => JSON.parse(line) as Entry);
}

/** The complete output lines, parsed; key order means nothing on this wire. */
export const outputs = (entries: readonly Entry[]): Json[] =>
  entries.filter(({ dir, cut }) => dir === "out" && cut === undefined).map(({ line }) => parse(line));

/** Answers and notifications: their relative order is a race in the real imsg [09, 12-db-garbage]. */
export const sorted = (
  messages: readonly Json[],
): { readonly answers: Json[]; readonly notifications: Json[] } => ({
  answers: messages.filter((message) => !isNotification(message)),
  notifications: messages.filter((message) => isNotification(message)),
});

/** What the real imsg wrote in that session. */
export const recorded = (name: string): ReturnType<typeof sorted> => sorted(outputs(readTranscript(name)));
