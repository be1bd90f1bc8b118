// The same beside a running `imsg-relay rpc` that lends its connection: what every `send` of a gateway costs.
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { compare, prepare } from "../cold-start.ts";
import { until } from "../../e2e/waiting.ts";
import { dropInOf } from "../mac.ts";
import type { Row } from "../row.ts";
import { StdioRpc } from "../stdio-rpc.ts";

const OF_SSH = 0.3;

export const rpcColdStartSibling: Row = {
  name: "rpc_cold_start_sibling",
  unit: "ms",
  budget: "≤ 0.3 × a cold ssh (with an imsg that starts as fast as the real one)",
  measure: async (bench) => {
    const { system, home } = await prepare(bench);
    const lender = await StdioRpc.start(dropInOf(system, home));
    bench.later(() => lender.stop());
    await lender.call();
    // Without it the row would measure cold starts and nobody would notice.
    await until(async () => isLent(home), "the running rpc lends its connection");
    const outcome = await compare(bench, system, dropInOf(system, home), OF_SSH);
    if (!isLent(home)) throw new Error("the running rpc stopped lending its connection");
    return outcome;
  },
};

function isLent(home: string): boolean {
  const folder = path.join(home, "run");
  return existsSync(folder) && readdirSync(folder).some((name) => name.endsWith(".sock"));
}
