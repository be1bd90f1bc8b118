// What the tenant says of an account beside its configuration: whether anybody may use it now, how much, and its name.
import * as z from "zod";
import { CLOSE, heldReason } from "../../shared/close.ts";
import { USUAL_QUOTAS, type AccountQuotas } from "../../shared/quotas.ts";
import type { Sql } from "./ports.ts";
import type { StateStore } from "./store/state.ts";

const heldSchema = z.object({
  code: z.enum(["tenant_suspended", "account_paused"]),
  /** The operator's own words. */
  reason: z.string().nullable(),
});
/** Shut out for a while: gateways, and the Mac. Nothing is lost meanwhile, since the log stands still (TEN4). */
export type Held = z.infer<typeof heldSchema>;

const standingSchema = z.object({
  name: z.string(),
  held: heldSchema.nullable(),
  quotas: z.object({
    events_kept: z.number(),
    bytes_a_day: z.number(),
    sends_a_day: z.number(),
    requests_a_second: z.number(),
  }) satisfies z.ZodType<AccountQuotas>,
});
export type Standing = z.infer<typeof standingSchema>;

/** With what sockets are closed, in words for a human. */
export const closeOf = ({ code, reason }: Held): { code: number; words: string; isStill: boolean } => ({
  code: CLOSE.held,
  words: heldReason(code, reason),
  isStill: code === "tenant_suspended",
});

export class AccountStanding {
  readonly #sql: Sql;
  readonly #state: StateStore;
  /** Read when it is first asked for. */
  #held: Standing | undefined;

  constructor(sql: Sql, state: StateStore) {
    this.#sql = sql;
    this.#state = state;
    state.onRollback(() => {
      this.#held = undefined;
    });
  }

  get held(): Held | null {
    return this.#current.held;
  }

  get quotas(): AccountQuotas {
    return this.#current.quotas;
  }

  /** In a transaction of the caller; most of what a tenant says changes none of it. */
  receive(standing: Standing): void {
    const body = JSON.stringify(standing);
    if (body === JSON.stringify(this.#current)) return;
    this.#held = standing;
    this.#sql.exec("INSERT OR REPLACE INTO standing (id, body) VALUES (1, ?)", body);
    this.#state.rename(standing.name);
  }

  get #current(): Standing {
    if (this.#held !== undefined) return this.#held;
    const body = this.#sql.exec("SELECT body FROM standing").toArray()[0]?.["body"];
    const usual = { name: this.#state.current.name, held: null, quotas: USUAL_QUOTAS };
    this.#held = typeof body === "string" ? standingSchema.parse(JSON.parse(body)) : usual;
    return this.#held;
  }
}
