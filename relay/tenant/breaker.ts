// When an endpoint is left alone, and when it is tried again: one word for all the accounts of a tenant, so that a
// dead endpoint costs one attempt a step however many of them have something for it. Pure; times in ms.
import * as z from "zod";
import { nextAttemptMs } from "../../shared/webhooks/attempts.ts";
import {
  ATTEMPT_DELAYS_MS,
  BREAKER_FAILURES,
  DISABLE_AFTER_MS,
  MAX_RETRY_AFTER_MS,
  PROBE_MS,
} from "../../shared/webhooks/limits.ts";

export const breakerSchema = z.object({
  /** Who failed since something was delivered last, each once: a single chat that fails is no dead endpoint. */
  failing: z.array(z.string()),
  /** The first failure since then. */
  since: z.number().nullable(),
  /** Null = nobody has to wait. */
  open_until: z.number().nullable(),
  /** How often it was opened since then. */
  steps: z.int(),
  /** Somebody is trying it, and has until then to say so. */
  probe_until: z.number().nullable(),
  /** The last one that an account delivered, as far as it was told. */
  last_success_at: z.number().nullable(),
});
export type BreakerState = z.infer<typeof breakerSchema>;

export const CLOSED: BreakerState = {
  failing: [],
  since: null,
  open_until: null,
  steps: 0,
  probe_until: null,
  last_success_at: null,
};

interface Failure {
  /** An account and a chat. */
  readonly who: string;
  /** The last one that this account delivered. */
  readonly lastSuccessAt: number | null;
  /** How long the endpoint asked to be left alone. */
  readonly retryAfterMs?: number;
}

/** What was delivered since the first failure, also by whoever fails now, says that the endpoint is there. */
export function afterFailure(
  before: BreakerState,
  { who, lastSuccessAt, retryAfterMs = 0 }: Failure,
  now: number,
  random: number,
  scale = 1,
): BreakerState {
  const isThere = before.since !== null && lastSuccessAt !== null && lastSuccessAt >= before.since;
  const state = isThere ? afterSuccess(before, lastSuccessAt) : before;
  const failing = state.failing.includes(who)
    ? state.failing
    : [...state.failing, who].slice(-BREAKER_FAILURES);
  const since = state.since ?? now;
  const isOpen = state.open_until !== null || failing.length >= BREAKER_FAILURES;
  if (!isOpen) return { ...state, failing, since };
  // What was under way when it opened is no probe, and no further step.
  const isEarly = state.open_until !== null && now < state.open_until;
  const asked = now + Math.min(retryAfterMs, MAX_RETRY_AFTER_MS) * scale;
  if (isEarly) return { ...state, failing, since, open_until: Math.max(state.open_until ?? 0, asked) };
  const steps = Math.min(state.steps + 1, ATTEMPT_DELAYS_MS.length - 1);
  const open_until = now + (nextAttemptMs(steps, random, retryAfterMs) ?? 0) * scale;
  return { ...state, failing, since, open_until, steps, probe_until: null };
}

export const afterSuccess = ({ last_success_at }: BreakerState, at: number): BreakerState => ({
  ...CLOSED,
  last_success_at: Math.max(last_success_at ?? 0, at),
});

/** Whether nothing but failures came for so long that it is switched off. */
export const isDead = ({ since }: BreakerState, now: number): boolean =>
  since !== null && now - since >= DISABLE_AFTER_MS;

/** Leave for one attempt, or when to ask again. */
export function probe(state: BreakerState, now: number): { state: BreakerState; wait: number | null } {
  const { open_until, probe_until } = state;
  if (open_until === null) return { state, wait: null };
  if (now < open_until) return { state, wait: open_until };
  if (probe_until !== null && now < probe_until) return { state, wait: probe_until };
  return { state: { ...state, probe_until: now + PROBE_MS }, wait: null };
}
