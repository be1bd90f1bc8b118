// From the spawn of a program that speaks imsg's JSON-RPC to its first answer.
import type { System } from "../e2e/harness.ts";
import { tempFolder } from "../e2e/temp.ts";
import { imsgInShell, imsgOf, smallWorld, startMac } from "./mac.ts";
import type { Bench, Outcome } from "./row.ts";
import { startSshd } from "./sshd.ts";
import { median, round } from "./stats.ts";
import { StdioRpc, type Command } from "./stdio-rpc.ts";
import { now } from "./timing.ts";

const RUNS = { normal: 15, quick: 5 };
/** Spawn to first answer of the real imsg 0.9.0, a compiled program (shared/reference/imsg-rpc.md). */
const REAL_IMSG_MS = 17.7;

async function coldStart(command: Command): Promise<number> {
  const began = now();
  const rpc = await StdioRpc.start(command);
  try {
    await rpc.call();
    const took = now() - began;
    await rpc.end();
    return took;
  } finally {
    await rpc.stop();
  }
}

export interface ColdStart {
  readonly system: System;
  /** The home of the gateway's processes. */
  readonly home: string;
}

export async function prepare(bench: Bench): Promise<ColdStart> {
  const system = await startMac(bench, { dialect: "0.15", world: smallWorld });
  const home = tempFolder("bench-home");
  bench.later(() => home.remove());
  return { system, home: home.path };
}

/**
 * Ours against a cold ssh, by turns. ssh starts an imsg each time, and ours does not; the simulated one is a script
 * and starts far slower than the real one, so the peer that counts is corrected by the difference.
 */
export async function compare(bench: Bench, system: System, ours: Command, budget: number): Promise<Outcome> {
  const sshd = await startSshd(bench);
  const times = { ours: [] as number[], ssh: [] as number[], imsg: [] as number[] };
  for (let run = 0; run < bench.pick(RUNS.normal, RUNS.quick); run += 1) {
    times.ours.push(await coldStart(ours));
    times.imsg.push(await coldStart(imsgOf(system)));
    if (sshd !== null) times.ssh.push(await coldStart(sshd.ssh(imsgInShell(system))));
  }
  const value = round(median(times.ours));
  const imsg = round(median(times.imsg));
  if (sshd === null)
    return { value, p99: null, peer: null, within: null, details: { simulated_imsg_ms: imsg } };
  const asMeasured = round(median(times.ssh));
  const corrected = round(asMeasured - imsg + REAL_IMSG_MS);
  return {
    value,
    p99: null,
    peer: { name: "ssh host imsg rpc, cold", value: corrected },
    within: value <= budget * corrected,
    details: { ssh_with_simulated_imsg_ms: asMeasured, simulated_imsg_ms: imsg, real_imsg_ms: REAL_IMSG_MS },
  };
}
