import type { Row } from "../row.ts";
import { webhookRate } from "../webhook-rate.ts";

export const webhookRate1: Row = {
  name: "webhook_rate_1",
  unit: "/s",
  budget: "none: webhooks a second to one endpoint that answers at once, from 1 account",
  measure: (bench) => webhookRate(bench, 1),
};
