// A whole system under service settings: the tests' own shortens its waits.
import path from "node:path";
import { startSystem, type System, type SystemOptions } from "../e2e/harness.ts";
import { PROGRAMS } from "../e2e/programs.ts";
import type { Mac } from "../imsg-sim/scenario.ts";
import type { Bench } from "./row.ts";
import type { Command } from "./stdio-rpc.ts";

/** As an agent.jsonc that says nothing. */
export const SERVICE_CONFIG = { debounce_ms: 250, intervals: {} };

export async function startMac(bench: Bench, options: SystemOptions): Promise<System> {
  const system = await startSystem({
    ...options,
    agentConfig: { ...SERVICE_CONFIG, ...options.agentConfig },
  });
  bench.later(() => system.stop());
  return system;
}

const CHATS = 20;

/** Some chats with a few messages each: `chats.list` has something to list. */
export function smallWorld(mac: Mac): void {
  for (let chat = 0; chat < CHATS; chat += 1) {
    const handle = `+1555010${String(chat).padStart(4, "0")}`;
    mac.appendBulk(mac.dm(handle), handle, 5, "Are we still on for tomorrow at the climbing hall?");
  }
}

/** imsg of that Mac, as whoever sits at it would start it. */
export const imsgOf = (system: System): Command => ({
  command: process.execPath,
  args: [simFile, "rpc", "--db", system.world.dbPath],
});

/** The same for a shell on another machine. */
export const imsgInShell = (system: System): string =>
  ["exec", process.execPath, simFile, "rpc", "--db", system.world.dbPath]
    .map((word) => `'${word}'`)
    .join(" ")
    .replace("'exec'", "exec");

const simFile = path.join(path.dirname(PROGRAMS.sim), "..", "imsg-sim", "imsg-sim.cjs");

/** `imsg-relay rpc --json`, with a home of its own. */
export const dropInOf = (system: System, home: string): Command => ({
  command: PROGRAMS.gateway,
  args: ["rpc", "--json"],
  env: { IMSG_RELAY_HOME: home, IMSG_RELAY_URL: `${system.accountUrl}#${system.key}` },
});
