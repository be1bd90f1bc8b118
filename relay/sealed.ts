// Texts that leave the relay and come back unread and unchanged: AES-256-GCM under RELAY_SECRETS. The same text is
// sealed the same way every time, so that what is named by it keeps its name; the nonce is made of the text itself.
import { createCipheriv, createDecipheriv } from "node:crypto";
import type { Secrets } from "./secrets.ts";

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** `purpose` and `about` (an account's id) are bound to it: opened for another, it is nothing. */
export function seal(secrets: Secrets, purpose: string, about: string, text: string): string {
  const { newest } = secrets;
  const key = keyOf(secrets, newest, purpose);
  const nonce = secrets.macOf(newest, encoder.encode(`${purpose} nonce\n${about}\n${text}`));
  if (key === undefined || nonce === undefined) throw new Error("the newest secret is not listed");
  const cipher = createCipheriv("aes-256-gcm", key, nonce.slice(0, NONCE_BYTES));
  cipher.setAAD(encoder.encode(about));
  const sealed = cipher.update(encoder.encode(text));
  cipher.final();
  const whole = new Uint8Array(1 + NONCE_BYTES + sealed.length + TAG_BYTES);
  whole.set([newest]);
  whole.set(nonce.slice(0, NONCE_BYTES), 1);
  whole.set(sealed, 1 + NONCE_BYTES);
  whole.set(cipher.getAuthTag(), 1 + NONCE_BYTES + sealed.length);
  return toBase64Url(whole);
}

/** Undefined = nothing that this relay sealed for this purpose and account, or under a secret that is gone. */
export function unseal(secrets: Secrets, purpose: string, about: string, sealed: string): string | undefined {
  const whole = fromBase64Url(sealed);
  const version = whole?.[0];
  if (whole === undefined || version === undefined || whole.length < 1 + NONCE_BYTES + TAG_BYTES)
    return undefined;
  const key = keyOf(secrets, version, purpose);
  if (key === undefined) return undefined;
  const cipher = createDecipheriv("aes-256-gcm", key, whole.slice(1, 1 + NONCE_BYTES));
  cipher.setAAD(encoder.encode(about));
  cipher.setAuthTag(whole.slice(-TAG_BYTES));
  try {
    const text = cipher.update(whole.slice(1 + NONCE_BYTES, -TAG_BYTES));
    cipher.final();
    return decoder.decode(text);
  } catch {
    return undefined;
  }
}

const keyOf = (secrets: Secrets, version: number, purpose: string): Uint8Array | undefined =>
  secrets.macOf(version, encoder.encode(`${purpose} key`));

const toBase64Url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

function fromBase64Url(text: string): Uint8Array | undefined {
  if (!/^[\w-]+$/.test(text)) return undefined;
  try {
    return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) =>
      char.charCodeAt(0),
    );
  } catch {
    return undefined;
  }
}
