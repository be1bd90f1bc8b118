/** WebSocket close codes of ours. 4001 to 4005, and 4008, are for the human: say why, and try again only rarely. */
export const CLOSE = {
  goodbye: 4000,
  replaced: 4001,
  protocol_violation: 4002,
  unauthenticated: 4003,
  revoked: 4004,
  version: 4005,
  heartbeat_lost: 4006,
  relay_restarting: 4007,
  /** Shut out for a while: the tenant is suspended, or the account paused. */
  held: 4008,
  /** The relay's own trouble: try again. */
  not_stored: 1011,
} as const;

export const isFatalClose = (code: number): boolean =>
  (code >= CLOSE.replaced && code <= CLOSE.version) || code === CLOSE.held;

/** Refusals before the upgrade mean the same as a fatal close. */
export const isFatalStatus = (status: number): boolean => [401, 403, 404, 426].includes(status);

/** A close reason holds 123 bytes of UTF-8 (RFC 6455 §5.5); cut on a code point, because more throws. */
export function fitReason(reason: string): string {
  const encoder = new TextEncoder();
  let fitted = "";
  let bytes = 0;
  for (const point of reason) {
    bytes += encoder.encode(point).length;
    if (bytes > 123) break;
    fitted += point;
  }
  return fitted;
}

/** Who is shut out for a while is told so by these codes (shared/errors.ts), or by a Close with `held` and these words. */
const HELD_WORDS = {
  tenant_suspended: "the relay's operator has suspended this tenant",
  account_paused: "this account is paused",
} as const;
export type HeldCode = keyof typeof HELD_WORDS;
const HELD_CODES = Object.keys(HELD_WORDS) as HeldCode[];

/** The reason of a Close with `held`; `reason` = the operator's own words. */
export const heldReason = (code: HeldCode, reason: string | null): string =>
  reason === null ? HELD_WORDS[code] : `${HELD_WORDS[code]}: ${reason}`;

/** Undefined = a relay that says it another way. */
export function readHeldReason(
  text: string,
): { readonly code: HeldCode; readonly reason: string | null } | undefined {
  const code = HELD_CODES.find((one) => text === HELD_WORDS[one] || text.startsWith(`${HELD_WORDS[one]}: `));
  if (code === undefined) return undefined;
  const reason = text.slice(HELD_WORDS[code].length + 2);
  return { code, reason: reason === "" ? null : reason };
}

/** Why an install is accepted no longer: at the relay, by an enrolment that moved the account, or by its own Mac. */
export const INSTALL_ENDS = ["revoked", "moved", "left"] as const;
export type InstallEnd = (typeof INSTALL_ENDS)[number];

/** The reason of a Close with `revoked`: what ended the install, and when (ENR9). */
export const endedReason = (end: InstallEnd, at: number): string => `${end} at ${new Date(at).toISOString()}`;

/** Undefined = a relay that says it another way. */
export function readEndedReason(
  reason: string,
): { readonly end: InstallEnd; readonly at: number } | undefined {
  const [word, time, ...rest] = reason.split(" at ");
  const end = INSTALL_ENDS.find((one) => one === word);
  const at = Date.parse(time ?? "");
  return end === undefined || Number.isNaN(at) || rest.length > 0 ? undefined : { end, at };
}
