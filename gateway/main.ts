// What gateways run and the fast path does not need to know; loaded by ./entry.ts.
import type { Invocation } from "./cli/invocation.ts";
import { runRpc, type RpcStart } from "./cli/rpc.ts";
import { runToEnd } from "./cli/run.ts";
import { status as runStatus } from "./cli/status.ts";
import { readSettings } from "./profile/settings.ts";

/** What the fast path calls. */
export interface Program {
  status(invocation: Invocation): void;
  rpc(start: UncheckedStart): void;
}

/** As the fast path hands it over, which checks no settings. */
type UncheckedStart = Omit<RpcStart, "settings" | "log"> & { readonly settings: Record<string, unknown> };

const say = (line: string): void => {
  process.stderr.write(`imsg-relay: ${line}\n`);
};

export const status: Program["status"] = (invocation) =>
  runToEnd(({ json }, home) => runStatus(home, json), invocation);

export const rpc: Program["rpc"] = (start) => {
  const settings = readSettings(start.settings);
  if (settings.ok) {
    runRpc({ ...start, settings: settings.value, log: say });
    return;
  }
  say(`${start.home.file}: ${settings.error}`);
  process.exit(1);
};
