// What an account tells its tenant: administrative acts that were done here, and what was used. Each act is a row
// from the moment it is done until the tenant has it; the report is one request after that, and no part of what it
// reports.
import type { AuditVerb } from "../../shared/audit.ts";
import type { ToldAct } from "./account-report.ts";
import { MAX_TOLD_AT_ONCE, MAX_UNTOLD_ACTS, REPORT_RETRY_MS } from "./limits.ts";
import type { AccountPorts } from "./ports.ts";
import type { Schedule } from "./schedule.ts";
import type { ActStore } from "./store/acts.ts";
import type { StateStore } from "./store/state.ts";
import type { UsageBook } from "./usage.ts";

type DoneAct = Omit<ToldAct, "id" | "at" | "verb"> & { readonly verb: AuditVerb };

export class Reporting {
  readonly #ports: Pick<AccountPorts, "clock" | "random" | "report" | "warn">;
  readonly #state: StateStore;
  readonly #acts: ActStore;
  readonly #usage: UsageBook;
  readonly #schedule: Pick<Schedule, "arm" | "disarm" | "rearm">;
  #isTelling = false;

  constructor(
    ports: Pick<AccountPorts, "clock" | "random" | "report" | "warn">,
    state: StateStore,
    acts: ActStore,
    usage: UsageBook,
    schedule: Pick<Schedule, "arm" | "disarm" | "rearm">,
  ) {
    this.#ports = ports;
    this.#state = state;
    this.#acts = acts;
    this.#usage = usage;
    this.#schedule = schedule;
  }

  /** In the turn in which it was done, so that it is stored with it. */
  did(act: DoneAct): void {
    this.#state.transact(() => this.keep(act));
    void this.tell();
  }

  /** In the transaction in which it is done; to be told (`tell`) once that is over. */
  keep(act: DoneAct): void {
    const now = this.#ports.clock.now();
    this.#acts.add({ id: this.#ports.random(), at: now, ...act }, MAX_UNTOLD_ACTS);
    // Should nobody hear it now: it is told again.
    this.#schedule.arm("acts", now + REPORT_RETRY_MS);
  }

  /** The alarm's turn for usage. */
  async tellUsage(): Promise<void> {
    this.#usage.reported();
    await this.tell(true);
  }

  /** Never rejects. */
  async tell(isOfUsage = false): Promise<void> {
    // The alarm that asks for it has rung: should the one under way never end, there is another.
    if (this.#isTelling) return this.#again(isOfUsage ? "usage" : "acts");
    this.#isTelling = true;
    try {
      for (;;) {
        const acts = this.#acts.first(MAX_TOLD_AT_ONCE);
        const days = isOfUsage ? this.#usage.toTell() : [];
        if (acts.length === 0 && days.length === 0) return this.#told();
        const { tenant, account } = this.#state.current;
        await this.#ports.report(tenant, account, { acts, days });
        this.#state.transact(() => {
          this.#acts.remove(acts);
          this.#usage.told(days);
        });
        // Once: what is not over is told again only later.
        isOfUsage = false;
      }
    } catch {
      this.#ports.warn("the tenant did not hear a report", {});
      this.#again(isOfUsage ? "usage" : "acts");
    } finally {
      this.#isTelling = false;
    }
  }

  #told(): void {
    this.#state.transact(() => this.#schedule.disarm("acts"));
    this.#schedule.rearm();
  }

  #again(what: "acts" | "usage"): void {
    try {
      this.#state.transact(() => this.#schedule.arm(what, this.#ports.clock.now() + REPORT_RETRY_MS));
    } catch {
      // The disk takes nothing: what is next done here tells of this too.
    }
  }
}
