import { EVERYBODY, openChannel } from "../../e2e/open-channel.ts";
import { openReceiver } from "../hooks.ts";
import { oneAtATime } from "../one-at-a-time.ts";
import type { Row } from "../row.ts";

/** Of DESIGN §15. */
const BUDGET_MS = 10;

export const webhookLatency: Row = {
  name: "webhook_latency",
  unit: "ms",
  budget: "p50 ≤ 10 ms from imsg's line to the webhook received, idle system",
  measure: (bench) =>
    oneAtATime(bench, BUDGET_MS, {
      relayEnv: { WEBHOOKS_TO_LOOPBACK: "1" },
      open: async (system) => {
        await openChannel(system, EVERYBODY);
        const place = { relay: system.relayUrl, tenant: system.tenant };
        return (await openReceiver(bench, place)).received;
      },
    }),
};
