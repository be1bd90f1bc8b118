// A gateway that starts the program anew, with nothing running that could lend a connection.
import { compare, prepare } from "../cold-start.ts";
import { dropInOf } from "../mac.ts";
import type { Row } from "../row.ts";

const OF_SSH = 0.5;

export const rpcColdStart: Row = {
  name: "rpc_cold_start",
  unit: "ms",
  budget: "≤ 0.5 × a cold ssh (with an imsg that starts as fast as the real one)",
  measure: async (bench) => {
    const { system, home } = await prepare(bench);
    return compare(bench, system, dropInOf(system, home), OF_SSH);
  },
};
