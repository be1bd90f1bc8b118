// The keys of an install as its identity file has them. Read anew for every signature: another process may have
// changed them (`rotate-key`), and the agent that runs must not be stopped for it.
import { withNextKey, type StoredIdentity } from "../identity.ts";
import type { Keys, Log } from "../ports.ts";
import { readIdentity, writeIdentity } from "./home.ts";
import { signer } from "./machine.ts";

/** `identity`: as it was read at the start, for when the file can be read no more. */
export function fileKeys(file: string, identity: StoredIdentity, log: Log): Keys {
  let known = identity;
  let used = identity.private_key;
  const refused = new Set<string>();

  const readAgain = (): void => {
    const read = readIdentity(file);
    if (read.ok && read.value.install === identity.install) known = read.value;
  };
  /** The newer one first: once it was taken, the other counts no longer. */
  const untried = (): string | undefined =>
    [known.next_key, known.private_key].find((key) => key !== undefined && !refused.has(key));

  return {
    sign: (text) => {
      readAgain();
      const key = untried();
      if (key === undefined) refused.clear();
      used = key ?? known.next_key ?? known.private_key;
      return signer(used)(text);
    },
    refused: () => {
      refused.add(used);
      readAgain();
      if (untried() !== undefined) return true;
      refused.clear();
      return false;
    },
    accepted: () => {
      refused.clear();
      readAgain();
      if (used !== known.next_key) return;
      try {
        known = withNextKey(known);
        writeIdentity(file, known);
        log("info", "key_changed");
      } catch {
        // Both are in the file still, and both are tried at the next connection.
        log("warn", "key_not_written");
      }
    },
  };
}
