// A deploy, or a runtime update.
import { backInService } from "../back-in-service.ts";
import type { Row } from "../row.ts";

const OUTAGE_MS = 1_000;
const BUDGET_S = 2;
const OUTAGES = { normal: 10, quick: 3 };

export const backInService1s: Row = {
  name: "back_in_service_1s",
  unit: "s",
  budget: "median ≤ 2 s after the relay listens again, also after the tenth outage of 1 s in a row",
  measure: (bench) => backInService(bench, OUTAGE_MS, bench.pick(OUTAGES.normal, OUTAGES.quick), BUDGET_S),
};
