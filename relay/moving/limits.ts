// Bounds of an export and of an import.

/** Rows of one step: what an object holds in memory for it. */
export const STEP_ROWS = 200;
/** Accounts of one request: a Worker may ask other objects only so often in one (2026-11: 10,000, some 10 each). */
export const EXPORT_ACCOUNTS = 200;
/** Accounts whose readers are named where an export is refused. */
export const NAMED_ACCOUNTS = 20;
/** Longest line: a row of SQLite holds 2 MB, and sealed and quoted it is more. */
export const MAX_LINE_BYTES = 6 * 1024 * 1024;
/** Lines handed on at once, and about how many bytes: an object takes 32 MiB in one call (2026-04). */
export const BATCH_LINES = 200;
export const BATCH_BYTES = 1024 * 1024;
