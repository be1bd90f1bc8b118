// The way between agent and relay swallows everything and closes nothing. Several agents at once, whose heartbeats
// are out of step, so that the silence begins at every point of the interval.
import path from "node:path";
import { startSystem } from "../../e2e/harness.ts";
import type { System } from "../../e2e/harness.ts";
import { RelayProcess } from "../../e2e/relay-process.ts";
import { tempFolder } from "../../e2e/temp.ts";
import { until } from "../../e2e/waiting.ts";
import { SERVICE_CONFIG, smallWorld } from "../mac.ts";
import { Proxy } from "../proxy.ts";
import type { Bench, Row } from "../row.ts";
import { median, round } from "../stats.ts";
import { now, sleep } from "../timing.ts";

const BUDGET_S = 25;
/** Timers fire a little late; what is asked for is 25 s of silence. */
const SLACK_S = 0.5;
const AGENTS = 5;
const PATIENCE_MS = 60_000;
const LOOK_MS = 200;
/** --quick: a fifth of everything, and the answer times five. */
const QUICK_PART = 5;
const HEARTBEAT_MS = 10_000;
const DEAD_AFTER_MS = 25_000;

export const blackHoleNoticed: Row = {
  name: "black_hole_noticed",
  unit: "s",
  budget: "the agent: ≤ 25 s after the last byte passed; the relay at the first status after that",
  measure: async (bench) => {
    const part = bench.pick(1, QUICK_PART);
    const { proxy, systems } = await startAgents(bench, part);
    proxy.silence();
    const began = now();
    const seconds = (): number => ((now() - began) * part) / 1_000;
    const noticed = await Promise.all(systems.map((system) => agentNotices(system).then(seconds)));
    const told = await Promise.all(systems.map((system) => relayTells(system).then(seconds)));
    const value = round(median(noticed));
    const details = {
      worst_s: round(Math.max(...noticed)),
      best_s: round(Math.min(...noticed)),
      relay_worst_s: round(Math.max(...told)),
      agents: AGENTS,
      ...(bench.quick ? { intervals: "a fifth, times five" } : {}),
    };
    return { value, p99: null, peer: null, within: details.worst_s <= BUDGET_S + SLACK_S * part, details };
  },
};

async function startAgents(bench: Bench, part: number): Promise<{ proxy: Proxy; systems: System[] }> {
  const proxy = await Proxy.open();
  bench.later(() => proxy.close());
  const folder = tempFolder("bench-relay");
  bench.later(() => folder.remove());
  const relay = await RelayProcess.start({
    state: path.join(folder.path, "relay"),
    env: { RELAY_ORIGINS: proxy.origin, LINK_DEAD_AFTER_MS: String(DEAD_AFTER_MS / part) },
  });
  bench.later(() => relay.kill9());
  proxy.leadTo(relay.port);
  const link = { heartbeat_ms: HEARTBEAT_MS / part, dead_after_ms: DEAD_AFTER_MS / part };
  const systems: System[] = [];
  for (let agent = 0; agent < AGENTS; agent += 1) {
    const system = await startSystem({
      dialect: "0.15",
      world: smallWorld,
      relay,
      agentConfig: { ...SERVICE_CONFIG, link },
    });
    bench.later(() => system.stop());
    systems.push(system);
    await sleep(HEARTBEAT_MS / part / AGENTS);
  }
  // Everybody has had a pong.
  await sleep(HEARTBEAT_MS / part);
  return { proxy, systems };
}

async function agentNotices({ agent }: System): Promise<void> {
  await agent.waitFor("link_down", PATIENCE_MS, agent.events.all.length);
}

/** Asked past the proxy, as a gateway elsewhere would. */
async function relayTells(system: System): Promise<void> {
  const isOffline = async (): Promise<boolean> => (await system.status()).agent.state === "offline";
  await until(isOffline, "the relay says that the Mac is offline", PATIENCE_MS, LOOK_MS);
}
