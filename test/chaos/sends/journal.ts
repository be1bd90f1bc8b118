// The agent's journal as a file: broken while the agent is down, and read when everything is over.
import { existsSync, readFileSync, rmSync, truncateSync } from "node:fs";
import path from "node:path";
import { decodeRecords, type JournalRecord } from "../../../agent/journal-record.ts";
import { outcomeOf } from "../../../shared/outcome.ts";
import type { AgentProcess } from "../../e2e/agent-process.ts";

export const journalOf = ({ home }: Pick<AgentProcess, "home">): string =>
  path.join(home, "agent", "default", "journal.jsonl");

/** `torn`: half of its last line is missing. There is none where the agent died before it wrote one. */
export function breakJournal(file: string, how: "lost" | "torn"): void {
  if (how === "lost" || !existsSync(file)) {
    rmSync(file, { force: true });
    return;
  }
  const text = readFileSync(file, "utf8");
  const last = text.trimEnd().split("\n").at(-1) ?? "";
  truncateSync(file, Buffer.byteLength(text) - Math.ceil(Buffer.byteLength(last) / 2));
}

/** LINK16: results that the relay has not acknowledged. A line that is being written counts with the next look. */
export function unacknowledgedIn(file: string): string[] {
  const left = new Set<string>();
  for (const record of recordsIn(file)) {
    if (record.r === "done") left.add(record.operation);
    else if (record.r === "acked") left.delete(record.operation);
  }
  return [...left];
}

/** What the Mac has on record as never given to Messages: it may settle what nobody could say (LINK16). */
export const neverBegunIn = (file: string): string[] =>
  recordsIn(file).flatMap((record) =>
    record.r === "done" && outcomeOf(record.answer) === "not_sent" ? [record.operation] : [],
  );

const recordsIn = (file: string): readonly JournalRecord[] =>
  decodeRecords(existsSync(file) ? readFileSync(file, "utf8") : "").records;
