// What a Mac says with its key where it does not want to be the link (ENR6).
import { proofText, type Wish } from "../../../shared/prove-frames.ts";
import { knock, type Install, type newPublicKey } from "./agent.ts";
import { ORIGIN, type Json } from "./http.ts";
import type { Sock } from "./socket.ts";

export const base64 = (bytes: ArrayBuffer): string => btoa(String.fromCharCode(...new Uint8Array(bytes)));
export const sign = async (keys: CryptoKeyPair, text: string): Promise<string> =>
  base64(await crypto.subtle.sign({ name: "Ed25519" }, keys.privateKey, new TextEncoder().encode(text)));

type Next = Awaited<ReturnType<typeof newPublicKey>>;

/** Says `prove`, right but for what the test changes; what comes of it is the caller's. */
export async function prove(of: Install, wish: Wish, next?: Next, change: Json = {}): Promise<Sock> {
  const sock = await knock(of);
  const { nonce } = await sock.next();
  const { account, install } = of;
  const said = { wish, origin: ORIGIN, account, install, nonce: String(nonce), public_key: next?.public_key };
  const text = proofText(said);
  const announced =
    next === undefined ? {} : { public_key: next.public_key, next_signature: await sign(next.keys, text) };
  const signature = await sign(of.keys, text);
  sock.send({ t: "prove", wish, install, origin: ORIGIN, signature, ...announced, ...change });
  return sock;
}

/** The answer, and that nothing comes after it. */
export async function proved(of: Install, wish: Wish, next?: Next): Promise<Json> {
  const sock = await prove(of, wish, next);
  const answer = await sock.next();
  const { code, reason } = await sock.closed;
  if (code !== 4000) throw new Error(`closed with ${code}: ${reason}`);
  return answer;
}
