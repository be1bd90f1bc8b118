// Caps of an account's object that are no part of the wire, with their unit and reason.
const MINUTE_MS = 60 * 1_000;

/** Acts that the tenant was not told of; of more, the oldest are forgotten: it cannot be reached for long. */
export const MAX_UNTOLD_ACTS = 1_000;
/** Acts, and days of usage, in one report: one request of some 20 KiB. */
export const MAX_TOLD_AT_ONCE = 100;
/** Days of usage an account remembers: two months, so that the last one can still be looked at. */
export const USAGE_DAYS = 62;
/** While something is used, the tenant is told so often; an account that is idle says nothing, and is not woken. */
export const USAGE_REPORT_MS = 60 * MINUTE_MS;
/** What is counted without a row of its own is written when it is so many counts, or bytes: at most this is lost with the object. */
export const USAGE_FLUSH_COUNTS = 16;
export const USAGE_FLUSH_BYTES = 16 * 1024 * 1024;
/** Accounts whose wakes an isolate counts beyond their sleep; the count of one that was left out begins again. */
export const MAX_COUNTED = 10_000;
/** A report that was not heard is made again after this. */
export const REPORT_RETRY_MS = MINUTE_MS;
