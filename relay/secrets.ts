// RELAY_SECRETS signs every id; keys and codes are stored as hashes only.
import { createHash, createHmac } from "node:crypto";
import { encodeBase32 } from "../shared/base32.ts";
import { equalBytes, type MacOf } from "../shared/ids.ts";

/** The versions that are accepted, and the newest, which mints. */
export interface Secrets {
  readonly newest: number;
  readonly macOf: MacOf;
}

/** Reads `"2:<hex>,1:<hex>"`, newest first; each secret at least 32 bytes. Throws with what is wrong: a deploy must fail loudly. */
export function readSecrets(text: string | undefined): Secrets {
  const keys = new Map<number, Uint8Array>();
  for (const entry of (text ?? "").split(",")) {
    const match = /^\s*([1-9][0-9]{0,2}):([0-9a-f]{64,})\s*$/.exec(entry);
    const version = Number(match?.[1]);
    if (match?.[2] === undefined || version > 255 || keys.has(version)) {
      throw new Error('RELAY_SECRETS must be "VERSION:64_HEX_DIGITS", newest first, comma-separated');
    }
    keys.set(version, fromHex(match[2]));
  }
  const newest = keys.keys().next().value;
  if (newest === undefined) throw new Error("RELAY_SECRETS is empty");
  return {
    newest,
    macOf: (version, message) => {
      const key = keys.get(version);
      return key === undefined ? undefined : createHmac("sha256", key).update(message).digest();
    },
  };
}

function fromHex(hex: string): Uint8Array {
  const bytes = new Uint8Array(Math.floor(hex.length / 2));
  for (const at of bytes.keys()) bytes[at] = Number.parseInt(hex.slice(at * 2, at * 2 + 2), 16);
  return bytes;
}

/** SHA-256, in hex: what is stored of a secret, and what an idempotent request is compared by. */
export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** 256 random bits, for a key's secret. */
export const newSecret = (): string => encodeBase32(crypto.getRandomValues(new Uint8Array(32)));

/** Whether two texts are the same, in time that depends on neither. */
export const sameSecret = (a: string, b: string): boolean =>
  equalBytes(createHash("sha256").update(a).digest(), createHash("sha256").update(b).digest());
