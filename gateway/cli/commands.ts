import { config } from "./config.ts";
import { login } from "./login.ts";
import { pairing } from "./pairing.ts";
import type { Run } from "./run.ts";
import { setup } from "./setup.ts";

/** What people run; what gateways run is in ../main.ts. */
export const COMMAND_RUNS: ReadonlyMap<string, Run> = new Map<string, Run>([
  ["config", config],
  ["login", (_invocation, home) => login(home)],
  ["pairing", pairing],
  ["setup", (invocation) => setup(invocation)],
]);
