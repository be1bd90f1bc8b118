// Resident memory of an agent that has been connected for a while and has nothing to do.
import { startProgram } from "../../../host/child.ts";
import { owned } from "../../e2e/owned.ts";
import { smallWorld, startMac } from "../mac.ts";
import { residentBytes, toMib } from "../memory.ts";
import type { Bench, Row } from "../row.ts";
import { median, round } from "../stats.ts";
import { sleep } from "../timing.ts";

const BUDGET_MIB = 60;
const SETTLE_MS = { normal: 8_000, quick: 2_000 };
const RUNS = { normal: 5, quick: 3 };

export const agentMemory: Row = {
  name: "agent_memory",
  unit: "MiB",
  budget: "≤ 60 MiB resident, settled",
  measure: async (bench) => {
    const system = await startMac(bench, { dialect: "0.15", world: smallWorld });
    const found: number[] = [];
    for (let run = 0; run < bench.pick(RUNS.normal, RUNS.quick); run += 1) {
      if (run > 0) await system.agent.restart();
      await system.waitForOnline();
      await sleep(bench.pick(SETTLE_MS.normal, SETTLE_MS.quick));
      found.push(toMib(residentBytes(system.agent.pid)));
    }
    const value = round(median(found));
    const details = { bare_node_mib: round(await bareNode(bench)) };
    return { value, p99: null, peer: null, within: value <= BUDGET_MIB, details };
  },
};

/** What the runtime alone takes. */
async function bareNode(bench: Bench): Promise<number> {
  const program = await startProgram({
    command: process.execPath,
    args: ["-e", "setInterval(() => {}, 1000)"],
    env: process.env,
    onLine: () => undefined,
  });
  owned.add(program.pid);
  bench.later(async () => {
    program.kill("SIGKILL");
    await program.exited;
    owned.remove(program.pid);
  });
  await sleep(SETTLE_MS.quick);
  return toMib(residentBytes(program.pid));
}
