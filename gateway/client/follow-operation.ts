// How a message to send is followed to its end: by asking again, with growing pauses. Not by the events: those want
// another scope, a place in the log taken before the message was sent, and an account that shows them.
import type { Clock } from "../../shared/clock.ts";
import { FOLLOW_FIRST_MS, FOLLOW_MAX_MS, FOLLOW_MS, HTTP_TIMEOUT_MS } from "../limits.ts";
import { mayPass, pause } from "./events-retry.ts";
import type { Operation } from "./operation-shapes.ts";
import { systemClock } from "./system-clock.ts";

/** Of one look. */
export interface Looking {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface FollowOptions {
  /** How long to go on asking; default 3 minutes. */
  readonly timeoutMs?: number;
  /** `delivery`: what was sent is followed for as long as the relay asks what became of it. Default `outcome`. */
  readonly upTo?: "outcome" | "delivery";
  /** Ends it as the end of the time does. */
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock;
}

/**
 * The last that is known when it is final or the time is over; undefined where there is nothing by then. Refusals are
 * thrown, and a relay that was away all the time.
 */
export async function followOperation(
  look: (looking: Looking) => Promise<Operation | undefined>,
  options: FollowOptions,
): Promise<Operation | undefined> {
  const { timeoutMs = FOLLOW_MS, upTo = "outcome", signal, clock = systemClock } = options;
  const until = clock.now() + timeoutMs;
  let known: Operation | undefined;
  let failure: Error | undefined;
  for (let waitMs = FOLLOW_FIRST_MS; ; waitMs = Math.min(2 * waitMs, FOLLOW_MAX_MS)) {
    let atLeastMs = 0;
    try {
      const left = Math.max(FOLLOW_FIRST_MS, until - clock.now());
      known = (await look({ timeoutMs: Math.min(HTTP_TIMEOUT_MS, left), signal })) ?? known;
      failure = undefined;
      if (known !== undefined && isOver(known, upTo)) return known;
    } catch (error) {
      if (!mayPass(error)) throw error;
      failure = error;
      atLeastMs = error.retryAfterMs ?? 0;
    }
    const left = until - clock.now();
    if (left <= 0 || signal?.aborted === true) {
      if (known === undefined && failure !== undefined) throw failure;
      return known;
    }
    await pause(clock, Math.min(left, Math.max(atLeastMs, waitMs)), signal);
  }
}

const isOver = ({ final, outcome, followed }: Operation, upTo: "outcome" | "delivery"): boolean =>
  final && !(upTo === "delivery" && outcome === "sent" && followed);
