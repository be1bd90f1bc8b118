// Whether another command changed who this agent is while it runs: `enroll --force`, `move`, `leave`. A new key alone
// is no such change (./keys.ts).
import { statSync } from "node:fs";
import type { StoredIdentity } from "../identity.ts";
import { IDENTITY_LOOK_MS } from "../limits.ts";
import { readIdentity } from "./home.ts";

export type IdentityChange = "changed" | "gone";

/** Tells once. A file that cannot be read just now says nothing. */
export function watchIdentity(
  file: string,
  { relay, account, install }: StoredIdentity,
  onChange: (change: IdentityChange) => void,
): void {
  const tell = (change: IdentityChange): void => {
    clearInterval(timer);
    onChange(change);
  };
  // Read only when it is another file: it is written as a whole, by rename.
  const stampOf = (): string => {
    const stat = statSync(file, { throwIfNoEntry: false });
    return `${stat?.ino}.${stat?.mtimeMs}`;
  };
  let known = "";
  const timer = setInterval(() => {
    const stamp = stampOf();
    if (stamp === known) return;
    known = stamp;
    const read = readIdentity(file);
    if (!read.ok) {
      if (read.error === "missing") tell("gone");
      return;
    }
    const { value: now } = read;
    if (now.relay !== relay || now.account !== account || now.install !== install) tell("changed");
  }, IDENTITY_LOOK_MS);
  timer.unref();
}
