// Why there is no link, in words for the owner of the Mac.
import { CLOSE, readEndedReason, type InstallEnd } from "../shared/close.ts";
import { localTime } from "../shared/terminal/local-time.ts";

const CLOSES: Readonly<Record<number, string>> = {
  [CLOSE.goodbye]: "the relay said goodbye",
  [CLOSE.replaced]: "another agent serves this account; stop it, or start this one with --takeover",
  [CLOSE.protocol_violation]: "the two ends do not understand each other; update the agent or the relay",
  [CLOSE.unauthenticated]: "the relay does not know this agent; enrol it again with a new code",
  [CLOSE.revoked]: "the enrolment of this Mac was revoked; enrol it again with a new code",
  [CLOSE.version]: "the relay speaks no protocol that this agent knows; update the agent",
  [CLOSE.heartbeat_lost]: "the link went silent",
  [CLOSE.relay_restarting]: "the relay restarts",
  [CLOSE.held]: "this account is shut out for a while; what Messages gets meanwhile is shown afterwards",
};

/** ENR9. */
const ENDS: Readonly<Record<InstallEnd, string>> = {
  moved:
    "this account was moved to another Mac on {time}; to bring it back, enrol this one again with a new code, --force and --takeover",
  revoked: "the enrolment of this Mac was revoked at the relay on {time}; enrol it again with a new code",
  left: "this Mac left the account on {time}; to join again, enrol it with a new code",
};

/** The peer's own reason is its own text: shortened and shown only beside ours. */
export function closeInWords(code: number, reason: string): string {
  const ended = code === CLOSE.revoked ? readEndedReason(reason) : undefined;
  if (ended !== undefined) return ENDS[ended.end].replace("{time}", localTime(ended.at));
  const words = CLOSES[code] ?? `the connection ended (${code})`;
  return reason === "" ? words : `${words} (${reason.slice(0, 120).replaceAll(/[^\x20-\x7E]/g, "?")})`;
}

const STATUSES: Readonly<Record<number, string>> = {
  401: "the relay does not accept this agent; enrol it again with a new code",
  403: "the relay forbids this agent to connect; enrol it again with a new code",
  404: "the relay does not know this account; check its address, or enrol again",
  426: "what answers there is no relay of this protocol; update the agent, or check the address",
  429: "too many connect to this account at once",
  503: "the relay is not available",
};

const isRedirect = (status: number): boolean => status >= 300 && status < 400;

export const statusInWords = (status: number): string =>
  STATUSES[status] ??
  (isRedirect(status)
    ? `what answers there points elsewhere (HTTP status ${status}); the address must be the relay's own`
    : `the relay answered with HTTP status ${status}`);
