// Webhooks as fast as a receiver takes them: messages from the Mac's link into the log, and from there to one endpoint.
import path from "node:path";
import { makeAccount, makeTenant } from "../e2e/owner.ts";
import { openChannel } from "../e2e/open-channel.ts";
import { RelayProcess } from "../e2e/relay-process.ts";
import { tempFolder } from "../e2e/temp.ts";
import { cpuSeconds } from "./cpu.ts";
import { EventFlood } from "./event-flood.ts";
import { openReceiver } from "./hooks.ts";
import type { Bench, Outcome } from "./row.ts";
import { medianOf, round } from "./stats.ts";
import { now } from "./timing.ts";

const EVENTS = { normal: 4_000, quick: 1_000 };
const WARM_UP = 200;
const RUNS = { normal: 3, quick: 2 };
/** As many as one look of imsg shows. */
const A_FRAME = 100;
const PATIENCE_MS = 120_000;

/** `accounts`: that all have something for it at once. */
export async function webhookRate(bench: Bench, accounts: number): Promise<Outcome> {
  const folder = tempFolder("bench-hooks");
  bench.later(() => folder.remove());
  const env = { WEBHOOKS_TO_LOOPBACK: "1" };
  const relay = await RelayProcess.start({ state: path.join(folder.path, "relay"), env });
  bench.later(() => relay.kill9());
  const tenant = await makeTenant(relay.url);
  const floods = await Promise.all(
    Array.from({ length: accounts }, async () => {
      const { account, credential } = await makeAccount(relay.url, tenant);
      await openChannel({ accountUrl: `${relay.url}/v1/accounts/${account}`, key: credential });
      const flood = await EventFlood.open(relay.url, account);
      bench.later(() => flood.close());
      return flood;
    }),
  );
  const { received } = await openReceiver(bench, { relay: relay.url, tenant });
  const flow = async (events: number): Promise<number> => {
    const wanted = new Set(received.all.map(({ guid }) => guid)).size + events;
    const prepared = floods.map((flood) => ({ flood, frames: flood.prepare(events / accounts, A_FRAME) }));
    const began = now();
    const arrived = received.count(wanted, () => true, "webhooks", PATIENCE_MS);
    await Promise.all(prepared.map(({ flood, frames }) => flood.send(frames)));
    await arrived;
    return now() - began;
  };
  await flow(WARM_UP);
  const events = bench.pick(EVENTS.normal, EVENTS.quick);
  const runs: { readonly perSecond: number; readonly relay: number }[] = [];
  for (let run = 1; run <= bench.pick(RUNS.normal, RUNS.quick); run += 1) {
    const before = cpuSeconds(relay.pid);
    const seconds = (await flow(events)) / 1_000;
    const cores = (cpuSeconds(relay.pid) - before) / seconds;
    runs.push({ perSecond: events / seconds, relay: cores });
    bench.say(`run ${run}: ${Math.round(events / seconds)} a second, relay ${round(cores)} of a core`);
  }
  return {
    value: Math.round(medianOf(runs, ({ perSecond }) => perSecond)),
    p99: null,
    peer: null,
    within: null,
    details: { events, accounts, relay_cores: round(medianOf(runs, (run) => run.relay)), runs: runs.length },
  };
}
