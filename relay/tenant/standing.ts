// How a tenant stands with its operator, and each of its accounts: active, shut out for a while, or on its way out.
import * as z from "zod";
import type { AccountId, TenantId } from "../../shared/ids.ts";
import { quotasOf, quotasPatchSchema, type Quotas, type QuotasPatch } from "../../shared/quotas.ts";
import type { Held, Standing } from "../account/standing.ts";
import type { Sql } from "../account/ports.ts";

export const TENANT_STATES = ["active", "suspended", "importing", "deleting"] as const;
export type TenantState = (typeof TENANT_STATES)[number];
export type AccountState = "active" | "paused" | "deleting";

export const standingRow = z.object({
  state: z.enum(TENANT_STATES),
  reason: z.string().nullable(),
  quotas: z.string().transform((text): QuotasPatch => quotasPatchSchema.catch({}).parse(JSON.parse(text))),
  changed_at: z.number(),
});
export type Stands = z.infer<typeof standingRow>;

export const accountStandingRow = z.object({ state: z.enum(["paused", "deleting"]) });

const AS_USUAL: Stands = { state: "active", reason: null, quotas: {}, changed_at: 0 };

export class TenantStanding {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  get current(): Stands {
    const row = this.#sql.exec("SELECT * FROM standing LIMIT 1").toArray()[0];
    return row === undefined ? AS_USUAL : standingRow.parse(row);
  }

  get quotas(): Quotas {
    return quotasOf(this.current.quotas);
  }

  /** What was said of them: of a patch, null takes back. */
  say(tenant: TenantId, change: Partial<Omit<Stands, "changed_at">>, now: number): Stands {
    const next: Stands = { ...this.current, ...change, changed_at: now };
    this.#sql.exec(
      "INSERT OR REPLACE INTO standing (tenant, state, reason, quotas, changed_at) VALUES (?, ?, ?, ?, ?)",
      tenant,
      next.state,
      next.reason,
      JSON.stringify(next.quotas),
      now,
    );
    return next;
  }

  stateOf(account: string): AccountState {
    const row = this.#sql.exec("SELECT state FROM account_standing WHERE account = ?", account).toArray()[0];
    return row === undefined ? "active" : accountStandingRow.parse(row).state;
  }

  setState(account: AccountId, state: AccountState): void {
    if (state === "active") this.#sql.exec("DELETE FROM account_standing WHERE account = ?", account);
    else
      this.#sql.exec(
        "INSERT OR REPLACE INTO account_standing (account, state) VALUES (?, ?)",
        account,
        state,
      );
  }

  /** What that account is told. */
  of(account: AccountId, name: string): Standing {
    const { events_kept, bytes_a_day, sends_a_day, requests_a_second } = this.quotas;
    const quotas = { events_kept, bytes_a_day, sends_a_day, requests_a_second };
    return { name, held: this.#heldOf(account), quotas };
  }

  #heldOf(account: AccountId): Held | null {
    const { state, reason } = this.current;
    if (state !== "active") return { code: "tenant_suspended", reason };
    return this.stateOf(account) === "active" ? null : { code: "account_paused", reason: null };
  }
}
