import { retryDelay } from "../../shared/backoff.ts";
import type { Clock } from "../../shared/clock.ts";
import { LINK_SHORT_UPTIME_MS } from "../../shared/limits.ts";
import { ClientError } from "./client-error.ts";

/** When to ask again: the same waits as those of a lost link (LINK6). */
export class EventsRetry {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #signal: AbortSignal | undefined;
  #failures = 0;
  #flaps = 0;
  #downSince: number;

  constructor(clock: Clock, random: () => number, signal: AbortSignal | undefined) {
    this.#clock = clock;
    this.#random = random;
    this.#signal = signal;
    this.#downSince = clock.now();
  }

  /** An attempt that was answered, `uptimeMs` ago where that was a stream. */
  answered(uptimeMs = LINK_SHORT_UPTIME_MS): void {
    this.#failures = 0;
    this.#flaps = uptimeMs < LINK_SHORT_UPTIME_MS ? this.#flaps + 1 : 0;
    this.#downSince = this.#clock.now();
  }

  /** After an attempt that was not answered; `atLeastMs` = what the relay asked for. */
  afterFailure(atLeastMs = 0): Promise<void> {
    this.#failures += 1;
    return this.#wait(undefined, atLeastMs);
  }

  /** After a stream that ended; `answered` was told of it. */
  afterStream(uptimeMs: number, atLeastMs = 0): Promise<void> {
    this.answered(uptimeMs);
    return this.#wait(uptimeMs, atLeastMs);
  }

  #wait(uptimeMs: number | undefined, atLeastMs: number): Promise<void> {
    const downMs = this.#clock.now() - this.#downSince;
    const end = { fatal: false, uptimeMs, failures: this.#failures, flaps: this.#flaps, downMs };
    return pause(this.#clock, Math.max(atLeastMs, retryDelay(end, this.#random())), this.#signal);
  }
}

/** Whether asking again may help by itself: nobody was there, or the relay had trouble of its own. */
export const mayPass = (error: unknown): error is ClientError =>
  error instanceof ClientError && (error.retryable || error.status === null || error.status >= 500);

/** Resolves when the time is over, or the caller gives up. */
export function pause(clock: Clock, ms: number, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      stop();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const stop = clock.after(ms, done);
    signal?.addEventListener("abort", done);
  });
}
