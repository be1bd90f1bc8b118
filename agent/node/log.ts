// The agent's log on stderr: one JSON line an event, or a readable line where a human watches. A catch-up that goes
// on is a line now and then; where a bar shows it, only its end is one.
import { catchUpInWords, caughtUpInWords } from "../catch-up-words.ts";
import type { Log, LogFields } from "../ports.ts";

interface LogOptions {
  /** Lines for a human. */
  readonly human: boolean;
  /** Something else shows how far a catch-up is. */
  readonly hasBar: boolean;
  readonly verbose: boolean;
}

export function createLog(
  write: (line: string) => void,
  { human, hasBar, verbose }: LogOptions,
  now: () => number,
): Log {
  return (level, event, fields = {}) => {
    if (level === "debug" && !verbose) return;
    const at = new Date(now()).toISOString();
    if (!human) write(`${JSON.stringify({ at, level, event, ...fields })}\n`);
    else if (event !== "catch_up") write(`${inWords(at.slice(11, 19), level, event, fields)}\n`);
    else if (fields["finished"] === true || !hasBar) write(`${at.slice(11, 19)} ${progress(fields)}\n`);
  };
}

/** One event for a human; `when` stands first. */
export function inWords(when: string, level: string, event: string, fields: LogFields): string {
  const parts = Object.entries(fields).map(
    ([name, value]) =>
      `${name}=${typeof value === "string" && !/^[\x21-\x7E]*$/.test(value) ? JSON.stringify(value) : String(value)}`,
  );
  const mark = level === "info" || level === "debug" ? "" : `${level}: `;
  return [`${when} ${mark}${event.replaceAll("_", " ")}`.trim(), ...parts].join("  ");
}

function progress(fields: LogFields): string {
  const number = (name: string): number | null => {
    const value = fields[name];
    return typeof value === "number" ? value : null;
  };
  const done = number("done") ?? 0;
  if (fields["finished"] === true) return `caught up: ${caughtUpInWords(done, number("seconds") ?? 0)}`;
  const [total, rows_per_s, seconds_left] = [number("total"), number("rows_per_s"), number("seconds_left")];
  return `catching up: ${catchUpInWords({ done, total, rows_per_s, seconds_left })}`;
}
