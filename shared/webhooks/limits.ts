// Every cap, wait and retry of webhooks, with its unit and its reason (DESIGN §11).
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const KIB = 1024;

/**
 * Before each attempt, after the end of the one before: 75 h 42 m 36 s together. Fine at first, since people wait for
 * an answer; long at last, so that a bad deploy on a Friday loses nothing.
 */
export const ATTEMPT_DELAYS_MS: readonly number[] = [
  0,
  1 * SECOND,
  5 * SECOND,
  30 * SECOND,
  2 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];
export const MAX_ATTEMPTS = ATTEMPT_DELAYS_MS.length;
/** Either way, as a share of the delay: endpoints that failed together do not come back together. */
export const ATTEMPT_JITTER = 0.2;
/** Through the attempt that follows this delay nothing of its chat passes it; then it may be set aside. */
export const STRICT_ORDER_DELAY_MS = 10 * MINUTE;
/** Longest Retry-After that is honoured: no receiver can park an event for good. */
export const MAX_RETRY_AFTER_MS = 24 * HOUR;
/** From the request to the last byte of the answer that is read. */
export const ATTEMPT_TIMEOUT_MS = 15 * SECOND;
/** An endpoint that did nothing but fail for so long is disabled. */
export const DISABLE_AFTER_MS = 5 * DAY;

/**
 * Attempts under way at once in one account object: the platform lets an object wait for six answers at a time, over
 * all that it is asked (2026-04), and an account asks nobody but endpoints.
 */
export const MAX_IN_FLIGHT = 6;
/** Of these, what one endpoint holds that failed or was slow last time … */
export const MAX_IN_FLIGHT_UNHEALTHY = 1;
/** … and what is kept free for those that did not. */
export const SLOTS_FOR_HEALTHY = 2;

/** An attempt that takes longer is slow: the next ones to that endpoint go one at a time. */
export const SLOW_ATTEMPT_MS = 1 * SECOND;
/**
 * An account tells its tenant at most so often that an endpoint takes what it is given: else one chat that fails in
 * another account would count as nothing but failures. It costs a call.
 */
export const SUCCESS_TOLD_MS = 6 * HOUR;
/** A tenant that did not answer is asked again after this. */
export const TENANT_RETRY_MS = 10 * SECOND;
/** What could not be stored is delivered again, and not at once: the disk may be full for long. */
export const STORE_RETRY_MS = 10 * SECOND;
/** What is due and cannot go is looked at again after this at the earliest: no alarm rings in a loop. */
export const MIN_REST_MS = 1 * SECOND;
/** The object is woken within this if it ended during an attempt. */
export const DELIVERY_WATCH_MS = 60 * SECOND;
/** An endpoint's place is written when nothing is left to do, or after so many deliveries: those are made again … */
export const CURSOR_KEPT_EVENTS = 32;
/** … or after so many events that are not for it: those are only looked at again. */
export const CURSOR_KEPT_PASSED = 1_000;

/** Chats of one endpoint that wait for their oldest event: with so many, its place in the log stays where it is. */
export const MAX_PARKED = 1_000;
/** Events of one endpoint that their chats went on without: with so many, a chat waits for its oldest event. */
export const MAX_SET_ASIDE = 10_000;
/** An answer to an event waits so long for a Mac that is away: its sender cannot be told to try again. */
export const REPLY_QUEUE_MS = 1 * HOUR;

/** Chats that fail one after the other, with nothing delivered in between, before all of them wait together. */
export const BREAKER_FAILURES = 3;
/** Whoever has leave for the one attempt says what came of it within this; then another one has it. */
export const PROBE_MS = ATTEMPT_TIMEOUT_MS + 15 * SECOND;

/** Failed attempts are kept so long, and so many an endpoint. */
export const FAILED_ATTEMPT_MS = 7 * DAY;
export const MAX_FAILED_ATTEMPTS = 1_000;
/** An account looks whether there are more after so many: it reads them all for that. */
export const ATTEMPTS_PRUNED_EVERY = 50;
/** Those that are older are deleted when the oldest is older by so much: at most daily, whoever wakes. */
export const FAILED_ATTEMPT_SLACK_MS = 1 * DAY;
/** Bytes of an answer that are kept, for the attempt list only. */
export const MAX_KEPT_ANSWER_BYTES = 1 * KIB;
/** Bytes of an answer that are read where it may hold a reply. */
export const MAX_REPLY_BYTES = 64 * KIB;
/** Events that the log keeps for an enabled endpoint that is owed them. */
export const MAX_OWED_EVENTS = 500_000;

/** Bytes of a new signing secret, as many as the hash has. Standard Webhooks 1.0 asks for 24 to 64. */
export const SECRET_BYTES = 32;
export const MIN_SECRET_BYTES = 24;
export const MAX_SECRET_BYTES = 64;
/** After a rotation both secrets sign for so long: the receiver's deploy need not be at the same moment. */
export const ROTATION_MS = 24 * HOUR;
/** Secrets of one endpoint that sign at once: more rotations than that within a day are refused. */
export const MAX_LIVE_SECRETS = 5;
/** How far an attempt's time may lie from the receiver's clock: what the official libraries allow, seconds. */
export const SIGNATURE_TOLERANCE_S = 300;
/** Signatures in one header that are looked at; ours has two at most. */
export const MAX_LISTED_SIGNATURES = 32;

/** Length of an endpoint's URL, in UTF-16 units; what browsers and proxies agree on. */
export const MAX_URL_CHARS = 2_048;
/** Patterns of one endpoint's filter, and UTF-16 units of one: more than there are kinds, and than any is long. */
export const MAX_KIND_PATTERNS = 64;
export const MAX_KIND_PATTERN_CHARS = 64;

/** A link to an attachment works so long: time enough for a receiver's queue, too short to be kept. */
export const ATTACHMENT_LINK_MS = 1 * HOUR;

/** Endpoints of one tenant: every account keeps a copy of those that concern it. */
export const ENDPOINT_LIMIT = 100;
/** Characters of what an endpoint is for. */
export const MAX_DESCRIPTION_CHARS = 500;
