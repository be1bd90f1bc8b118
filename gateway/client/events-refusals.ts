// Why a reader of events ends for good, in plain words; every other end is mended by connecting again.
import { CLOSE, isFatalClose } from "../../shared/close.ts";
import { ClientError, type ClientErrorCode } from "./client-error.ts";
import { heldOf } from "./refused-upgrade.ts";
import type { SocketEnd } from "./socket.ts";

const BY_CLOSE: Readonly<Record<number, readonly [ClientErrorCode, string]>> = {
  [CLOSE.replaced]: ["conflict", "Another reader took over the name of this consumer, or it was removed."],
  [CLOSE.protocol_violation]: ["invalid_request", "The relay did not understand this program; update it."],
  [CLOSE.unauthenticated]: ["unauthenticated", "The relay does not accept the key any more."],
  [CLOSE.revoked]: ["unauthenticated", "The key was revoked."],
  [CLOSE.version]: ["unsupported", "The relay speaks another version of the protocol; update this program."],
  [CLOSE.held]: [
    "forbidden",
    "The account is paused, or the relay's operator has suspended its tenant; nothing is lost meanwhile.",
  ],
};

const BY_STATUS: Readonly<Record<number, readonly [ClientErrorCode, string]>> = {
  400: [
    "invalid_request",
    "The relay does not accept what was asked: look at after, consumer, kinds and chats.",
  ],
  401: ["unauthenticated", "The key or ticket is missing, unknown, used, expired or revoked."],
  403: ["forbidden", "The key does not allow this: it needs the scope read and this account."],
  404: ["not_found", "The relay knows no such account."],
  426: ["unsupported", "The address is not that of a relay, or something before it blocks WebSockets."],
};

/** Of the 4xx, those that the same request may not meet again. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429]);

/** Undefined where trying again may help by itself (LINK6). */
export function fatalEnd(end: SocketEnd): ClientError | undefined {
  const { code, status, never, reason } = end;
  const fail = ([errorCode, detail]: readonly [ClientErrorCode, string]): ClientError =>
    new ClientError({ code: errorCode, detail, status: status ?? null, requestId: null });
  if (never === true) return fail(["unsupported", reason]);
  const held = heldOf(end);
  if (held !== undefined) return fail([held.code, held.why]);
  if (code !== undefined && isFatalClose(code)) return fail(BY_CLOSE[code] ?? ["conflict", reason]);
  if (status === undefined || status < 400 || status >= 500 || PASSING.has(status)) return undefined;
  return fail(BY_STATUS[status] ?? ["invalid_request", `The relay refuses this reader: ${reason}.`]);
}
