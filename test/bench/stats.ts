/** The middle of them; of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  return (quantile(values, 0.5) + upperQuantile(values, 0.5)) / 2;
}

/** The smallest value that so large a part of all is not above (nearest rank). */
export function quantile(values: readonly number[], part: number): number {
  return at(values, Math.ceil(values.length * part) - 1);
}

const upperQuantile = (values: readonly number[], part: number): number =>
  at(values, Math.floor(values.length * part));

function at(values: readonly number[], index: number): number {
  if (values.length === 0) throw new Error("nothing was measured");
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(Math.max(index, 0), sorted.length - 1)] ?? Number.NaN;
}

/** Three digits after the point are more than any clock here is worth. */
export const round = (value: number): number => Math.round(value * 1_000) / 1_000;

/** Median of what each run says: one noisy run among five changes nothing. */
export const medianOf = <T>(runs: readonly T[], pick: (run: T) => number): number => median(runs.map(pick));
