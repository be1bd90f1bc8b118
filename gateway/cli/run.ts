import { findHome, type Home } from "../profile/home.ts";
import { EXIT } from "./exit-codes.ts";
import type { Invocation } from "./invocation.ts";

/** One command; resolves with the exit code. */
export type Run = (invocation: Invocation, home: Home) => Promise<number>;

/** Runs it in the profile that was asked for; the process ends by itself when its output is written. */
export function runToEnd(run: Run, invocation: Invocation): void {
  const home = findHome(process.env, invocation.profile);
  if (home === undefined) {
    console.error("imsg-relay: a profile's name is letters, digits, dot, dash and underscore.");
    process.exitCode = EXIT.misuse;
    return;
  }
  void run(invocation, home).then((exitCode) => {
    process.exitCode = exitCode;
  });
}
