import type { DayUsage } from "../../shared/usage.ts";

/** An administrative act that was done in an account. `id`: by which it counts once, however often it is told. */
export interface ToldAct {
  readonly id: string;
  readonly at: number;
  /** `operator`, a key's id, `owner`, `agent`. */
  readonly by: string;
  readonly verb: string;
  readonly about: string;
  readonly result: string;
  readonly request_id: string | null;
}

/** What was used in a day of UTC; one that is not over is told again. */
export interface ToldDay {
  readonly day: string;
  readonly is_over: boolean;
  readonly usage: DayUsage;
}

/** What an account tells its tenant. */
export interface AccountReport {
  readonly acts: readonly ToldAct[];
  readonly days: readonly ToldDay[];
}
