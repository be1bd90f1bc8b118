import { openConsumer } from "../consumer.ts";
import { oneAtATime } from "../one-at-a-time.ts";
import type { Row } from "../row.ts";

/** Of DESIGN §15. */
const BUDGET_MS = 5;

export const eventToConsumer: Row = {
  name: "event_to_consumer",
  unit: "ms",
  budget: "p50 ≤ 5 ms from imsg's line to the consumer's WebSocket, idle system",
  measure: (bench) =>
    oneAtATime(bench, BUDGET_MS, {
      open: async ({ relayUrl: relay, account, key }) =>
        (await openConsumer(bench, { relay, account, key })).taken,
    }),
};
