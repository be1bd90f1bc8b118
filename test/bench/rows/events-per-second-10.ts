import { eventsPerSecond } from "../events-per-second.ts";
import type { Row } from "../row.ts";

export const eventsPerSecond10: Row = {
  name: "events_per_second_10",
  unit: "/s",
  budget: "≥ 5,000 a second over ten accounts of one relay, durable and acknowledged, to one consumer each",
  measure: (bench) => eventsPerSecond(bench, 10),
};
