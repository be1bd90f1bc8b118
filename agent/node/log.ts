// The agent's log on stderr: one JSON line an event, or a readable line where a human watches; the progress of a
// catch-up is one line that moves.
import type { Log, LogFields, LogLevel } from "../ports.ts";

export interface LogSink {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

export function createLog(sink: LogSink, verbose: boolean, now: () => number): Log {
  const human = sink.isTTY === true;
  let moving = false;
  return (level, event, fields = {}) => {
    if (level === "debug" && !verbose) return;
    const at = new Date(now()).toISOString();
    if (!human) {
      sink.write(`${JSON.stringify({ at, level, event, ...fields })}\n`);
      return;
    }
    if (event === "catch_up") {
      const finished = fields["finished"] === true;
      sink.write(
        `\r\u001B[K${finished ? "caught up" : "catching up"}: ${String(fields["done"])} messages${finished ? "\n" : " …"}`,
      );
      moving = !finished;
      return;
    }
    sink.write(`${moving ? "\n" : ""}${readable(at, level, event, fields)}\n`);
    moving = false;
  };
}

function readable(at: string, level: LogLevel, event: string, fields: LogFields): string {
  const parts = Object.entries(fields).map(
    ([name, value]) =>
      `${name}=${typeof value === "string" && !/^[\x21-\x7E]*$/.test(value) ? JSON.stringify(value) : String(value)}`,
  );
  const mark = level === "info" || level === "debug" ? "" : `${level}: `;
  return [`${at.slice(11, 19)} ${mark}${event.replaceAll("_", " ")}`, ...parts].join("  ");
}
