// What the end of one attempt means for its delivery and its endpoint.
import { ATTEMPT_TIMEOUT_MS } from "./limits.ts";
import { readRetryAfter } from "./retry-after.ts";

export type AttemptEnd =
  | { readonly status: number; readonly retryAfter?: string | null }
  | { readonly error: "timeout" | "refused" | "lost" | "unreachable" }
  /** Never sent: `why` is the sentence of the guard. */
  | { readonly error: "blocked"; readonly why: string };

export type Verdict =
  | { readonly outcome: "delivered"; readonly text: string }
  /** Tried again by the schedule. */
  | { readonly outcome: "failed"; readonly text: string }
  /** Tried again, too; the receiver is up and asks for time. */
  | { readonly outcome: "throttled"; readonly text: string; readonly retryAfterMs: number | undefined }
  /** The receiver wants no more of it: the endpoint is disabled. */
  | { readonly outcome: "gone"; readonly text: string };

/** These mean "later" where they say when; 429 means it always. */
const LATER: ReadonlySet<number> = new Set([429, 502, 503, 504]);

const ERROR_TEXTS = {
  timeout: `did not answer within ${ATTEMPT_TIMEOUT_MS / 1_000} s`,
  refused: "refused the connection",
  // The relay's runtime does not say which (workerd 2026-04).
  lost: "refused the connection, or broke it",
  unreachable:
    "could not be reached: its name does not resolve or leads to a private address, its certificate is not accepted, or it speaks no HTTP",
} as const;

/** `text` continues "the endpoint …", for the attempt list. */
export function judge(end: AttemptEnd, now: number): Verdict {
  if (!("error" in end)) return judgeAnswer(end.status, end.retryAfter, now);
  const text = end.error === "blocked" ? `was not asked: ${end.why}` : ERROR_TEXTS[end.error];
  return { outcome: "failed", text };
}

function judgeAnswer(status: number, retryAfter: string | null | undefined, now: number): Verdict {
  const text = `answered ${status}`;
  if (status >= 200 && status < 300) return { outcome: "delivered", text };
  if (status === 410) return { outcome: "gone", text: `${text}: it wants no more events` };
  if (status >= 300 && status < 400)
    return { outcome: "failed", text: `${text}: a redirect, which is never followed` };
  if (!LATER.has(status)) return { outcome: "failed", text };
  const retryAfterMs = readRetryAfter(retryAfter, now);
  if (retryAfterMs === undefined && status !== 429) return { outcome: "failed", text };
  const when = retryAfterMs === undefined ? "" : ` for ${Math.ceil(retryAfterMs / 1_000)} s`;
  return { outcome: "throttled", text: `${text}: it asks for time${when}`, retryAfterMs };
}
