// From the spawn of the agent to its first connection attempt, at a listening socket of ours.
import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import path from "node:path";
import { startProgram } from "../../../host/child.ts";
import { owned } from "../../e2e/owned.ts";
import { PROGRAMS } from "../../e2e/programs.ts";
import { tempFolder } from "../../e2e/temp.ts";
import type { Bench, Row } from "../row.ts";
import { median, round } from "../stats.ts";
import { now } from "../timing.ts";
import type { Command } from "../stdio-rpc.ts";

const BUDGET_MS = 150;
const RUNS = { normal: 15, quick: 5 };

export const agentStart: Row = {
  name: "agent_start",
  unit: "ms",
  budget: "≤ 150 ms from spawn to its first connection attempt",
  measure: async (bench) => {
    const door = await listen(bench);
    const home = enrolledHome(bench, door.port);
    const agent: Command = {
      command: process.execPath,
      args: [PROGRAMS.agent, "run"],
      env: { IMSG_RELAY_HOME: home },
    };
    // What no program in this language can be faster than.
    const bare: Command = {
      command: process.execPath,
      args: ["-e", `require("net").connect(${door.port}, "127.0.0.1"); setInterval(() => {}, 1000)`],
    };
    const times = { agent: [] as number[], bare: [] as number[] };
    for (let run = 0; run < bench.pick(RUNS.normal, RUNS.quick); run += 1) {
      times.bare.push(await knock(door, bare));
      times.agent.push(await knock(door, agent));
    }
    const value = round(median(times.agent));
    const details = { best_ms: round(Math.min(...times.agent)), bare_node_ms: round(median(times.bare)) };
    return { value, p99: null, peer: null, within: value <= BUDGET_MS, details };
  },
};

interface Door {
  readonly port: number;
  readonly server: Server;
}

async function listen(bench: Bench): Promise<Door> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  bench.later(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { port: address.port, server };
}

/** As enrolment leaves it; nobody will look at the signature. */
function enrolledHome(bench: Bench, port: number): string {
  const home = tempFolder("bench-agent");
  bench.later(() => home.remove());
  const folder = path.join(home.path, "agent", "default");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { privateKey } = generateKeyPairSync("ed25519");
  const identity = {
    version: 1,
    relay: `http://127.0.0.1:${port}`,
    account: "acc_bench",
    tenant: "ten_bench",
    install: "ins_bench",
    name: "bench",
    private_key: privateKey.export({ type: "pkcs8", format: "pem" }),
    created_at: new Date().toISOString(),
  };
  const write = (name: string, value: unknown): void =>
    writeFileSync(path.join(folder, name), JSON.stringify(value), { mode: 0o600 });
  write("identity.json", identity);
  write("agent.jsonc", { cliPath: PROGRAMS.sim, dbPath: path.join(home.path, "chat.db") });
  return home.path;
}

async function knock({ server }: Door, { command, args, env }: Command): Promise<number> {
  const knocked = new Promise<number>((resolve) => server.once("connection", () => resolve(now())));
  const began = now();
  const said: string[] = [];
  const program = await startProgram({
    command,
    args,
    env: { ...process.env, ...env },
    onLine: (line) => said.push(line),
  });
  owned.add(program.pid);
  const ended = program.exited.then((how) => {
    throw new Error(`it ended (${how}): ${said.slice(0, 3).join(" | ")}`);
  });
  try {
    return (await Promise.race([knocked, ended])) - began;
  } finally {
    program.kill("SIGKILL");
    await program.exited;
    owned.remove(program.pid);
    ended.catch(() => undefined);
  }
}
