// What a run over many seeds adds up to, in lines for a terminal.
import type { Counts } from "./seed-result.ts";
import { CELLS, FAULTS, nameOf, POINTS } from "./sends/table.ts";

/** From this many seeds on, every place of the table must have come up. */
export const ALL_CELLS_SEEDS = 1_000;

export class Sums {
  readonly #sums = new Map<string, number>();

  add(counts: Counts): void {
    for (const [name, count] of Object.entries(counts)) this.#sums.set(name, this.of(name) + count);
  }

  of(name: string): number {
    return this.#sums.get(name) ?? 0;
  }

  /** Those whose name begins so, with the rest of it. */
  under(prefix: string): [string, number][] {
    return [...this.#sums].flatMap(([name, count]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), count] as [string, number]] : [],
    );
  }
}

/** Faults that never struck where the table says. */
export const missing = (sums: Sums): string[] =>
  CELLS.map(nameOf).filter((name) => sums.of(`struck: ${name}`) === 0);

/** How often each fault struck at each point. */
export function tableOf(sums: Sums): string[] {
  const wide = Math.max(...FAULTS.map((fault) => fault.length));
  const cell = (text: string): string => text.padStart(12);
  const rows = FAULTS.map((fault) => {
    const counts = POINTS.map((point) => {
      const isPlace = CELLS.some((other) => other.fault === fault && other.point === point);
      return isPlace ? String(sums.of(`struck: ${nameOf({ fault, point })}`)) : "-";
    });
    return `${fault.padEnd(wide)}${counts.map(cell).join("")}`;
  });
  return [`${"".padEnd(wide)}${POINTS.map(cell).join("")}`, ...rows];
}

/** What became of the sends, and of how many nobody can say. */
export function outcomesOf(sums: Sums): string[] {
  const [sent, not, unknown] = [sums.of("sent"), sums.of("not_sent"), sums.of("unknown")];
  const stored = sent + not + unknown;
  const were = sums.of("were unknown");
  const reasons = sums.under("unresolved: ").map(([reason, count]) => `${count} ${reason}`);
  return [
    `${stored} operations: ${sent} sent, ${not} not sent (${sums.of("partly sent")} in part), ${unknown} unknown; ${sums.of("refused")} requests were refused`,
    `unresolved: ${percent(unknown, stored)} of the operations, ${percent(unknown, were)} of the ${were} that were ever unknown: ${reasons.join(", ") || "none"}`,
    `taken for the owner's own words: ${sums.of("taken for the owner's")}`,
  ];
}

const percent = (part: number, whole: number): string =>
  whole === 0 ? "0 %" : `${((100 * part) / whole).toFixed(2)} %`;
