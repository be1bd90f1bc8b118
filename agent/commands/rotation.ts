// A new key in the place of the old one (ENR6), so that whatever ends this Mac in the middle, the relay and the file
// have one key in common: the new one is written beside the old before the relay hears of it, and the old one goes
// when the relay has taken the new. Begun again, it goes on where it was.
import { err, ok, type Result } from "../../shared/result.ts";
import { withNextKey, type StoredIdentity } from "../identity.ts";
import { publicKeyOf } from "./key-pair.ts";
import type { Prove } from "./prove.ts";

export interface RotationPorts {
  /** Durable when it returns. */
  readonly write: (identity: StoredIdentity) => void;
  /** Private, PEM. */
  readonly makeKey: () => string;
  readonly prove: Prove;
}

export async function rotateKey(
  before: StoredIdentity,
  { write, makeKey, prove }: RotationPorts,
): Promise<Result<StoredIdentity, string>> {
  const next_key = before.next_key ?? makeKey();
  const identity = { ...before, next_key };
  if (before.next_key === undefined) write(identity);
  const { relay, private_key } = identity;
  const next = { privatePem: next_key, publicKey: publicKeyOf(next_key) };
  const announced = await prove({ relay, identity, key: private_key, wish: "rotate", next });
  // A relay that does not know the old key may have taken the new one in a run that was broken off.
  if (!announced.ok && announced.error.kind !== "unknown") return err(announced.error.why);
  const taken = await prove({ relay, identity, key: next_key, wish: "look" });
  if (!taken.ok) return err(taken.error.why);
  const after = withNextKey(identity);
  write(after);
  return ok(after);
}
