// How many requests whoever it is may make: a bucket each, in memory only. A refusal costs nothing but itself.
import type { Refused } from "../shared/errors.ts";
import { NewestMap } from "../shared/newest-map.ts";

/** At once, where a second's worth of requests is one. */
export const BURST_S = 10;
/** Buckets remembered; the oldest goes first, and begins full again. */
const MAX_BUCKETS = 10_000;

interface Bucket {
  readonly left: number;
  readonly at: number;
}

export class TokenBuckets {
  readonly #buckets = new NewestMap<string, Bucket>(MAX_BUCKETS);

  /** Seconds to wait; 0 = go on. A clock that goes back takes nothing away. */
  take(name: string, aSecond: number, now: number): number {
    const most = aSecond * BURST_S;
    const known = this.#buckets.get(name);
    const filled = known === undefined ? most : known.left + (Math.max(0, now - known.at) / 1_000) * aSecond;
    const left = Math.min(most, filled);
    if (left < 1) return aSecond === 0 ? BURST_S : Math.max(1, Math.ceil((1 - left) / aSecond));
    this.#buckets.set(name, { left: left - 1, at: now });
    return 0;
  }
}

export const overRate = (limit: number, waitS: number): Refused => ({
  code: "rate_limited",
  detail: `the quota requests_a_second of a key is ${limit}, and ${limit * BURST_S} at once`,
  retry_after_s: waitS,
  quota: { name: "requests_a_second", limit, used: limit },
});
