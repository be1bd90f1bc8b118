// What a Mac costs that is connected and has nothing to say: memory of workerd, and how often its object wakes.
import { enrolFleet, measureEmpty, measureLinks } from "../idle-links.ts";
import type { Row } from "../row.ts";
import { median, round } from "../stats.ts";

const BUDGET_KIB = 400;
const OF_EMPTY = 1.3;
const LINKS = { normal: 1_000, quick: 150 };
/** An object is put to sleep after 10 s; two heartbeats and a half pass. */
const IDLE_MS = { normal: 25_000, quick: 13_000 };
const RUNS = { normal: 3, quick: 1 };

export const idleAgentMemory: Row = {
  name: "idle_agent_memory",
  unit: "KiB",
  budget: "≤ 400 KiB of workerd a link, ≤ 1.3 × an empty object with a socket, no wakes while idle",
  measure: async (bench) => {
    const size = bench.pick(LINKS.normal, LINKS.quick);
    const idleMs = bench.pick(IDLE_MS.normal, IDLE_MS.quick);
    const fleet = await enrolFleet(bench, size);
    bench.say(`${size} accounts are enrolled`);
    const ours: Awaited<ReturnType<typeof measureLinks>>[] = [];
    const empty: number[] = [];
    for (let run = 1; run <= bench.pick(RUNS.normal, RUNS.quick); run += 1) {
      const found = await measureLinks(fleet, idleMs);
      ours.push(found);
      empty.push(await measureEmpty(bench, size, idleMs));
      bench.say(`run ${run}: ${round(found.kib)} KiB, empty ${round(empty.at(-1) ?? 0)} KiB`);
    }
    const value = round(median(ours.map(({ kib }) => kib)));
    const peer = { name: "an empty object with a socket", value: round(median(empty)) };
    const wakes = Math.max(...ours.map((run) => run.wakes));
    const constructed = Math.max(...ours.map((run) => run.constructed));
    return {
      value,
      p99: null,
      peer,
      within: value <= BUDGET_KIB && value <= OF_EMPTY * peer.value && wakes === 0,
      details: { links: size, idle_s: idleMs / 1_000, wakes, constructed },
    };
  },
};
