// Caps of a tenant's object, with their unit and reason.
const DAY_MS = 24 * 60 * 60 * 1_000;

/** Acts remembered: some 200 bytes each; the oldest go first. */
export const AUDIT_ROWS = 50_000;
/** For so long they are remembered: a year, and the month in which somebody looks at it. */
export const AUDIT_MS = 400 * DAY_MS;
/** Rows looked at for age with each new one: more than come with it. */
export const AUDIT_PRUNE_ROWS = 8;
/** Acts of one page, and of one step of the whole list. */
export const AUDIT_PAGE_ROWS = 1_000;
/** Keys that were revoked, as they are listed; the oldest go first. */
export const MAX_REVOKED_KEYS = 1_000;
/** After this an export is asked for again where accounts were not told of the suspension: half of the outbox's own wait. */
export const NOT_TOLD_RETRY_S = 5;
/** Days of usage that are remembered of each account: two months, so that the last one can still be billed. */
export const USAGE_DAYS = 62;
/** Rows of older days that go with each report: more than come with it. */
export const USAGE_PRUNE_ROWS = 8;
