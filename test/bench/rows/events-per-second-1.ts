import { eventsPerSecond } from "../events-per-second.ts";
import type { Row } from "../row.ts";

export const eventsPerSecond1: Row = {
  name: "events_per_second_1",
  unit: "/s",
  budget: "≥ 5,000 a second into one account, durable and acknowledged, to one consumer",
  measure: (bench) => eventsPerSecond(bench, 1),
};
