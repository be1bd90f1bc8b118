// What a refused connection means, in plain words: these ends are for a human, and come back rarely.
import { CLOSE, isFatalClose, isFatalStatus } from "../../shared/close.ts";
import type { ErrorCode } from "../../shared/errors.ts";
import { heldOf } from "./refused-upgrade.ts";
import type { SocketEnd } from "./socket.ts";

export interface Refused {
  readonly code: ErrorCode;
  readonly why: string;
}

const BY_CLOSE: Readonly<Record<number, Refused>> = {
  [CLOSE.replaced]: { code: "conflict", why: "The relay gave this connection's place to another one." },
  [CLOSE.protocol_violation]: { code: "invalid_request", why: "The relay did not understand this program." },
  [CLOSE.unauthenticated]: { code: "unauthenticated", why: "The relay does not accept the key." },
  [CLOSE.revoked]: { code: "unauthenticated", why: "The key was revoked." },
  [CLOSE.version]: {
    code: "unsupported",
    why: "The relay speaks another version of the protocol; update this program.",
  },
  [CLOSE.held]: {
    code: "forbidden",
    why: "The account is paused, or the relay's operator has suspended its tenant; nothing is lost meanwhile.",
  },
};

const BY_STATUS: Readonly<Record<number, Refused>> = {
  401: { code: "unauthenticated", why: "The key is missing, unknown, expired or revoked." },
  403: { code: "forbidden", why: "The key does not allow this: it needs the scope rpc and this account." },
  404: { code: "not_found", why: "The relay knows no such account." },
  426: {
    code: "unsupported",
    why: "The address is not that of a relay, or something before it blocks WebSockets.",
  },
};

/** Undefined where trying again may help by itself. */
export function readRefusal(end: SocketEnd): Refused | undefined {
  if (end.never === true) return { code: "unsupported", why: end.reason };
  const held = heldOf(end);
  if (held !== undefined) return held;
  if (end.code !== undefined && isFatalClose(end.code)) return BY_CLOSE[end.code];
  if (end.status !== undefined && isFatalStatus(end.status)) return BY_STATUS[end.status];
  return undefined;
}
