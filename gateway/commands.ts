// What people run, apart from what gateways run at every message (./main.ts); loaded by ./entry.ts.
import { COMMAND_RUNS } from "./cli/commands.ts";
import type { Invocation } from "./cli/invocation.ts";
import { runToEnd } from "./cli/run.ts";

/** What the fast path calls. */
export interface Commands {
  command(invocation: Invocation): void;
}

export const command: Commands["command"] = (invocation) => {
  const run = COMMAND_RUNS.get(invocation.command ?? "");
  if (run === undefined) throw new Error(`no code for the command ${invocation.command}`);
  runToEnd(run, invocation);
};
