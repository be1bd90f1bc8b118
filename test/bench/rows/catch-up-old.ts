// The old engine shows about 100 rows a poll and polls an idle database every 5 s: 10,000 rows would take 500 s.
import { catchUp } from "../catch-up.ts";
import type { Row } from "../row.ts";

const ROWS = 10_000;

export const catchUpOld: Row = {
  name: "catch_up_old",
  unit: "s",
  budget: "10,000 rows, dialect 0.9, an otherwise idle Mac: ≤ 60 s; agent and relay grow by ≤ 32 MiB",
  measure: (bench) => catchUp(bench, "0.9", ROWS),
};
