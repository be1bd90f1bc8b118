// One call over what is open already: the gateway's client through relay and agent, against `ssh host imsg rpc`,
// against imsg itself and the bare echo. All paths take turns in small blocks, so that whatever else this machine
// does meanwhile falls on all of them alike.
import { connect } from "../../../gateway/client/connect.ts";
import { wsDial } from "../../../gateway/node/ws-dial.ts";
import type { System } from "../../e2e/harness.ts";
import { tempFolder } from "../../e2e/temp.ts";
import { startEcho } from "../echo.ts";
import { dropInOf, imsgInShell, imsgOf, smallWorld, startMac } from "../mac.ts";
import type { Bench, Row } from "../row.ts";
import { startSshd } from "../sshd.ts";
import { medianOf, quantile, round } from "../stats.ts";
import { CALL, StdioRpc, type Command } from "../stdio-rpc.ts";
import { timedCalls } from "../timing.ts";

const RUNS = { normal: 5, quick: 3 };
const CALLS = { normal: 300, quick: 100 };
const BLOCK = 25;
const WARM_UP = 100;
/** Of DESIGN §15. */
const ABOVE_SSH = { p50: 1, p99: 4 };
const OF_FLOOR = 1.5;

type Call = () => Promise<unknown>;
type Times = Map<string, number[]>;

export const rpcRoundTrip: Row = {
  name: "rpc_round_trip",
  unit: "ms",
  budget:
    "p50 ≤ ssh + 1 ms, p99 ≤ ssh + 4 ms (client, and drop-in by its stdio); client ≤ 1.5 × (echo_two_hop + imsg)",
  measure: async (bench) => {
    const system = await startMac(bench, { dialect: "0.15", world: smallWorld });
    const paths = await openPaths(bench, system);
    for (const call of paths.values()) await timedCalls(WARM_UP, call);
    const runs: Times[] = [];
    for (let run = 0; run < bench.pick(RUNS.normal, RUNS.quick); run += 1) {
      runs.push(await measureRun(paths, bench.pick(CALLS.normal, CALLS.quick)));
      bench.say(`run ${run + 1}: ${[...paths.keys()].map((name) => shown(runs.at(-1), name)).join(", ")}`);
    }
    return judge(runs, paths.has("ssh"));
  },
};

async function openPaths(bench: Bench, system: System): Promise<Map<string, Call>> {
  const home = tempFolder("bench-drop-in");
  bench.later(() => home.remove());
  const stdio = async (command: Command): Promise<Call> => {
    const rpc = await StdioRpc.start(command);
    bench.later(() => rpc.stop());
    return () => rpc.call();
  };
  const sshd = await startSshd(bench);
  const paths = new Map<string, Call>([
    ["imsg", await stdio(imsgOf(system))],
    ["echo", (await startEcho(bench)).call],
    ["client", openClient(bench, system)],
    ["drop_in", await stdio(dropInOf(system, home.path))],
  ]);
  if (sshd !== null) paths.set("ssh", await stdio(sshd.ssh(imsgInShell(system))));
  return paths;
}

function openClient(bench: Bench, system: System): Call {
  const tunnel = connect({ relay: system.relayUrl, account: system.account, key: system.key, dial: wsDial });
  bench.later(() => tunnel.close());
  return async () => {
    const answer = await tunnel.call(CALL.method, CALL.params);
    if ("error" in answer) throw new Error(JSON.stringify(answer.error));
  };
}

async function measureRun(paths: ReadonlyMap<string, Call>, calls: number): Promise<Times> {
  const times: Times = new Map([...paths.keys()].map((name) => [name, []]));
  for (let made = 0; made < calls; made += BLOCK) {
    for (const [name, call] of paths) times.get(name)?.push(...(await timedCalls(BLOCK, call)));
  }
  return times;
}

function judge(runs: readonly Times[], hasPeer: boolean): Awaited<ReturnType<Row["measure"]>> {
  const p = (name: string, part: number): number =>
    round(medianOf(runs, (times) => quantile(times.get(name) ?? [], part)));
  const p50 = (name: string): number => p(name, 0.5);
  const p99 = (name: string): number => p(name, 0.99);
  const floor = p50("echo") + p50("imsg");
  const nearFloor = p50("client") <= OF_FLOOR * floor;
  const nearSsh = (name: string): boolean =>
    p50(name) <= p50("ssh") + ABOVE_SSH.p50 && p99(name) <= p99("ssh") + ABOVE_SSH.p99;
  const details = {
    of_floor: round(p50("client") / floor),
    echo_p50_ms: p50("echo"),
    imsg_p50_ms: p50("imsg"),
    imsg_p99_ms: p99("imsg"),
    drop_in_p50_ms: p50("drop_in"),
    drop_in_p99_ms: p99("drop_in"),
    ...(hasPeer ? { ssh_p99_ms: p99("ssh") } : {}),
  };
  const verdicts = hasPeer ? [nearFloor, nearSsh("client"), nearSsh("drop_in")] : [nearFloor];
  // Over the floor is over budget, whoever is there to compare with.
  const within = verdicts.includes(false) ? false : hasPeer ? true : null;
  const peer = hasPeer ? { name: "ssh host imsg rpc, open", value: p50("ssh") } : null;
  return { value: p50("client"), p99: p99("client"), peer, within, details };
}

const shown = (times: Times | undefined, name: string): string =>
  `${name} ${round(quantile(times?.get(name) ?? [], 0.5))}`;
