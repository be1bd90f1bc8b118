// One message at a time while nothing else goes on: from the line that imsg writes to the last byte of its webhook at
// the receiver.
import { EVERYBODY, openChannel } from "../../e2e/open-channel.ts";
import { until } from "../../e2e/waiting.ts";
import { openReceiver } from "../hooks.ts";
import { smallWorld, startMac } from "../mac.ts";
import type { Row } from "../row.ts";
import { quantile, round } from "../stats.ts";
import { makeTap } from "../tap.ts";
import { sleep } from "../timing.ts";

const MESSAGES = { normal: 300, quick: 100 };
const WARM_UP = 20;
/** Between two: longer than anything that follows from the one before. */
const IDLE_MS = 120;
/** imsg waits so long for more of the same burst; it is no part of what is measured. */
const DEBOUNCE_MS = 20;
const ARRIVAL_MS = 10_000;
/** Of DESIGN §15. */
const BUDGET_MS = 10;
const SENDER = "+15550100000";

export const webhookLatency: Row = {
  name: "webhook_latency",
  unit: "ms",
  budget: "p50 ≤ 10 ms from imsg's line to the webhook received, idle system",
  measure: async (bench) => {
    const tap = makeTap(bench);
    const agentConfig = { cliPath: tap.program, debounce_ms: DEBOUNCE_MS };
    const relayEnv = { WEBHOOKS_TO_LOOPBACK: "1" };
    const system = await startMac(bench, { dialect: "0.15", world: smallWorld, agentConfig, relayEnv });
    await openChannel(system, EVERYBODY);
    const received = await openReceiver(bench, system.relayUrl, system.tenant);
    const arrivals = new Map<string, number>();
    const count = WARM_UP + bench.pick(MESSAGES.normal, MESSAGES.quick);
    for (let sent = 0; sent < count; sent += 1) {
      const guid = system.world.appendText(`iMessage;-;${SENDER}`, SENDER, `message ${sent}`);
      const { at } = await received.find((event) => event.guid === guid, guid, ARRIVAL_MS);
      if (sent >= WARM_UP) arrivals.set(guid, at);
      await sleep(IDLE_MS);
    }
    const written = await until(async () => tap.complete(arrivals), "the tap has seen every message");
    const times = [...arrivals].map(([guid, at]) => at - (written.get(guid) ?? Number.NaN));
    const value = round(quantile(times, 0.5));
    const details = { messages: times.length, worst: round(Math.max(...times)) };
    return { value, p99: round(quantile(times, 0.99)), peer: null, within: value <= BUDGET_MS, details };
  },
};
