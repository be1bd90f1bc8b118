// What becomes of an event after an attempt: past, parked at the head of its chat, or set aside. In transactions of
// the caller.
import { holdsItsChat, isExhausted, nextAttemptMs } from "../../../shared/webhooks/attempts.ts";
import {
  ATTEMPT_DELAYS_MS,
  CURSOR_KEPT_EVENTS,
  MAX_FAILED_ATTEMPTS,
  MAX_SET_ASIDE,
  SLOW_ATTEMPT_MS,
  SUCCESS_TOLD_MS,
} from "../../../shared/webhooks/limits.ts";
import type { Verdict } from "../../../shared/webhooks/verdict.ts";
import type { PostEnd } from "./attempt.ts";
import type { Job, Lane } from "./lane.ts";
import type { Parked, SetAside, WebhookStore } from "./webhook-store.ts";

/** How an attempt ended, and when. */
export interface Ended {
  readonly end: PostEnd;
  readonly verdict: Verdict;
  readonly now: number;
  readonly took: number;
}

export class Settling {
  readonly #store: WebhookStore;
  readonly #random: () => number;
  /** Of every wait: 1, but in tests. */
  readonly #scale: number;

  constructor(store: WebhookStore, random: () => number, scale = 1) {
    this.#store = store;
    this.#random = random;
    this.#scale = scale;
  }

  settle(lane: Lane, job: Job, ended: Ended): void {
    const { is_failing, open_until } = lane.health;
    const isDelivered = ended.verdict.outcome === "delivered";
    if (isDelivered) this.#delivered(lane, job, ended);
    else this.#failed(lane, job, ended);
    lane.ended(job);
    if (!isDelivered) this.dropMoot(lane, ended.now);
    if (!isDelivered) this.passHeads(lane, ended.now);
    this.#keepNowAndThen(lane, !isDelivered || is_failing || open_until !== null);
  }

  /** It is there again, or is to be tried as if it were: whatever waits has its turn now. */
  goOn(lane: Lane, round: number, now: number): void {
    lane.mayProbe = false;
    lane.health = { ...lane.health, open_until: null, round };
    for (const parked of lane.parked.values()) this.#park(lane, { ...parked, next_at: now });
    this.keep(lane);
  }

  /** What the endpoint does not want any more waits for nothing. */
  dropMoot(lane: Lane, now: number): void {
    const { parked, aside } = lane.moot;
    lane.hasMoot = false;
    for (const one of parked) this.#moveOn(lane, one, one.from_seq, now);
    for (const one of aside) this.#takeBack(lane, one);
  }

  /** Where others get through, it is the event at the head: its chat goes on without it. */
  passHeads(lane: Lane, now: number): void {
    for (const parked of lane.heads) {
      const { endpoint, from_seq: seq, attempts, next_at, since } = parked;
      const isAlone = lane.lastSuccessAt <= since;
      if (holdsItsChat(attempts) || isAlone || lane.aside.size >= MAX_SET_ASIDE) continue;
      this.setAside(lane, { endpoint, seq, attempts, next_at });
      this.#moveOn(lane, parked, lane.endOf(seq), now);
    }
  }

  /** Nothing is tried before that; null = it is tried. */
  close(lane: Lane, until: number | null): void {
    lane.health = { ...lane.health, open_until: until };
    this.keep(lane);
  }

  setAside(lane: Lane, aside: SetAside): void {
    lane.aside.set(aside.seq, aside);
    this.#store.setAside(aside);
  }

  keep(lane: Lane): void {
    this.#store.keep(lane.endpoint.endpoint, lane.cursor, lane.health);
    lane.keptCursor = lane.cursor;
    lane.unkept = 0;
  }

  #delivered(lane: Lane, job: Job, { now, took }: Ended): void {
    const { health } = lane;
    const isOld = now - (health.told_at ?? 0) >= SUCCESS_TOLD_MS;
    lane.health = {
      ...health,
      is_failing: false,
      is_slow: took > SLOW_ATTEMPT_MS * this.#scale,
      last_success_at: now,
      delivered: health.delivered + 1,
      told_at: isOld || health.is_failing || health.open_until !== null ? now : health.told_at,
    };
    lane.unkept += 1;
    if (health.open_until !== null) this.goOn(lane, health.round, now);
    const aside = job.kind === "aside" ? lane.aside.get(job.seq) : undefined;
    if (aside !== undefined) this.#takeBack(lane, aside);
    const parked = job.kind === "parked" ? lane.parked.get(job.chat) : undefined;
    if (parked !== undefined) this.#moveOn(lane, parked, job.until ?? job.seq, now);
  }

  #failed(lane: Lane, job: Job, { end, verdict, now, took }: Ended): void {
    const { endpoint } = lane.endpoint;
    const { seq, chat } = job;
    const attempts = job.attempts + 1;
    const { health } = lane;
    lane.health = {
      ...health,
      is_failing: true,
      is_slow: took > SLOW_ATTEMPT_MS * this.#scale,
      last_failure_at: now,
      failed: health.failed + 1,
    };
    const [status, response] = "status" in end ? [end.status, end.answer ?? ""] : [null, ""];
    const { outcome, text } = verdict;
    const facts = { endpoint, seq, attempt: attempts, at: now, took_ms: took, verdict: outcome, why: text };
    this.#store.addAttempt({ ...facts, status, response }, MAX_FAILED_ATTEMPTS);
    const next_at = now + this.#waitAfter(attempts, verdict);
    if (job.kind === "aside") return this.#asideFailed(lane, { endpoint, seq, attempts, next_at });
    const parked = lane.parked.get(chat) ?? { endpoint, chat, from_seq: seq, attempts, next_at, since: now };
    return this.#park(lane, { ...parked, attempts, next_at });
  }

  /** One that holds its chat is never given up: the endpoint is, one day. */
  #waitAfter(attempts: number, verdict: Verdict): number {
    const retryAfterMs = verdict.outcome === "throttled" ? verdict.retryAfterMs : undefined;
    const made = Math.min(attempts, ATTEMPT_DELAYS_MS.length - 1);
    return (nextAttemptMs(made, this.#random(), retryAfterMs) ?? 0) * this.#scale;
  }

  #asideFailed(lane: Lane, aside: SetAside): void {
    if (!isExhausted(aside.attempts)) return this.setAside(lane, aside);
    lane.health = { ...lane.health, exhausted: lane.health.exhausted + 1 };
    return this.#takeBack(lane, aside);
  }

  #takeBack(lane: Lane, aside: SetAside): void {
    lane.aside.delete(aside.seq);
    this.#store.takeBack(aside);
  }

  /** To the event of the chat that follows `seq`, or back to the cursor. */
  #moveOn(lane: Lane, parked: Parked, seq: number, now: number): void {
    const next = lane.behind(parked.chat, seq);
    if (next !== undefined)
      return this.#park(lane, { ...parked, from_seq: next, attempts: 0, next_at: now, since: now });
    lane.parked.delete(parked.chat);
    return this.#store.unpark(parked);
  }

  #park(lane: Lane, parked: Parked): void {
    lane.parked.set(parked.chat, parked);
    this.#store.park(parked);
  }

  /** A cursor that is behind after a crash means events delivered twice, and each write is a row. */
  #keepNowAndThen(lane: Lane, isNews: boolean): void {
    const isIdle = lane.unkept > 0 && lane.busy === 0 && !lane.hasNext;
    if (isNews || isIdle || lane.unkept >= CURSOR_KEPT_EVENTS || lane.isFarAhead) this.keep(lane);
  }
}
