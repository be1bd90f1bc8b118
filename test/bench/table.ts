// The answers as JSON, and as a table for people.
import type { Machine, Versions } from "./machine.ts";
import type { Outcome, Row } from "./row.ts";
import { round } from "./stats.ts";

export interface ReportRow {
  readonly name: string;
  readonly unit: string;
  readonly value: number | null;
  readonly p99: number | null;
  readonly peer: string | null;
  readonly peer_value: number | null;
  readonly ratio: number | null;
  readonly budget: string;
  readonly within: boolean | null;
  readonly details: NonNullable<Outcome["details"]>;
  readonly seconds: number;
  /** Why there is no value. */
  readonly failed: string | null;
}

export interface Report {
  readonly machine: Machine & { readonly load_after: number };
  readonly versions: Versions;
  readonly quick: boolean;
  readonly rows: readonly ReportRow[];
}

export function reportRow({ name, unit, budget }: Row, outcome: Outcome | Error, seconds: number): ReportRow {
  const failed = outcome instanceof Error ? outcome.message : null;
  const found = outcome instanceof Error ? { value: null, p99: null, peer: null, within: null } : outcome;
  const { value, p99, peer, within } = found;
  return {
    name,
    unit,
    value,
    p99,
    peer: peer?.name ?? null,
    peer_value: peer?.value ?? null,
    ratio: value === null || peer === null ? null : round(value / peer.value),
    budget,
    within,
    details: outcome instanceof Error ? {} : (outcome.details ?? {}),
    seconds: round(seconds),
    failed,
  };
}

const COLUMNS = ["row", "value", "p99", "unit", "peer", "ratio", "within"];

export function table({ machine, versions, quick, rows }: Report): string {
  const cells = rows.map((row) => [
    row.name,
    figure(row.value),
    figure(row.p99),
    row.unit,
    figure(row.peer_value),
    figure(row.ratio),
    verdict(row),
  ]);
  const widths = COLUMNS.map((title, at) =>
    Math.max(title.length, ...cells.map((line) => (line[at] ?? "").length)),
  );
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, at) => (at === 0 ? text.padEnd(widths[at] ?? 0) : text.padStart(widths[at] ?? 0)))
      .join("  ");
  const { platform, arch, cpu, cores, memory_mb, load_before, load_after } = machine;
  return [
    `${cpu}, ${cores} cores, ${memory_mb} MB, ${platform} ${arch}; load ${load_before} before, ${load_after} after`,
    `node ${versions.node}, workerd ${versions.workerd}, ${versions.ssh ?? "no ssh"}, commit ${versions.commit ?? "unknown"}`,
    ...(quick ? ["--quick: fewer and shorter runs; the figures are coarse"] : []),
    "",
    line(COLUMNS),
    ...rows.flatMap((row, at) => [line(cells[at] ?? []), ...notes(row)]),
    "",
  ].join("\n");
}

function notes({ budget, peer, details, failed }: ReportRow): string[] {
  const extra = Object.entries(details).map(([name, value]) => `${name} ${value}`);
  return [
    `    budget: ${budget}${peer === null ? "" : `; peer: ${peer}`}`,
    ...(extra.length === 0 ? [] : [`    ${extra.join(", ")}`]),
    ...(failed === null ? [] : [`    failed: ${failed}`]),
  ];
}

const figure = (value: number | null): string => {
  if (value === null) return "–";
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2);
};

const verdict = ({ within, failed }: ReportRow): string => {
  if (failed !== null) return "FAILED";
  if (within === null) return "–";
  return within ? "yes" : "NO";
};
