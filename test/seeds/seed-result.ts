import type { Dialect } from "../imsg-sim/host.ts";

/** What became of one history. */
export interface SeedResult {
  readonly seed: number;
  readonly dialect: Dialect;
  /** Every broken promise, in words. */
  readonly broken: readonly string[];
  /** What happened, line by line, if it was to be told. */
  readonly lines: readonly string[];
  readonly counts: Counts;
}

/** By name; all of them are added up over the seeds of a run. */
export type Counts = Readonly<Record<string, number>>;
