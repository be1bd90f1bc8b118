// A relay of many Macs, of which most are idle: what the idle ones cost, and what they cost the busy ones.
import { RawLink } from "../../e2e/raw-link.ts";
import { openBusy, type BusyMac } from "../busy-links.ts";
import { enrolFleet, inTurns, keepAlive, usageOf, type Fleet } from "../idle-links.ts";
import { residentBytes, toKib } from "../memory.ts";
import type { Bench, Row } from "../row.ts";
import { quantile, round } from "../stats.ts";
import { sleep } from "../timing.ts";

const IDLE = { normal: 1_000, quick: 150 };
const BUSY = 50;
/** About two hundred calls a second over all of them. */
const CALLS = { normal: 100, quick: 30 };
const PAUSE_MS = 250;
const WARM_UP = 10;
/** An object is put to sleep after 10 s. */
const IDLE_MS = 13_000;
/** Idle accounts that are asked how often they woke. */
const ASKED = 10;
/** What a thousand neighbours that do nothing may cost a call. */
const MOST_TIMES = 1.5;
const BUDGET_KIB = 400;

export const fleetLoad: Row = {
  name: "fleet_load",
  unit: "ms",
  budget:
    "p99 of calls of 50 busy Macs beside 1,000 idle ones ≤ 1.5 × theirs alone; ≤ 400 KiB an idle Mac, which never wakes",
  measure: async (bench) => {
    const idle = bench.pick(IDLE.normal, IDLE.quick);
    const fleet = await enrolFleet(bench, BUSY + idle);
    bench.say(`${BUSY + idle} accounts are enrolled`);
    const busy = await inTurns(BUSY, (at) => openBusy(bench, fleet, identityOf(fleet, at)));
    await callsOf(busy, WARM_UP);
    const calls = bench.pick(CALLS.normal, CALLS.quick);
    const alone = await callsOf(busy, calls);
    const before = residentBytes(fleet.relay.pid);
    await openIdle(bench, fleet, idle);
    await sleep(IDLE_MS);
    const kib = toKib(residentBytes(fleet.relay.pid) - before) / idle;
    const first = await wakesOf(fleet);
    const beside = await callsOf(busy, calls);
    // Asking is a wake: that is ours.
    const wakes = (await wakesOf(fleet)) - first - ASKED;
    const [value, peer] = [round(quantile(beside, 0.99)), round(quantile(alone, 0.99))];
    return {
      value,
      p99: value,
      peer: { name: "theirs alone", value: peer },
      within: value <= MOST_TIMES * peer && kib <= BUDGET_KIB && wakes === 0,
      details: {
        idle,
        busy: BUSY,
        calls: beside.length,
        p50_ms: round(quantile(beside, 0.5)),
        p50_alone_ms: round(quantile(alone, 0.5)),
        kib_an_idle_mac: round(kib),
        wakes_of_ten_idle: wakes,
      },
    };
  },
};

function identityOf({ identities }: Fleet, at: number): Fleet["identities"][number] {
  const identity = identities[at];
  if (identity === undefined) throw new Error("no such identity");
  return identity;
}

async function callsOf(busy: readonly BusyMac[], calls: number): Promise<number[]> {
  return (await Promise.all(busy.map(({ work }) => work(calls, PAUSE_MS)))).flat();
}

async function openIdle(bench: Bench, fleet: Fleet, idle: number): Promise<void> {
  const links = await inTurns(idle, (at) => RawLink.welcomed(fleet.relay.url, identityOf(fleet, BUSY + at)));
  keepAlive(bench, links);
}

async function wakesOf({ relay, identities, credential }: Fleet): Promise<number> {
  const asked = identities.slice(-ASKED);
  const usage = await Promise.all(asked.map(({ account }) => usageOf(relay.url, account, credential)));
  return usage.reduce((sum, { wakes }) => sum + wakes, 0);
}
