// One message at a time while nothing else goes on: from the line that imsg writes to whoever takes the message. When
// imsg wrote it is seen by a tap between it and the agent.
import type { System, SystemOptions } from "../e2e/harness.ts";
import { until, type Recording } from "../e2e/waiting.ts";
import { smallWorld, startMac } from "./mac.ts";
import type { Bench, Outcome } from "./row.ts";
import { quantile, round } from "./stats.ts";
import { makeTap } from "./tap.ts";
import { sleep } from "./timing.ts";

const MESSAGES = { normal: 300, quick: 100 };
const WARM_UP = 20;
/** Between two: longer than anything that follows from the one before. */
const IDLE_MS = 120;
/** imsg waits so long for more of the same burst; it is no part of what is measured. */
const DEBOUNCE_MS = 20;
const ARRIVAL_MS = 10_000;
const SENDER = "+15550100000";

interface Taker {
  readonly relayEnv?: SystemOptions["relayEnv"];
  /** What it takes, with the time (as `Date.now()`, and finer). */
  readonly open: (system: System) => Promise<Recording<{ readonly guid: string; readonly at: number }>>;
}

export async function oneAtATime(
  bench: Bench,
  budgetMs: number,
  { relayEnv = {}, open }: Taker,
): Promise<Outcome> {
  const tap = makeTap(bench);
  const agentConfig = { cliPath: tap.program, debounce_ms: DEBOUNCE_MS };
  const system = await startMac(bench, { dialect: "0.15", world: smallWorld, agentConfig, relayEnv });
  const taken = await open(system);
  const arrivals = new Map<string, number>();
  const count = WARM_UP + bench.pick(MESSAGES.normal, MESSAGES.quick);
  for (let sent = 0; sent < count; sent += 1) {
    const guid = system.world.appendText(`iMessage;-;${SENDER}`, SENDER, `message ${sent}`);
    const { at } = await taken.find((event) => event.guid === guid, guid, ARRIVAL_MS);
    if (sent >= WARM_UP) arrivals.set(guid, at);
    await sleep(IDLE_MS);
  }
  const written = await until(async () => tap.complete(arrivals), "the tap has seen every message");
  const times = [...arrivals].map(([guid, at]) => at - (written.get(guid) ?? Number.NaN));
  const value = round(quantile(times, 0.5));
  const details = { messages: times.length, worst: round(Math.max(...times)) };
  return { value, p99: round(quantile(times, 0.99)), peer: null, within: value <= budgetMs, details };
}
