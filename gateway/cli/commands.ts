import { findHome, type Home } from "../profile/home.ts";
import { config } from "./config.ts";
import type { Invocation } from "./invocation.ts";
import { login } from "./login.ts";
import { pairing } from "./pairing.ts";
import { setup } from "./setup.ts";
import { status } from "./status.ts";

type Run = (invocation: Invocation, home: Home) => Promise<number>;

const RUNS: ReadonlyMap<string, Run> = new Map<string, Run>([
  ["config", config],
  ["login", (_invocation, home) => login(home)],
  ["pairing", pairing],
  ["setup", (invocation) => setup(invocation)],
  ["status", (invocation, home) => status(home, invocation.json)],
]);

/** The exit code. */
export async function runCommand(invocation: Invocation): Promise<number> {
  const home = findHome(process.env, invocation.profile);
  if (home === undefined) {
    console.error("imsg-relay: a profile's name is letters, digits, dot, dash and underscore.");
    return 2;
  }
  const run = RUNS.get(invocation.command ?? "");
  if (run === undefined) throw new Error(`no code for the command ${invocation.command}`);
  return run(invocation, home);
}
