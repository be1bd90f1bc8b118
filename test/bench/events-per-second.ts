// Messages as fast as they are taken: from the Mac's link into the log, and from there to one consumer an account
// over the WebSocket of the channel, by our own client. Over when the Mac has every ack and the consumers every event.
import path from "node:path";
import { makeAccount, makeTenant } from "../e2e/owner.ts";
import { RelayProcess } from "../e2e/relay-process.ts";
import { tempFolder } from "../e2e/temp.ts";
import { openConsumer, type Consumer, type Taken } from "./consumer.ts";
import { cpuSeconds } from "./cpu.ts";
import { EventFlood } from "./event-flood.ts";
import type { Bench, Outcome } from "./row.ts";
import { medianOf, round } from "./stats.ts";
import { now } from "./timing.ts";

const EVENTS = { normal: 30_000, quick: 10_000 };
const WARM_UP = 2_000;
const RUNS = { normal: 5, quick: 2 };
/** As many as one look of imsg shows. */
const A_FRAME = 100;
const PATIENCE_MS = 120_000;
/** Of DESIGN §15. */
const BUDGET = 5_000;

interface Run {
  readonly perSecond: number;
  /** Processor seconds a second. */
  readonly relay: number;
  readonly bench: number;
}

export async function eventsPerSecond(bench: Bench, accounts: number): Promise<Outcome> {
  const folder = tempFolder("bench-events");
  bench.later(() => folder.remove());
  const relay = await RelayProcess.start({ state: path.join(folder.path, "relay") });
  bench.later(() => relay.kill9());
  const tenant = await makeTenant(relay.url);
  const events = bench.pick(EVENTS.normal, EVENTS.quick);
  const runs: Run[] = [];
  for (let run = 1; run <= bench.pick(RUNS.normal, RUNS.quick); run += 1) {
    // Accounts of its own each time: what is deleted of a log that is too long would be measured with it.
    const opened = await Promise.all(
      Array.from({ length: accounts }, () => openAccount(bench, relay, tenant)),
    );
    await flow(opened, WARM_UP);
    const cpu = [cpuSeconds(relay.pid), cpuSeconds(process.pid)] as const;
    const ms = await flow(opened, events);
    const [relayCpu, benchCpu] = [cpuSeconds(relay.pid) - cpu[0], cpuSeconds(process.pid) - cpu[1]];
    const seconds = ms / 1_000;
    runs.push({ perSecond: events / seconds, relay: relayCpu / seconds, bench: benchCpu / seconds });
    bench.say(
      `run ${run}: ${Math.round(events / seconds)} a second, relay ${round(relayCpu / seconds)} of a core`,
    );
    for (const account of opened) account.close();
  }
  const value = Math.round(medianOf(runs, ({ perSecond }) => perSecond));
  return {
    value,
    p99: null,
    peer: null,
    within: value >= BUDGET,
    details: {
      events,
      accounts,
      rows_a_frame: A_FRAME,
      relay_cores: round(medianOf(runs, (run) => run.relay)),
      // The Macs' links and the consumers together.
      bench_cores: round(medianOf(runs, (run) => run.bench)),
      relay_us_an_event: Math.round(medianOf(runs, (run) => (run.relay / run.perSecond) * 1e6)),
      runs: runs.length,
    },
  };
}

interface OpenAccount {
  readonly flood: EventFlood;
  readonly consumer: Consumer;
  readonly close: () => void;
}

async function openAccount(bench: Bench, relay: RelayProcess, tenant: string): Promise<OpenAccount> {
  const { account, credential } = await makeAccount(relay.url, tenant);
  const consumer = await openConsumer(bench, { relay: relay.url, account, key: credential });
  const flood = await EventFlood.open(relay.url, account);
  const close = (): void => {
    consumer.close();
    flood.close();
  };
  return { flood, consumer, close };
}

/** Milliseconds until so many events are everywhere; each account has its part of them. */
async function flow(accounts: readonly OpenAccount[], events: number): Promise<number> {
  const prepared = accounts.map(({ flood, consumer }) => {
    const frames = flood.prepare(events / accounts.length, A_FRAME);
    return { flood, taken: consumer.taken, frames, last: flood.last };
  });
  const began = now();
  await Promise.all(
    prepared.map(async ({ flood, taken, frames, last }) => {
      const isLast = ({ guid }: Taken): boolean => guid === last;
      const arrived = taken.find(isLast, "the last event", PATIENCE_MS, taken.all.length);
      await flood.send(frames);
      await arrived;
    }),
  );
  return now() - began;
}
