// The floor of every call: two WebSockets through one hibernating object, nothing done with what comes.
import { startEcho } from "../echo.ts";
import type { Row } from "../row.ts";
import { medianOf, quantile, round } from "../stats.ts";
import { timedCalls } from "../timing.ts";

const WARM_UP = 100;
const RUNS = 5;
const CALLS = { normal: 500, quick: 150 };

export const echoTwoHop: Row = {
  name: "echo_two_hop",
  unit: "ms",
  budget: "none: the floor that rpc_round_trip is held against",
  measure: async (bench) => {
    const echo = await startEcho(bench);
    await timedCalls(WARM_UP, echo.call);
    const runs: number[][] = [];
    for (let run = 0; run < RUNS; run += 1)
      runs.push(await timedCalls(bench.pick(CALLS.normal, CALLS.quick), echo.call));
    const p = (part: number): number => round(medianOf(runs, (times) => quantile(times, part)));
    return { value: p(0.5), p99: p(0.99), peer: null, within: null };
  },
};
