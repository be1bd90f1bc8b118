import type { Row } from "../row.ts";
import { webhookBeside } from "../webhook-beside.ts";

/** What an endpoint may pay for its neighbours. */
const MOST_TIMES = 2;

export const webhookBesideOthers: Row = {
  name: "webhook_beside_others",
  unit: "ms",
  budget:
    "p99 of a healthy endpoint beside a dead, a slow, a failing and a throttling one ≤ 2 × its p99 alone",
  measure: (bench) => webhookBeside(bench, MOST_TIMES),
};
