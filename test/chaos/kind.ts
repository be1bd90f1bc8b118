// What a kind of chaos is to the runner: something that a seed decides, and that can be judged.

export interface SeedResult {
  readonly kind: string;
  readonly seed: number;
  /** What the seed chose, in a few words. */
  readonly label: string;
  /** Broken promises, in words; empty = all were kept. */
  readonly broken: readonly string[];
  /** What is added up for the summary. */
  readonly counts: Readonly<Record<string, number>>;
  /** What happened when, in milliseconds since its start. */
  readonly timeline: readonly string[];
  /** Folder in which logs, world and journal are kept, where something broke or `keeps` says so. */
  readonly evidence: string | null;
  readonly ms: number;
}

export interface RunOptions {
  readonly signal: AbortSignal;
  /** Keeps the evidence of seeds that broke nothing, too. */
  readonly keeps?: boolean;
}

export interface Kind {
  /** As in `--only`. */
  readonly name: string;
  readonly says: string;
  /** Ends early, with whatever it started ended, where `signal` says so: it rejects then. */
  readonly run: (seed: number, options: RunOptions) => Promise<SeedResult>;
  /** What a person wants to know of all seeds together. */
  readonly sumUp: (sums: Readonly<Record<string, number>>) => string;
}
