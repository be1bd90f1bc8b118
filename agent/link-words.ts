// Why there is no link, in words for the owner of the Mac.
import { CLOSE } from "../shared/close.ts";

const CLOSES: Readonly<Record<number, string>> = {
  [CLOSE.goodbye]: "the relay said goodbye",
  [CLOSE.replaced]: "another agent serves this account; stop it, or start this one with --takeover",
  [CLOSE.protocol_violation]: "the two ends do not understand each other; update the agent or the relay",
  [CLOSE.unauthenticated]: "the relay does not know this agent; enrol it again with a new code",
  [CLOSE.revoked]: "this agent was revoked; enrol it again with a new code",
  [CLOSE.version]: "the relay speaks no protocol that this agent knows; update the agent",
  [CLOSE.heartbeat_lost]: "the link went silent",
  [CLOSE.relay_restarting]: "the relay restarts",
};

/** The peer's own reason is its own text: shortened and shown only beside ours. */
export function closeInWords(code: number, reason: string): string {
  const words = CLOSES[code] ?? `the connection ended (${code})`;
  return reason === "" ? words : `${words} (${reason.slice(0, 120).replaceAll(/[^\x20-\x7E]/g, "?")})`;
}

const STATUSES: Readonly<Record<number, string>> = {
  401: "the relay does not accept this agent; enrol it again with a new code",
  403: "the relay forbids this agent to connect; enrol it again with a new code",
  404: "the relay does not know this account; check its address, or enrol again",
  426: "what answers there is no relay of this protocol; update the agent, or check the address",
  429: "too many connections are open to this account",
  503: "the relay is not available",
};

export const statusInWords = (status: number): string =>
  STATUSES[status] ?? `the relay answered with HTTP status ${status}`;
