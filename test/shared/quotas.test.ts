// What a tenant may use and has used: the tables, the buckets, the days (TEN rules).
import { describe, expect, it } from "vitest";
import { TokenBuckets } from "../../relay/rate.ts";
import { AUDIT_VERBS } from "../../shared/audit.ts";
import { QUOTAS, quotasOf, quotasPatchSchema, USUAL_QUOTAS } from "../../shared/quotas.ts";
import { dayOf, nextDayAt } from "../../shared/usage.ts";

describe("quotas (TEN9)", () => {
  it("TEN9 what is not said is as usual, and nothing usual is more than may be", () => {
    expect(quotasOf({ accounts: 3, keys: null })).toEqual({ ...USUAL_QUOTAS, accounts: 3 });
    for (const { usual, most } of Object.values(QUOTAS)) expect(usual).toBeLessThanOrEqual(most);
  });

  it("TEN9 each may be said up to its most, and no other", () => {
    for (const [name, { most }] of Object.entries(QUOTAS)) {
      expect(quotasPatchSchema.safeParse({ [name]: most }).success).toBe(true);
      expect(quotasPatchSchema.safeParse({ [name]: most + 1 }).success).toBe(false);
      expect(quotasPatchSchema.safeParse({ [name]: 1.5 }).success).toBe(false);
    }
    expect(quotasPatchSchema.safeParse({ chats: 1 }).success).toBe(false);
  });
});

describe("buckets (TEN9)", () => {
  it("TEN9 ten seconds' worth at once, then as many a second; whoever waits is told for how long", () => {
    const buckets = new TokenBuckets();
    const taken = (at: number, count: number): number =>
      Array.from({ length: count }, () => buckets.take("a", 2, at)).filter((wait) => wait === 0).length;
    expect(taken(0, 100)).toBe(20);
    expect(buckets.take("a", 2, 0)).toBe(1);
    expect(taken(1_000, 100)).toBe(2);
    expect(taken(61_000, 100)).toBe(20);
    expect(buckets.take("b", 2, 61_000)).toBe(0);
  });

  it("TEN9 nothing at all is nothing at all, and is asked again later", () => {
    expect(new TokenBuckets().take("a", 0, 0)).toBeGreaterThan(0);
  });

  it("TEN9 a refusal takes nothing, so that whoever waits is served", () => {
    const buckets = new TokenBuckets();
    for (let n = 0; n < 1_000; n += 1) buckets.take("a", 1, n);
    expect(buckets.take("a", 1, 3_000)).toBe(0);
  });

  it("TEN9 however many names come, no more than 10,000 are remembered", () => {
    const buckets = new TokenBuckets();
    for (let n = 0; n < 20; n += 1) buckets.take("first", 1, 0);
    expect(buckets.take("first", 1, 0)).toBeGreaterThan(0);
    for (let n = 0; n < 10_000; n += 1) buckets.take(`other ${n}`, 1, 0);
    expect(buckets.take("first", 1, 0)).toBe(0);
  });
});

it.each([
  [Date.UTC(2026, 4, 3), "2026-05-03", Date.UTC(2026, 4, 4)],
  [Date.UTC(2026, 11, 31, 23, 59, 59, 999), "2026-12-31", Date.UTC(2027, 0, 1)],
])("TEN10 a day is one of UTC (%s)", (at, day, next) => {
  expect([dayOf(at), nextDayAt(at)]).toEqual([day, next]);
});

it("TEN1 a verb says of what it is, and what was done", () => {
  for (const verb of Object.keys(AUDIT_VERBS)) expect(verb).toMatch(/^[a-z]+\.[a-z_]+$/);
});
