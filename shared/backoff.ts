import {
  LINK_EARLY_PERIOD_MS,
  LINK_EARLY_RETRY_MS,
  LINK_FATAL_RETRY_MS,
  LINK_FIRST_RETRY_MS,
  LINK_FLAP_JITTER_MS,
  LINK_RETRY_MS,
  LINK_SHORT_UPTIME_MS,
} from "./limits.ts";

/** What is known when a link or an attempt has just ended. */
export interface Disconnect {
  /** A human must mend it (4001 to 4005, or 401, 403, 404, 426 before the upgrade). */
  readonly fatal: boolean;
  /** How long the link was accepted; undefined = the attempt never got that far. */
  readonly uptimeMs: number | undefined;
  /** Unsuccessful attempts in a row, this one included. */
  readonly failures: number;
  /** Links in a row that lasted less than LINK_SHORT_UPTIME_MS, this one included. */
  readonly flaps: number;
  /** Since the last accepted link ended. */
  readonly downMs: number;
}

/** Milliseconds to wait before the next attempt; full jitter. `random` in [0, 1). */
export function retryDelay(end: Disconnect, random: number): number {
  if (end.fatal) return LINK_FATAL_RETRY_MS * (0.9 + 0.2 * random);
  if (end.uptimeMs !== undefined) {
    const window =
      end.uptimeMs < LINK_SHORT_UPTIME_MS ? LINK_FIRST_RETRY_MS * end.flaps : LINK_FIRST_RETRY_MS;
    return Math.min(LINK_FLAP_JITTER_MS, Math.max(LINK_FIRST_RETRY_MS, window)) * random;
  }
  const cap = end.downMs < LINK_EARLY_PERIOD_MS ? LINK_EARLY_RETRY_MS : LINK_RETRY_MS;
  return Math.min(cap, LINK_FIRST_RETRY_MS * 2 ** Math.min(end.failures - 1, 10)) * random;
}
