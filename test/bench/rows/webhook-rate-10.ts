import type { Row } from "../row.ts";
import { webhookRate } from "../webhook-rate.ts";

export const webhookRate10: Row = {
  name: "webhook_rate_10",
  unit: "/s",
  budget: "none: webhooks a second to one endpoint that answers at once, from 10 accounts",
  measure: (bench) => webhookRate(bench, 10),
};
