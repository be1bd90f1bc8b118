import { createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";

export interface KeyPair {
  readonly privatePem: string;
  /** The raw 32 bytes, base64. */
  readonly publicKey: string;
}

export function makeKeyPair(): KeyPair {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  return {
    privatePem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    publicKey: rawPublicKey(publicKey),
  };
}

/** The last 32 bytes of the SPKI form are the key itself (RFC 8410). */
const rawPublicKey = (key: KeyObject): string =>
  key.export({ type: "spki", format: "der" }).subarray(-32).toString("base64");

/** The public half of a private key that is there. */
export const publicKeyOf = (privatePem: string): string => rawPublicKey(createPublicKey(privatePem));
