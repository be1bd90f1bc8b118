// What is said of seeds: a line each, what broke and how to see it again, and one line for all.
import type { Kind, SeedResult } from "./kind.ts";

/** Of broken promises of one seed, so that it does not fill the screen; all are in its evidence. */
const SHOWN = 6;
const MAX_LINE = 240;

export interface Summary {
  readonly seeds: number;
  readonly wanted: number;
  readonly broken: number;
  readonly failed: readonly {
    readonly kind: string;
    readonly seed: number;
    readonly evidence: string | null;
  }[];
  readonly counts: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly said: string;
  readonly ms: number;
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

export function resultLine({ kind, seed, label, counts, broken, ms }: SeedResult): string {
  const told = ["sends", "sent", "not_sent", "unknown", "kills"].flatMap((name) =>
    counts[name] === undefined ? [] : [`${counts[name]} ${name.replace("_", " ")}`],
  );
  const verdict = broken.length === 0 ? "kept" : "BROKEN";
  return `${kind} seed ${seed} (${label}), ${seconds(ms)}: ${[...told, verdict].join(", ")}`;
}

export function failureText({ kind, seed, broken, evidence }: SeedResult): string {
  const lines = broken.flatMap((text) => text.split("\n")).map((line) => `  ${line.slice(0, MAX_LINE)}`);
  const more = lines.length > SHOWN ? [`  … and ${lines.length - SHOWN} more lines`] : [];
  const kept = evidence === null ? [] : [`  kept: ${evidence}`];
  return [
    ...lines.slice(0, SHOWN),
    ...more,
    ...kept,
    `  again: npm run chaos -- --only ${kind} --seed ${seed}`,
  ].join("\n");
}

export function summaryOf(
  kinds: readonly Kind[],
  results: readonly SeedResult[],
  wanted: number,
  ms: number,
): Summary {
  const failed = results
    .filter(({ broken }) => broken.length > 0)
    .map(({ kind, seed, evidence }) => ({ kind, seed, evidence }));
  const sums = kinds.map(({ name, sumUp }) => {
    const counts = sumOf(results.filter(({ kind }) => kind === name));
    return { name, counts, said: sumUp(counts) };
  });
  return {
    seeds: results.length,
    wanted,
    broken: failed.length,
    failed,
    counts: Object.fromEntries(sums.map(({ name, counts }) => [name, counts])),
    said: sums.map(({ name, said }) => `${name}: ${said}`).join("; "),
    ms,
  };
}

export function summaryLine({ seeds, wanted, broken, failed, said, ms }: Summary): string {
  const few = seeds === wanted ? `${seeds}` : `${seeds} of ${wanted}`;
  const which = failed.map(({ seed }) => seed).join(", ");
  return `${few} seeds in ${seconds(ms)}: ${said}; ${broken === 0 ? "0 broken" : `${broken} BROKEN (${which})`}`;
}

function sumOf(results: readonly SeedResult[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { counts } of results)
    for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + count;
  return sums;
}
