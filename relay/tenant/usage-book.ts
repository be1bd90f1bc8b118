// What the tenant's accounts reported of each day. In transactions of the caller.
import * as z from "zod";
import { dayUsageSchema, type DayUsage } from "../../shared/usage.ts";
import type { ToldDay } from "../account/account-report.ts";
import type { Sql } from "../account/ports.ts";
import { USAGE_DAYS, USAGE_PRUNE_ROWS } from "./limits.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;

export const usageRow = z.object({
  day: z.string(),
  account: z.string(),
  reported_at: z.number(),
  body: z.string().transform((text) => dayUsageSchema.parse(JSON.parse(text))),
});

/** A day of one account, as far as it had reported by then (ms). */
export type AccountDay = {
  readonly day: string;
  readonly account: string;
  readonly reported_at: number;
} & DayUsage;

/** Both days included; `after`: the place of the last one of the page before. */
export interface UsageAsked {
  readonly from: string;
  readonly to: string;
  readonly after: { readonly day: string; readonly account: string } | null;
  readonly limit: number;
}

export class TenantUsage {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  keep(account: string, days: readonly ToldDay[], now: number): void {
    for (const { day, usage } of days) {
      this.#sql.exec(
        "INSERT OR REPLACE INTO usage_day (day, account, reported_at, body) VALUES (?, ?, ?, ?)",
        day,
        account,
        now,
        JSON.stringify(usage),
      );
    }
    if (days.length === 0) return;
    const before = new Date(now - USAGE_DAYS * DAY_MS).toISOString().slice(0, 10);
    this.#sql.exec(
      `DELETE FROM usage_day WHERE (day, account) IN
         (SELECT day, account FROM usage_day WHERE day < ? ORDER BY day, account LIMIT ?)`,
      before,
      USAGE_PRUNE_ROWS,
    );
  }

  page({ from, to, after, limit }: UsageAsked): AccountDay[] {
    return this.#sql
      .exec(
        `SELECT * FROM usage_day WHERE day >= ?1 AND day <= ?2 AND (?3 IS NULL OR (day, account) > (?3, ?4))
         ORDER BY day, account LIMIT ?5`,
        from,
        to,
        after?.day ?? null,
        after?.account ?? "",
        limit,
      )
      .toArray()
      .map((row) => {
        const { body, ...place } = usageRow.parse(row);
        return Object.assign(body, place);
      });
  }
}
