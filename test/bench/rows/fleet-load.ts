// A relay of many Macs, of which most are idle: what the idle ones cost, and what they cost the busy ones.
import { RawLink } from "../../e2e/raw-link.ts";
import { openBusy, type BusyMac } from "../busy-links.ts";
import { beat, enrolFleet, idleLink, inTurns, usageOf, type Fleet } from "../idle-links.ts";
import { residentBytes, toKib } from "../memory.ts";
import type { Row } from "../row.ts";
import { median, quantile, round } from "../stats.ts";
import { sleep } from "../timing.ts";

const IDLE = { normal: 1_000, quick: 150 };
const BUSY = 50;
/** About two hundred calls a second over all of them. */
const CALLS = { normal: 100, quick: 30 };
const TURNS = { normal: 3, quick: 1 };
const PAUSE_MS = 250;
const WARM_UP = 40;
/** An object is put to sleep after 10 s. */
const IDLE_MS = 13_000;
/** What the last ones enrolled have to report is heard by then; killed before, they would wake to say it again. */
const SETTLE_MS = 5_000;
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
    // A fresh process: what enrolment brought into memory is not what a Mac costs.
    await sleep(SETTLE_MS);
    await fleet.relay.kill9();
    await fleet.relay.start();
    const busy = await inTurns(BUSY, (at) => openBusy(bench, fleet, identityOf(fleet, at)));
    await callsOf(busy, WARM_UP);
    const calls = bench.pick(CALLS.normal, CALLS.quick);
    const alone: number[][] = [];
    const beside: number[][] = [];
    const wakes: number[] = [];
    const grown: number[] = [];
    // In turns: the machine is not as fast at the end as it was at the beginning.
    for (let turn = 1; turn <= bench.pick(TURNS.normal, TURNS.quick); turn += 1) {
      alone.push(await callsOf(busy, calls));
      const before = residentBytes(fleet.relay.pid);
      const stop = await openIdle(fleet, idle);
      bench.later(stop);
      await sleep(IDLE_MS);
      grown.push(toKib(residentBytes(fleet.relay.pid) - before) / idle);
      const first = await wakesOf(fleet);
      beside.push(await callsOf(busy, calls));
      // Asking is a wake: that is ours.
      wakes.push((await wakesOf(fleet)) - first - ASKED);
      bench.say(`turn ${turn}: ${wakes.at(-1)} wakes of ${ASKED} idle ones`);
      stop();
      await sleep(IDLE_MS);
    }
    const p = (part: number, times: readonly number[][]): number =>
      round(median(times.map((turn) => quantile(turn, part))));
    const [value, peer] = [p(0.99, beside), p(0.99, alone)];
    // Only the first turn finds a process that never had them.
    const [kib = 0] = grown;
    const woken = Math.max(...wakes);
    return {
      value,
      p99: value,
      peer: { name: "theirs alone", value: peer },
      within: value <= MOST_TIMES * peer && kib <= BUDGET_KIB && woken === 0,
      details: {
        idle,
        busy: BUSY,
        calls: beside.flat().length,
        p50_ms: p(0.5, beside),
        p50_alone_ms: p(0.5, alone),
        kib_an_idle_mac: round(kib),
        wakes_of_ten_idle: woken,
      },
    };
  },
};

function identityOf({ identities }: Fleet, at: number): Fleet["identities"][number] {
  const identity = identities[at];
  if (identity === undefined) throw new Error("no such identity");
  return identity;
}

/** Each at a time of its own. */
async function callsOf(busy: readonly BusyMac[], calls: number): Promise<number[]> {
  const times = busy.map(({ work }, at) => work(calls, PAUSE_MS, (PAUSE_MS * at) / busy.length));
  return (await Promise.all(times)).flat();
}

/** Returns what closes them. */
async function openIdle(fleet: Fleet, idle: number): Promise<() => void> {
  const links = await inTurns(idle, (at) => RawLink.welcomed(fleet.relay.url, identityOf(fleet, BUSY + at)));
  return beat(links.map(idleLink));
}

async function wakesOf({ relay, identities, credential }: Fleet): Promise<number> {
  const asked = identities.slice(-ASKED);
  const usage = await Promise.all(asked.map(({ account }) => usageOf(relay.url, account, credential)));
  return usage.reduce((sum, { wakes }) => sum + wakes, 0);
}
