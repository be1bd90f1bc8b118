// A machine that restarts.
import { backInService } from "../back-in-service.ts";
import type { Row } from "../row.ts";

const OUTAGE_MS = 10_000;
const BUDGET_S = 5;
const OUTAGES = { normal: 10, quick: 1 };

export const backInService10s: Row = {
  name: "back_in_service_10s",
  unit: "s",
  budget: "median ≤ 5 s after the relay listens again, also after the tenth outage of 10 s in a row",
  measure: (bench) => backInService(bench, OUTAGE_MS, bench.pick(OUTAGES.normal, OUTAGES.quick), BUDGET_S),
};
