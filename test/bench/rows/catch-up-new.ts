import { catchUp } from "../catch-up.ts";
import type { Row } from "../row.ts";

const ROWS = 50_000;

export const catchUpNew: Row = {
  name: "catch_up_new",
  unit: "s",
  budget: "50,000 rows, dialect 0.15: ≤ 60 s; agent and relay grow by ≤ 32 MiB",
  measure: (bench) => catchUp(bench, "0.15", ROWS),
};
