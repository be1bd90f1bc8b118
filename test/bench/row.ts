// What a row of the table is, and what main.ts gives it to work with.

export interface Outcome {
  readonly value: number;
  /** Null where there are too few samples for one. */
  readonly p99: number | null;
  /** What it is compared with, measured in the same run; null where that is not there. */
  readonly peer: { readonly name: string; readonly value: number } | null;
  /** Null where the budget is a comparison and there is nothing to compare with. */
  readonly within: boolean | null;
  /** Whatever else was measured, by name with its unit. */
  readonly details?: Readonly<Record<string, number | boolean | string>>;
}

export interface Row {
  readonly name: string;
  readonly unit: string;
  /** In words. */
  readonly budget: string;
  readonly measure: (bench: Bench) => Promise<Outcome>;
}

export interface Bench {
  /** Fewer and shorter runs. */
  readonly quick: boolean;
  /** One or the other, by `quick`. */
  readonly pick: <T>(normal: T, quick: T) => T;
  /** Progress, on stderr. */
  readonly say: (line: string) => void;
  /** Run when the row is over, however it ends; the last one first. */
  readonly later: (undo: () => unknown) => void;
}
