import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  holdsItsChat,
  isExhausted,
  LAST_STRICT_ATTEMPT,
  nextAttemptMs,
} from "../../../shared/webhooks/attempts.ts";
import {
  ATTEMPT_DELAYS_MS,
  MAX_ATTEMPTS,
  MAX_RETRY_AFTER_MS,
  STRICT_ORDER_DELAY_MS,
} from "../../../shared/webhooks/limits.ts";

const HOUR = 3_600_000;
const MIDDLE = 0.5;
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe("attempts", () => {
  it("are thirteen over 75 h 42 m 36 s, and then none", () => {
    const waits = Array.from({ length: 13 }, (_, made) => nextAttemptMs(made, MIDDLE));
    expect(waits).toEqual(ATTEMPT_DELAYS_MS);
    expect(ATTEMPT_DELAYS_MS.reduce((sum, delay) => sum + delay)).toBe(75 * HOUR + 42 * 60_000 + 36_000);
    expect(nextAttemptMs(13, MIDDLE)).toBeUndefined();
    expect([isExhausted(12), isExhausted(13)]).toEqual([false, true]);
    expect(MAX_ATTEMPTS).toBe(13);
  });

  it("are the first at once and each other within 20 % of its delay", () => {
    expect(nextAttemptMs(0, 0.99)).toBe(0);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), random, (made, random) => {
        const wait = nextAttemptMs(made, random) ?? -1;
        const delay = ATTEMPT_DELAYS_MS[made] ?? -1;
        expect(wait).toBeGreaterThanOrEqual(Math.round(delay * 0.8));
        expect(wait).toBeLessThanOrEqual(Math.round(delay * 1.2));
      }),
    );
    expect([nextAttemptMs(1, 0), nextAttemptMs(1, 0.999_999)]).toEqual([800, 1_200]);
  });

  it("wait for Retry-After where it is longer than the schedule, and a day at the most", () => {
    expect(nextAttemptMs(1, MIDDLE, 60_000)).toBe(60_000);
    expect(nextAttemptMs(5, MIDDLE, 60_000)).toBe(600_000);
    expect(nextAttemptMs(1, MIDDLE, 90 * HOUR)).toBe(24 * HOUR);
    expect(nextAttemptMs(1, MIDDLE, Number.POSITIVE_INFINITY)).toBe(MAX_RETRY_AFTER_MS);
    expect(nextAttemptMs(13, MIDDLE, 60_000)).toBeUndefined();
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 12 }), random, fc.nat(200 * HOUR), (made, random, retryAfter) => {
        const wait = nextAttemptMs(made, random, retryAfter) ?? -1;
        expect(wait).toBeGreaterThanOrEqual(nextAttemptMs(made, random) ?? 0);
        expect(wait).toBeGreaterThanOrEqual(Math.min(retryAfter, MAX_RETRY_AFTER_MS));
      }),
    );
  });

  it("hold their chat through the one at 10 minutes, which is the sixth", () => {
    expect(ATTEMPT_DELAYS_MS[LAST_STRICT_ATTEMPT - 1]).toBe(STRICT_ORDER_DELAY_MS);
    expect(LAST_STRICT_ATTEMPT).toBe(6);
    expect([0, 1, 5, 6, 7, 13].map(holdsItsChat)).toEqual([true, true, true, false, false, false]);
  });
});
