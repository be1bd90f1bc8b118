// What was used, day by day: sums for people, the relay's own rows for programs.
import { bytesInWords, grouped } from "../../shared/terminal/progress-words.ts";
import type { UsageDay } from "../client/tenant-shapes.ts";
import { textTable } from "./text-table.ts";

const COUNTS = [
  "messages_in",
  "messages_out",
  "events",
  "calls",
  "files_in",
  "files_out",
  "bytes_in",
  "bytes_out",
  "webhook_attempts",
  "rows_written",
  "wakes",
] as const satisfies readonly (keyof UsageDay)[];
type Counts = Record<(typeof COUNTS)[number], number>;

const nothing = (): Counts => Object.fromEntries(COUNTS.map((name) => [name, 0])) as Counts;

function add(to: Counts, day: Counts): void {
  for (const name of COUNTS) to[name] += day[name];
}

/** Sums of each day over whatever is added: as many numbers in memory as there are days. */
export class UsageSums {
  readonly #days = new Map<string, Counts>();

  add(day: UsageDay): void {
    const sums = this.#days.get(day.day) ?? nothing();
    this.#days.set(day.day, sums);
    add(sums, day);
  }

  lines(columns: number | undefined): string[] {
    if (this.#days.size === 0)
      return ["Nothing was used, or nothing was told of it yet: accounts tell it within an hour."];
    const all = nothing();
    const days = [...this.#days].sort(([one], [other]) => one.localeCompare(other));
    for (const [, day] of days) add(all, day);
    const head = ["DAY (UTC)", "IN", "OUT", "CALLS", "FILES", "BYTES", "WEBHOOKS", "EVENTS", "ROWS", "WAKES"];
    const rows = [...days, ["all", all] as const].map(([day, sums]) => cellsOf(day, sums));
    return textTable(head, rows, { columns, elastic: [] });
  }
}

const cellsOf = (name: string, day: Counts): string[] => [
  name,
  grouped(day.messages_in),
  grouped(day.messages_out),
  grouped(day.calls),
  grouped(day.files_in + day.files_out),
  bytesInWords(day.bytes_in + day.bytes_out),
  grouped(day.webhook_attempts),
  grouped(day.events),
  grouped(day.rows_written),
  grouped(day.wakes),
];
