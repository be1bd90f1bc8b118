// A Mac that was away: so many rows wait when its agent comes back. From the connection to the last row in the log.
import type { Dialect } from "../imsg-sim/host.ts";
import type { System } from "../e2e/harness.ts";
import { until } from "../e2e/waiting.ts";
import { smallWorld, startMac } from "./mac.ts";
import { PeakWatch, residentBytes, toMib } from "./memory.ts";
import type { Bench, Outcome } from "./row.ts";
import { medianOf, round } from "./stats.ts";
import { now, sleep } from "./timing.ts";

const CHATS = 20;
const LOOK_MS = 100;
const SETTLE_MS = 3_000;
/** Far over budget, and still an answer. */
const PATIENCE_MS = 240_000;
/** A run this long is repeated twice and not four times. */
const LONG_MS = 20_000;
const RUNS = { short: 5, long: 3 };
/** Of DESIGN §15. */
const BUDGET = { seconds: 60, growthMib: 32 };
const TEXT = "Are we still on for tomorrow at the climbing hall? I can bring the rope and two harnesses.";

interface Run {
  readonly ms: number;
  readonly agentGrowthMib: number;
  readonly relayGrowthMib: number;
}

export async function catchUp(bench: Bench, dialect: Dialect, rows: number): Promise<Outcome> {
  const wanted = bench.pick(rows, rows / 10);
  const runs: Run[] = [];
  let most = RUNS.short;
  while (runs.length < most) {
    const run = await once(bench, dialect, wanted);
    runs.push(run);
    bench.say(`${wanted} rows in ${Math.round(run.ms)} ms`);
    most = bench.quick ? 1 : run.ms > LONG_MS ? RUNS.long : RUNS.short;
  }
  const value = round(medianOf(runs, ({ ms }) => ms / 1_000));
  const agent = round(medianOf(runs, ({ agentGrowthMib }) => agentGrowthMib));
  const relay = round(medianOf(runs, ({ relayGrowthMib }) => relayGrowthMib));
  return {
    value,
    p99: null,
    peer: null,
    within: value <= BUDGET.seconds && agent <= BUDGET.growthMib && relay <= BUDGET.growthMib,
    details: {
      rows: wanted,
      rows_per_s: Math.round(wanted / value),
      agent_growth_mib: agent,
      relay_growth_mib: relay,
      runs: runs.length,
    },
  };
}

/** A system of its own each time: a second catch-up into the same log would find its memory already grown. */
async function once(bench: Bench, dialect: Dialect, rows: number): Promise<Run> {
  const undos: (() => unknown)[] = [];
  const system = await startMac(
    { ...bench, later: (undo) => void undos.push(undo) },
    { dialect, world: smallWorld },
  );
  // Whatever happens in between, the row's own end still stops it.
  bench.later(() => system.stop());
  try {
    await sleep(SETTLE_MS);
    const settled = residentBytes(system.agent.pid);
    await system.agent.kill("SIGTERM");
    await system.waitForOffline();
    const before = (await system.status()).log.last_seq;
    fill(system, rows);
    const relay = { pid: system.relay.pid, settled: residentBytes(system.relay.pid) };
    const links = system.agent.events.all.length;
    await system.agent.start();
    const agentPeak = new PeakWatch(system.agent.pid);
    const relayPeak = new PeakWatch(relay.pid);
    await system.agent.waitFor("link_up", PATIENCE_MS, links);
    const began = now();
    const isLogged = async (): Promise<boolean> => (await system.status()).log.last_seq >= before + rows;
    await until(isLogged, `${rows} rows in the log`, PATIENCE_MS, LOOK_MS);
    return {
      ms: now() - began,
      agentGrowthMib: toMib(agentPeak.stop() - settled),
      relayGrowthMib: toMib(relayPeak.stop() - relay.settled),
    };
  } finally {
    for (const undo of undos.reverse()) await undo();
  }
}

function fill({ world }: System, rows: number): void {
  for (let chat = 0; chat < CHATS; chat += 1) {
    const handle = `+1555010${String(chat).padStart(4, "0")}`;
    world.appendBulk(`iMessage;-;${handle}`, handle, rows / CHATS, TEXT);
  }
}
