import * as z from "zod";
import type { Sql } from "../ports.ts";

const totalsSchema = z.record(z.string(), z.number());
/** What was counted since the account was made. */
export type Totals = z.infer<typeof totalsSchema>;

const bodySchema = z.object({ from: totalsSchema, to: totalsSchema.nullable() });
export const usageDayRow = z.object({
  day: z.string(),
  is_told: z.number().transform((flag) => flag === 1),
  body: z.string().transform((text) => bodySchema.parse(JSON.parse(text))),
});

/** A day: the totals with which it began, and with which it ended; null = it has not. */
export interface CountedDay {
  readonly day: string;
  readonly is_told: boolean;
  readonly from: Totals;
  readonly to: Totals | null;
}

export class UsageDays {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  keep({ day, is_told, from, to }: CountedDay, most: number): void {
    this.#sql.exec(
      "INSERT OR REPLACE INTO usage_day (day, is_told, body) VALUES (?, ?, ?)",
      day,
      is_told ? 1 : 0,
      JSON.stringify({ from, to }),
    );
    this.#sql.exec(
      "DELETE FROM usage_day WHERE day IN (SELECT day FROM usage_day ORDER BY day DESC LIMIT -1 OFFSET ?)",
      most,
    );
  }

  /** Oldest first. */
  between(from: string, to: string): CountedDay[] {
    return this.#read("WHERE day >= ? AND day <= ? ORDER BY day", from, to);
  }

  newest(): CountedDay | undefined {
    return this.#read("ORDER BY day DESC LIMIT 1")[0];
  }

  /** Days that are over and were not told of. */
  untold(limit: number): CountedDay[] {
    return this.#read("WHERE is_told = 0 ORDER BY day LIMIT ?", limit).filter(({ to }) => to !== null);
  }

  told(days: readonly string[]): void {
    this.#sql.exec(
      "UPDATE usage_day SET is_told = 1 WHERE day IN (SELECT value FROM json_each(?))",
      JSON.stringify(days),
    );
  }

  #read(rest: string, ...bindings: (string | number)[]): CountedDay[] {
    return this.#sql
      .exec(`SELECT * FROM usage_day ${rest}`, ...bindings)
      .toArray()
      .map((row) => {
        const { body, ...day } = usageDayRow.parse(row);
        return Object.assign(day, body);
      });
  }
}
