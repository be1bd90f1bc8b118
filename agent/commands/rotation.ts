// A new key in the place of the old one (ENR6), so that whatever ends this Mac in the middle, the relay and the file
// have one key in common: the new one is written beside the old before the relay hears of it, and the old one goes
// when the relay has taken the new. Begun again, it goes on where it was.
import { err, ok, type Result } from "../../shared/result.ts";
import { withNextKey, type StoredIdentity } from "../identity.ts";
import type { IdentityEdit } from "../node/home.ts";
import { publicKeyOf } from "./key-pair.ts";
import type { Prove } from "./prove.ts";

export interface RotationPorts {
  /** Durable when it returns; undefined = this install is not there any more. */
  readonly change: (edit: IdentityEdit) => StoredIdentity | undefined;
  /** Private, PEM. */
  readonly makeKey: () => string;
  readonly prove: Prove;
}

export async function rotateKey({
  change,
  makeKey,
  prove,
}: RotationPorts): Promise<Result<StoredIdentity, string>> {
  // One that another run has written is this one's, too: of two new keys one would be known to nobody.
  const identity = change((now) => (now.next_key === undefined ? { ...now, next_key: makeKey() } : now));
  const next_key = identity?.next_key;
  if (identity === undefined || next_key === undefined) return err(GONE);
  const { relay, private_key } = identity;
  const next = { privatePem: next_key, publicKey: publicKeyOf(next_key) };
  const announced = await prove({ relay, identity, key: private_key, wish: "rotate", next });
  // A relay that does not know the old key may have taken the new one in a run that was broken off.
  if (!announced.ok && announced.error.kind !== "unknown") return err(announced.error.why);
  const taken = await prove({ relay, identity, key: next_key, wish: "look" });
  if (!taken.ok) return err(taken.error.why);
  const after = change((now) => (now.next_key === next_key ? withNextKey(now) : now));
  return after === undefined ? err(GONE) : ok(after);
}

const GONE = "another command ended or replaced this enrolment meanwhile";
