// Ids that can be presented carry a MAC, so that the Worker refuses a guessed one before any object is
// touched (DESIGN §12). Layout, before base32: secret version (1) ‖ jurisdiction (1, reserved) ‖ tenant (10)
// ‖ account (10, where the kind has one) ‖ own (10; 16 where the id itself is the secret) ‖ MAC (8).
import { decodeBase32, encodeBase32 } from "./base32.ts";

const PART_BYTES = 10;
const MAC_BYTES = 8;
const HEAD_BYTES = 2;

const KINDS = {
  ten: { account: false, own: 0 },
  acc: { account: true, own: 0 },
  key: { account: false, own: PART_BYTES },
  end: { account: false, own: PART_BYTES },
  ins: { account: true, own: PART_BYTES },
  op: { account: true, own: PART_BYTES },
  enr: { account: true, own: 16 },
  tic: { account: true, own: 16 },
  tra: { account: true, own: 16 },
} as const satisfies Record<string, { account: boolean; own: number }>;

export type IdKind = keyof typeof KINDS;
export type Id<K extends IdKind> = string & { readonly idKind: K };
export type TenantId = Id<"ten">;
export type AccountId = Id<"acc">;
export type KeyId = Id<"key">;
export type InstallId = Id<"ins">;
export type OperationId = Id<"op">;
export type TicketId = Id<"tic">;

/** HMAC-SHA-256 under the secret of that version; undefined for a version that is not listed. */
export type MacOf = (version: number, message: Uint8Array) => Uint8Array | undefined;

export interface IdParts {
  readonly tenant: Uint8Array<ArrayBuffer>;
  readonly account?: Uint8Array<ArrayBuffer>;
  readonly own?: Uint8Array<ArrayBuffer>;
}

/** Reserved for a later jurisdiction; 0 = none. */
const NO_JURISDICTION = 0;

export function mintId<K extends IdKind>(kind: K, parts: IdParts, version: number, macOf: MacOf): Id<K> {
  const payload = new Uint8Array(payloadLength(kind));
  payload[0] = version;
  payload[1] = NO_JURISDICTION;
  let at = HEAD_BYTES;
  for (const part of [parts.tenant, KINDS[kind].account ? parts.account : undefined, parts.own]) {
    if (part === undefined) continue;
    payload.set(part, at);
    at += part.length;
  }
  if (at !== payload.length) throw new Error(`a ${kind} id needs other parts`);
  const mac = macOf(version, macInput(kind, payload));
  if (mac === undefined) throw new Error(`no secret of version ${version}`);
  const whole = new Uint8Array(payload.length + MAC_BYTES);
  whole.set(payload);
  whole.set(mac.subarray(0, MAC_BYTES), payload.length);
  return `${kind}_${encodeBase32(whole)}` as Id<K>;
}

/** Random parts of a new id. */
export const randomPart = (bytes = PART_BYTES): Uint8Array<ArrayBuffer> =>
  crypto.getRandomValues(new Uint8Array(bytes));
/** Length of the own part: longer where the id itself is the secret. */
export const ownBytes = (kind: IdKind): number => KINDS[kind].own;

/** The parts of an id whose MAC holds, else undefined: what was never issued does not exist. */
export function openId<K extends IdKind>(
  kind: K,
  text: string,
  macOf: MacOf,
): (IdParts & { id: Id<K> }) | undefined {
  const prefix = `${kind}_`;
  if (!text.startsWith(prefix)) return undefined;
  const length = payloadLength(kind);
  const whole = decodeBase32(text.slice(prefix.length), length + MAC_BYTES);
  const version = whole?.[0];
  if (whole === undefined || version === undefined) return undefined;
  const payload = whole.slice(0, length);
  // Whoever issued it meant an object elsewhere, which would be looked for, and made, in the wrong place.
  if (payload[1] !== NO_JURISDICTION) return undefined;
  const mac = macOf(version, macInput(kind, payload));
  if (mac === undefined || !equalBytes(mac.subarray(0, MAC_BYTES), whole.subarray(length))) return undefined;
  const tenantEnd = HEAD_BYTES + PART_BYTES;
  const accountEnd = tenantEnd + (KINDS[kind].account ? PART_BYTES : 0);
  return {
    id: text as Id<K>,
    tenant: payload.slice(HEAD_BYTES, tenantEnd),
    ...(KINDS[kind].account ? { account: payload.slice(tenantEnd, accountEnd) } : {}),
    ...(KINDS[kind].own > 0 ? { own: payload.slice(accountEnd) } : {}),
  };
}

/**
 * The name of the object an id leads to: without version and MAC, so that a rotated secret leads to the same
 * object.
 */
export const tenantName = (parts: IdParts): string => encodeBase32(parts.tenant);
export const accountName = (parts: IdParts): string =>
  `${encodeBase32(parts.tenant)}.${encodeBase32(parts.account ?? new Uint8Array())}`;

/** Compares in time that depends on the length alone. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (const [at, byte] of a.entries()) difference |= byte ^ (b[at] ?? 0);
  return difference === 0;
}

const payloadLength = (kind: IdKind): number =>
  HEAD_BYTES + PART_BYTES + (KINDS[kind].account ? PART_BYTES : 0) + KINDS[kind].own;

/** The kind is under the MAC too: an operation's bytes are no install's. */
function macInput(kind: IdKind, payload: Uint8Array): Uint8Array {
  const label = new TextEncoder().encode(`imsg-relay ${kind} `);
  const input = new Uint8Array(label.length + payload.length);
  input.set(label);
  input.set(payload, label.length);
  return input;
}
