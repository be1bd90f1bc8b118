// An endpoint's signing secret (Standard Webhooks 1.0): `whsec_` and the base64 of the bytes that sign.
import { decodeBase64, encodeBase64 } from "../base64.ts";
import { err, ok, type Result } from "../result.ts";
import { MAX_SECRET_BYTES, MIN_SECRET_BYTES, SECRET_BYTES } from "./limits.ts";

/** The bytes themselves; what is written down is `formatSecret` of them. */
export type SigningSecret = Uint8Array<ArrayBuffer>;

const PREFIX = "whsec_";

export const mintSecret = (): SigningSecret => crypto.getRandomValues(new Uint8Array(SECRET_BYTES));

export const formatSecret = (secret: SigningSecret): string => `${PREFIX}${encodeBase64(secret)}`;

/** The prefix may be missing, as the official libraries allow. The error holds nothing of the secret. */
export function parseSecret(text: string): Result<SigningSecret, string> {
  const encoded = text.startsWith(PREFIX) ? text.slice(PREFIX.length) : text;
  if (/\s/.test(encoded)) return err("there is a space or a line break in the secret");
  const secret = decodeBase64(encoded);
  if (secret === undefined) return err(`a secret is ${PREFIX} and base64 (A-Z a-z 0-9 + /, padded with =)`);
  if (secret.length < MIN_SECRET_BYTES || secret.length > MAX_SECRET_BYTES)
    return err(
      `a secret has ${MIN_SECRET_BYTES} to ${MAX_SECRET_BYTES} bytes; this one has ${secret.length}`,
    );
  return ok(secret);
}
