// Standard Webhooks 1.0, symmetric: HMAC-SHA256 over `<id>.<timestamp>.<body>`, as `v1,<base64>`.
import { decodeBase64, encodeBase64 } from "../base64.ts";
import { equalBytes } from "../ids.ts";
import { MAX_LISTED_SIGNATURES } from "./limits.ts";
import type { SigningSecret } from "./secret.ts";

export interface SignedContent {
  /** Of the event, the same at every attempt; without a dot, or two contents would sign alike. */
  readonly id: string;
  /** Of this attempt: whole seconds since the Unix epoch. */
  readonly timestamp: number;
  /** Exactly as it is sent, or as it came. */
  readonly body: string | Uint8Array;
}

const VERSION = "v1,";
const encoder = new TextEncoder();

/** The value of `webhook-signature`: one entry for each secret, newest first; two while a rotation lasts. */
export async function signatureHeader(
  secrets: readonly SigningSecret[],
  content: SignedContent,
): Promise<string> {
  if (secrets.length === 0) throw new Error("there is no secret to sign with");
  if (!isSignable(content)) throw new Error("a webhook's id has no dot, its time is in whole seconds");
  const macs = await macsOf(secrets, content);
  return macs.map((mac) => `${VERSION}${encodeBase64(mac)}`).join(" ");
}

/**
 * Whether any signature in the header is by any of the secrets. Every pair is compared, in a time that tells nothing;
 * other versions (`v1a`) are passed over.
 */
export async function isSignedBy(
  secrets: readonly SigningSecret[],
  content: SignedContent,
  header: string,
): Promise<boolean> {
  if (!isSignable(content)) return false;
  const listed = header
    // A header that came twice is joined with a comma on its way.
    .split(/,? /, MAX_LISTED_SIGNATURES)
    .filter((entry) => entry.startsWith(VERSION))
    .map((entry) => decodeBase64(entry.slice(VERSION.length)) ?? new Uint8Array());
  let isFound = false;
  for (const mac of await macsOf(secrets, content))
    for (const signature of listed) isFound = equalBytes(mac, signature) || isFound;
  return isFound;
}

/** Where the dots are must be plain, else a body could be moved into the id. */
const isSignable = ({ id, timestamp }: SignedContent): boolean =>
  id !== "" && !id.includes(".") && Number.isSafeInteger(timestamp) && timestamp >= 0;

function macsOf(secrets: readonly SigningSecret[], content: SignedContent): Promise<Uint8Array[]> {
  const signed = signedBytes(content);
  return Promise.all(
    secrets.map(async (secret) => {
      const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, [
        "sign",
      ]);
      return new Uint8Array(await crypto.subtle.sign("HMAC", key, signed));
    }),
  );
}

function signedBytes({ id, timestamp, body }: SignedContent): Uint8Array<ArrayBuffer> {
  const head = encoder.encode(`${id}.${timestamp}.`);
  const rest = typeof body === "string" ? encoder.encode(body) : body;
  const whole = new Uint8Array(head.length + rest.length);
  whole.set(head);
  whole.set(rest, head.length);
  return whole;
}
