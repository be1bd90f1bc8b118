// Pairing (openclaw-imessage-channel.md §3), without storage: a stranger gets a code once, the owner approves it.
import { equalBytes } from "../ids.ts";

export const PAIRING_CODE_CHARS = 8;
/** Without 0, 1, I and O, which are misread. 32 letters, so that a random byte is fair. */
const ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
/** From the first message of a stranger; repeats do not lengthen it. */
export const PAIRING_MS = 60 * 60 * 1_000;
/** Strangers waiting at once, an account; a further one is told nothing. */
export const MAX_PENDING_PAIRINGS = 3;
/** Tries for a code that no pending request has; with 40 bits and 3 pending the second is never reached. */
const MAX_MINTS = 500;

export interface PairingRequest {
  /** Normalised. */
  readonly handle: string;
  readonly code: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly lastSeenAt: number;
}

type Pairing =
  | { readonly kind: "new"; readonly request: PairingRequest }
  /** The same code as before; the stranger is not told again. */
  | { readonly kind: "repeat"; readonly request: PairingRequest }
  | { readonly kind: "full" };

/** A code out of at least `PAIRING_CODE_CHARS` random bytes. */
export function newCode(randomBytes: Uint8Array): string {
  if (randomBytes.length < PAIRING_CODE_CHARS) throw new Error("a pairing code needs more random bytes");
  let code = "";
  for (const byte of randomBytes.subarray(0, PAIRING_CODE_CHARS)) code += ALPHABET[byte % ALPHABET.length];
  return code;
}

/** As it is compared. Letters that no code has stay what they are, and match nothing. */
export const canonicalCode = (text: string): string => text.trim().toUpperCase();

export const isExpired = (request: PairingRequest, now: number): boolean =>
  !(now - request.createdAt <= PAIRING_MS);

/** Those still valid, the most recently seen ones first to stay where there are too many. */
export function prune(pending: readonly PairingRequest[], now: number): PairingRequest[] {
  const valid = pending.filter((request) => !isExpired(request, now));
  if (valid.length <= MAX_PENDING_PAIRINGS) return valid;
  const kept = new Set([...valid].sort((a, b) => b.lastSeenAt - a.lastSeenAt).slice(0, MAX_PENDING_PAIRINGS));
  return valid.filter((request) => kept.has(request));
}

/** `mint` gives a fresh random code at each call. */
export function requestPairing(
  pending: readonly PairingRequest[],
  handle: string,
  now: number,
  mint: () => string,
): Pairing {
  const valid = prune(pending, now);
  const known = valid.find((request) => request.handle === handle);
  if (known !== undefined) return { kind: "repeat", request: { ...known, lastSeenAt: now } };
  if (valid.length >= MAX_PENDING_PAIRINGS) return { kind: "full" };
  const taken = new Set(valid.map((request) => request.code));
  for (let tries = 0; tries < MAX_MINTS; tries += 1) {
    const code = mint();
    if (!taken.has(code)) return { kind: "new", request: { handle, code, createdAt: now, lastSeenAt: now } };
  }
  return { kind: "full" };
}

/** The valid request with that code. Looks at all of them, in time that does not tell which one. */
export function findByCode(
  pending: readonly PairingRequest[],
  text: string,
  now: number,
): PairingRequest | undefined {
  const encoder = new TextEncoder();
  const wanted = encoder.encode(canonicalCode(text));
  let found: PairingRequest | undefined;
  for (const request of pending) {
    const matches = equalBytes(encoder.encode(request.code), wanted);
    if (matches && !isExpired(request, now)) found = request;
  }
  return found;
}

const DEFAULT_TEXT = [
  "This assistant does not know you yet, so it has not read your message.",
  "You write as {handle}. Your pairing code:",
  "",
  "{code}",
  "",
  "Whoever runs the assistant can let you in with: imsg-relay pairing approve {code}",
].join("\n");

interface PairingWords {
  readonly code: string;
  readonly handle: string;
  readonly name: string;
}

/** What the stranger is told. One pass, so that braces in a handle or a name stay what they are. */
export function pairingText(template: string, words: PairingWords): string {
  return (template.trim() === "" ? DEFAULT_TEXT : template).replace(
    /\{(code|handle|name)\}/g,
    (_, name: keyof PairingWords) => words[name],
  );
}
