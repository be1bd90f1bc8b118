// Asks the relay whether it knows this Mac (ENR6, `look`). The lease stays where it is: `hello` is not said.
import { proveOver, type Prove } from "../../commands/prove.ts";
import type { StoredIdentity } from "../../identity.ts";
import { proxyAgent } from "../../node/dial.ts";
import type { ProofFacts } from "../facts.ts";

export async function showIdentity(identity: StoredIdentity, signal: AbortSignal): Promise<ProofFacts> {
  const prove = proveOver(await proxyAgent(identity.relay));
  const interrupted = new Promise<ProofFacts>((resolve) => {
    const end = (): void => resolve({ kind: "unheard", why: "interrupted" });
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
  return await Promise.race([interrupted, proofOf(identity, prove)]);
}

/** By the key that counts, or by the one that is to take its place. */
async function proofOf(identity: StoredIdentity, prove: Prove): Promise<ProofFacts> {
  const { relay, private_key, next_key } = identity;
  const look = { relay, identity, wish: "look" } as const;
  const first = await prove({ ...look, key: private_key });
  const isOther = !first.ok && first.error.kind === "unknown" && next_key !== undefined;
  const proof = isOther ? await prove({ ...look, key: next_key }) : first;
  return proof.ok ? { kind: "known" } : proof.error;
}
