// One word for all accounts of a tenant (HOOK6, HOOK7).
import { expect, test } from "vitest";
import { afterFailure, afterSuccess, CLOSED, isDead, probe } from "../../relay/tenant/breaker.ts";
import { DISABLE_AFTER_MS } from "../../shared/webhooks/limits.ts";

const HOUR = 3_600_000;
const failure = (who: string, lastSuccessAt: number | null = null) => ({ who, lastSuccessAt });
const opened = ["a", "b", "c"].reduce(
  (state, who, at) => afterFailure(state, failure(who), 1_000 + at, 0.5),
  CLOSED,
);

test("HOOK6 one chat that fails for ever opens nothing; three that fail with nothing delivered in between do", () => {
  let state = CLOSED;
  for (let n = 0; n < 50; n += 1) state = afterFailure(state, failure("a"), n, 0.5);
  expect(state.open_until).toBeNull();
  expect(opened.open_until).toBe(1_002 + 1_000);
});

test("HOOK6 one account has leave for one attempt a step", () => {
  const due = opened.open_until ?? 0;
  expect(probe(opened, due - 1).wait).toBe(due);
  const { state, wait } = probe(opened, due);
  expect(wait).toBeNull();
  expect(probe(state, due + 1).wait).toBe(due + 30_000);
  const later = afterFailure(state, failure("d"), due + 10, 0.5);
  expect(later).toMatchObject({ steps: 2, open_until: due + 10 + 5_000, probe_until: null });
});

test("HOOK6 what somebody delivered since the first failure closes it, also where the next word is a failure", () => {
  const state = afterFailure(opened, failure("d", 5_000), 10 * HOUR, 0.5);
  expect(state).toMatchObject({ open_until: null, failing: ["d"], since: 10 * HOUR, last_success_at: 5_000 });
  expect(afterFailure(opened, failure("d", 999), 10 * HOUR, 0.5).open_until).not.toBeNull();
});

test("HOOK5 an endpoint that asks for time is left alone for as long, also by what was under way", () => {
  const asking = (at: number, retryAfterMs: number) =>
    afterFailure(opened, { ...failure("d"), retryAfterMs }, at, 0.5).open_until;
  const due = opened.open_until ?? 0;
  expect(asking(due, HOUR)).toBe(due + HOUR);
  expect(asking(due, 1_000)).toBe(due + 5_000);
  expect(asking(due, 48 * HOUR)).toBe(due + 24 * HOUR);
  expect(asking(due - 1, HOUR)).toBe(due - 1 + HOUR);
  expect(asking(due - 1, 0)).toBe(due);
});

test("HOOK7 it is dead after five days of nothing else, and not where one thing was delivered", () => {
  const late = 1_000 + DISABLE_AFTER_MS;
  expect(isDead(opened, late - 1)).toBe(false);
  expect(isDead(opened, late)).toBe(true);
  const well = afterSuccess(opened, 2 * HOUR);
  expect(isDead(afterFailure(well, failure("a"), late, 0.5), late)).toBe(false);
});
