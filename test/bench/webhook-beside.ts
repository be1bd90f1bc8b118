// One endpoint that is well, alone and beside four that are not: what the others cost it.
import path from "node:path";
import { anyFreePort } from "../../host/ports.ts";
import { makeAccount, makeTenant } from "../e2e/owner.ts";
import { openChannel } from "../e2e/open-channel.ts";
import { RelayProcess } from "../e2e/relay-process.ts";
import { tempFolder } from "../e2e/temp.ts";
import { EventFlood } from "./event-flood.ts";
import { openEndpoint, openReceiver, type Receiver } from "./hooks.ts";
import type { Bench, Outcome } from "./row.ts";
import { quantile, round } from "./stats.ts";
import { sleep } from "./timing.ts";

/** Of one phase, in as many chats as the flood has. */
const MESSAGES = { normal: 1_000, quick: 200 };
const PHASES = { normal: 3, quick: 1 };
const WARM_UP = 50;
/** About a hundred a second: the others never rest, and the machine is not at its end. */
const PAUSE_MS = 10;
const PATIENCE_MS = 60_000;
const SLOW_MS = 2_000;
/** A chat of the flood's. */
const SLOW_CHAT = "-;+15550100003";

export async function webhookBeside(bench: Bench, mostTimes: number): Promise<Outcome> {
  const folder = tempFolder("bench-beside");
  bench.later(() => folder.remove());
  const env = { WEBHOOKS_TO_LOOPBACK: "1" };
  const relay = await RelayProcess.start({ state: path.join(folder.path, "relay"), env });
  bench.later(() => relay.kill9());
  const tenant = await makeTenant(relay.url);
  const { account, credential } = await makeAccount(relay.url, tenant);
  await openChannel({ accountUrl: `${relay.url}/v1/accounts/${account}`, key: credential });
  const flood = await EventFlood.open(relay.url, account);
  bench.later(() => flood.close());
  const place = { relay: relay.url, tenant };
  const healthy = await openReceiver(bench, place);
  await timesOf(flood, healthy, WARM_UP);
  const alone: number[] = [];
  const beside: number[] = [];
  for (let phase = 1; phase <= bench.pick(PHASES.normal, PHASES.quick); phase += 1) {
    const count = bench.pick(MESSAGES.normal, MESSAGES.quick);
    alone.push(...(await timesOf(flood, healthy, count)));
    const others = await openOthers(bench, place);
    await timesOf(flood, healthy, WARM_UP);
    beside.push(...(await timesOf(flood, healthy, count)));
    await Promise.all(others.map((remove) => remove()));
    const say = (times: readonly number[]): string =>
      `${round(quantile(times, 0.5))} / ${round(quantile(times, 0.99))}`;
    bench.say(`phase ${phase}: alone ${say(alone)} ms (p50 / p99), beside the others ${say(beside)} ms`);
  }
  const [value, peer] = [quantile(beside, 0.99), quantile(alone, 0.99)];
  return {
    value: round(value),
    p99: round(value),
    peer: { name: "its p99 alone", value: round(peer) },
    within: value <= mostTimes * peer,
    details: {
      messages: beside.length,
      p50_alone: round(quantile(alone, 0.5)),
      p50_beside: round(quantile(beside, 0.5)),
    },
  };
}

/** One that is dead, one that is slow, one that fails every third time, one that asks for time. */
async function openOthers(
  bench: Bench,
  place: { relay: string; tenant: string },
): Promise<Receiver["remove"][]> {
  let [flakies, busies] = [0, 0];
  const flaky = await openReceiver(bench, place, () => ({ status: (flakies += 1) % 3 === 0 ? 500 : 200 }));
  const busy = await openReceiver(bench, place, () =>
    (busies += 1) % 50 === 0 ? { status: 429, headers: { "retry-after": "1" } } : { status: 200 },
  );
  const slow = await openReceiver(bench, place, () => ({ status: 200, afterMs: SLOW_MS }), [SLOW_CHAT]);
  const dead = await openEndpoint(place, `http://127.0.0.1:${await anyFreePort("127.0.0.1")}/`);
  return [flaky.remove, busy.remove, slow.remove, dead];
}

/** From the frame of the Mac's link to the webhook, each, ms. */
async function timesOf(flood: EventFlood, { received }: Receiver, count: number): Promise<number[]> {
  const written = new Map<string, number>();
  const from = received.all.length;
  for (let sent = 0; sent < count; sent += 1) {
    const frames = flood.prepare(1, 1);
    written.set(flood.last, performance.timeOrigin + performance.now());
    await Promise.all([flood.send(frames), sleep(PAUSE_MS)]);
  }
  const arrived = await received.count(from + count, () => true, "webhooks", PATIENCE_MS);
  return arrived.slice(from).map(({ guid, at }) => at - (written.get(guid) ?? Number.NaN));
}
