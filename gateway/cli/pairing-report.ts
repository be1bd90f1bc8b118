import type { Allowed, Pairing, PairingRequest } from "../client/channel-shapes.ts";
import type { ClientError } from "../client/client-error.ts";
import { harmless, textTable } from "./text-table.ts";

type Verb = "list" | "approve" | "deny" | "revoke";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** For humans: who waits, how long still, and who was let in. */
export function describePairing({ requests, allowed }: Pairing, now: number): string {
  const pending =
    requests.length === 0
      ? ["Nobody is waiting for access."]
      : [
          ...table(
            ["CODE", "HANDLE", "NAME", "ASKED", "LAST SEEN", "EXPIRES"],
            [...requests]
              .sort((a, b) => a.created_at - b.created_at)
              .map((request) => requestRow(request, now)),
          ),
          "",
          "Let one in with: imsg-relay pairing approve CODE",
        ];
  if (allowed.length === 0) return [...pending, "", "Nobody is allowed by pairing."].join("\n");
  const rows = allowed.map(({ handle, approved_at, by }) => [handle, ago(now - approved_at), by]);
  return [...pending, "", "Allowed by pairing:", ...table(["HANDLE", "APPROVED", "BY"], rows)].join("\n");
}

export const describeAllowed = ({ handle }: Allowed): string =>
  `Approved: ${printable(handle)} may write to this account from now on. The message that asked is not shown again.`;

/** What went wrong, and what to do about it. */
export function why(error: ClientError, verb: Verb): string {
  const request = error.requestId === null ? "" : ` (request ${error.requestId})`;
  return `${sentence(error, verb)}${request}`;
}

function sentence({ code, message, retryAfterMs }: ClientError, verb: Verb): string {
  if (code === "not_found" && (verb === "approve" || verb === "deny")) {
    return (
      "no pending request has this code. A code ends after an hour; whoever writes again gets a new one. " +
      "`imsg-relay pairing list` shows those that wait."
    );
  }
  if (code === "not_found" && verb === "revoke") {
    return (
      "this handle was not let in by pairing. `imsg-relay pairing list` shows those that were; " +
      "who stands in the setting allowFrom is taken out there."
    );
  }
  if (code === "rate_limited") {
    const when = retryAfterMs === undefined ? "in a few minutes" : `in ${span(retryAfterMs, Math.ceil)}`;
    return verb === "list"
      ? `the relay had too many requests; try again ${when}.`
      : `too many wrong codes; try again ${when}.`;
  }
  if (code === "forbidden") {
    return (
      "the key of this login may not do this: it needs the scope manage, for this account. Who runs the relay makes one " +
      'with POST /v1/tenants/{tenant}/keys {"name": …, "scopes": ["manage"], "accounts": […]}; then `imsg-relay login`.'
    );
  }
  return message;
}

const requestRow = (request: PairingRequest, now: number): string[] => [
  request.code,
  request.handle,
  request.name ?? "",
  ago(now - request.created_at),
  ago(now - request.last_seen_at),
  request.expires_at <= now ? "now" : `in ${span(request.expires_at - now)}`,
];

/** Names come from strangers: as long as they like. */
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string[] =>
  textTable(
    head,
    rows.map((row) => row.map(printable)),
  );

const ago = (ms: number): string => (ms < MINUTE ? "just now" : `${span(ms)} ago`);

/** In the largest unit that fits; rounded down, unless somebody is told to wait so long. */
function span(ms: number, round: (value: number) => number = Math.floor): string {
  if (ms < MINUTE) return `${Math.max(1, round(ms / SECOND))} s`;
  if (ms < 2 * HOUR) return `${round(ms / MINUTE)} min`;
  return ms < 2 * DAY ? `${round(ms / HOUR)} h` : `${round(ms / DAY)} days`;
}

const MAX_CELL_CHARS = 60;

/** A cell, short and without anything that could move the cursor. */
export function printable(text: string): string {
  const plain = harmless(text);
  return plain.length > MAX_CELL_CHARS ? `${plain.slice(0, MAX_CELL_CHARS - 1)}…` : plain;
}
