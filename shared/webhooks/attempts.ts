// When a delivery is tried again, and how long its chat waits for it.
import {
  ATTEMPT_DELAYS_MS,
  ATTEMPT_JITTER,
  MAX_ATTEMPTS,
  MAX_RETRY_AFTER_MS,
  STRICT_ORDER_DELAY_MS,
} from "./limits.ts";

/**
 * Milliseconds from now to the next attempt, after `made` of them; undefined = there is none. `random` in [0, 1). A
 * receiver's Retry-After counts where it is longer: the schedule is the least that is waited.
 */
export function nextAttemptMs(made: number, random: number, retryAfterMs = 0): number | undefined {
  const delay = ATTEMPT_DELAYS_MS[made];
  if (delay === undefined) return undefined;
  const jittered = delay * (1 - ATTEMPT_JITTER + 2 * ATTEMPT_JITTER * random);
  return Math.round(Math.max(jittered, Math.min(retryAfterMs, MAX_RETRY_AFTER_MS)));
}

/** After these many attempts the event is given up; it stays in the log for a resend. */
export const isExhausted = (made: number): boolean => made >= MAX_ATTEMPTS;

/** The last attempt, counted from 1, before which nothing of the same chat passes. */
export const LAST_STRICT_ATTEMPT = ATTEMPT_DELAYS_MS.indexOf(STRICT_ORDER_DELAY_MS) + 1;

/** Whether the chat still waits for an event that was tried `made` times; else it may be set aside. */
export const holdsItsChat = (made: number): boolean => made < LAST_STRICT_ATTEMPT;
