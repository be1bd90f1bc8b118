/**
 * One table: code → HTTP status, whether the same request may simply be tried again, the JSON-RPC code,
 * and the one sentence that may leave the process. No exception's text ever does.
 */
export const ERRORS = {
  invalid_request: { status: 400, retryable: false, rpc: -32040, sentence: "The request is not valid." },
  unauthenticated: {
    status: 401,
    retryable: false,
    rpc: -32041,
    sentence: "The key is missing, unknown, expired or revoked.",
  },
  forbidden: { status: 403, retryable: false, rpc: -32042, sentence: "The key does not allow this." },
  forbidden_by_mac: {
    status: 403,
    retryable: false,
    rpc: -32043,
    sentence: "The owner of the Mac does not allow this.",
  },
  not_found: { status: 404, retryable: false, rpc: -32044, sentence: "There is nothing here." },
  conflict: { status: 409, retryable: false, rpc: -32045, sentence: "This contradicts an earlier request." },
  chat_claimed: { status: 409, retryable: false, rpc: -32046, sentence: "Another consumer owns this chat." },
  gone: { status: 410, retryable: false, rpc: -32047, sentence: "This existed and no longer does." },
  length_required: { status: 411, retryable: false, rpc: -32048, sentence: "A Content-Length is required." },
  too_large: { status: 413, retryable: false, rpc: -32049, sentence: "The request is too large." },
  unsupported: { status: 422, retryable: false, rpc: -32050, sentence: "This is not supported here." },
  not_ready: {
    status: 425,
    retryable: true,
    rpc: -32051,
    sentence: "This is not ready yet; try again shortly.",
  },
  rate_limited: {
    status: 429,
    retryable: true,
    rpc: -32052,
    sentence: "Too many requests; try again later.",
  },
  internal: {
    status: 500,
    retryable: false,
    rpc: -32053,
    sentence: "The relay failed. The request id finds it in the log.",
  },
  agent_offline: { status: 503, retryable: true, rpc: -32054, sentence: "The Mac is not connected." },
  messages_unavailable: {
    status: 503,
    retryable: true,
    rpc: -32055,
    sentence: "The Mac is connected, but Messages cannot be read.",
  },
  deadline_exceeded: { status: 504, retryable: true, rpc: -32056, sentence: "There was no answer in time." },
  partly_sent: {
    status: 422,
    retryable: false,
    rpc: -32057,
    sentence: "The first parts went out and the rest did not; sending all of it again would repeat them.",
  },
  tenant_suspended: {
    status: 403,
    retryable: false,
    rpc: -32058,
    sentence: "The relay's operator has suspended this tenant.",
  },
  account_paused: {
    status: 403,
    retryable: false,
    rpc: -32059,
    sentence: "This account is paused; whoever manages it can resume it.",
  },
} as const satisfies Record<string, { status: number; retryable: boolean; rpc: number; sentence: string }>;

export type ErrorCode = keyof typeof ERRORS;
export const ERROR_CODES = Object.keys(ERRORS) as ErrorCode[];

/**
 * A refusal that crosses layers: thrown anywhere, caught once at each door. `detail` is written by us for
 * the caller (which field, what to do); it holds no secret, no message text, no path of ours.
 */
export class RelayError extends Error {
  override readonly name = "RelayError";
  readonly code: ErrorCode;
  readonly detail: string | undefined;
  readonly more: Omit<Refused, "code" | "detail">;

  constructor(code: ErrorCode, detail?: string, more: Omit<Refused, "code" | "detail"> = {}) {
    super(detail ?? ERRORS[code].sentence);
    this.code = code;
    this.detail = detail;
    this.more = more;
  }
}

/** An expected refusal as a value, where its code alone says too little. */
export interface Refused {
  readonly code: ErrorCode;
  readonly detail?: string;
  /** Seconds; said as Retry-After too. */
  readonly retry_after_s?: number;
  /** Of the Mac's owner, by its name in agent.jsonc: what forbids it, or whose cap it is. */
  readonly rule?: string;
  /** What is wrong, item by item. */
  readonly problems?: readonly unknown[];
  /** Of a file: how long it is, and how long it may be, in bytes. */
  readonly size?: number;
  readonly cap?: number;
  /** Which quota, what it is, and how much of it is used. */
  readonly quota?: { readonly name: string; readonly limit: number; readonly used: number };
  /** Of an upload: how much of it is there. */
  readonly offset?: number;
  /** Of a send that was stored: its id, and how many of its parts went out before it was given up. */
  readonly operation?: string;
  readonly outcome?: "not_sent";
  readonly delivered?: number;
  readonly parts?: number;
}

/** RFC 9457, the body of every HTTP refusal. */
interface Problem extends Omit<Refused, "code" | "detail"> {
  readonly type: "about:blank";
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly detail?: string;
  readonly request_id: string;
}

export function problem(
  code: ErrorCode,
  requestId: string,
  detail?: string,
  more: Omit<Refused, "code" | "detail"> = {},
): Problem {
  const { status, retryable, sentence } = ERRORS[code];
  const body = {
    type: "about:blank",
    title: sentence,
    status,
    code,
    retryable,
    request_id: requestId,
    ...more,
  } as const;
  return detail === undefined ? body : { ...body, detail };
}
