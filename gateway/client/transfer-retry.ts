import { retryDelay } from "../../shared/backoff.ts";
import type { Clock } from "../../shared/clock.ts";
import { MAX_RETRY_AFTER_MS, TRANSFER_MAX_TRIES, TRANSFER_TRIES } from "../limits.ts";
import type { ClientError } from "./client-error.ts";
import { mayPass, pause } from "./events-retry.ts";

interface RetryParts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal | undefined;
  /** Told before each wait. */
  readonly onWait: (error: ClientError) => void;
}

/** When a transfer that broke off goes on, and when it is given up. */
export class TransferRetry {
  readonly #parts: RetryParts;
  #failures = 0;
  #tries = 0;
  #isUnderWay = false;
  #movedAt: number;

  constructor(parts: RetryParts) {
    this.#parts = parts;
    this.#movedAt = parts.clock.now();
  }

  /** The relay took the wish: what fails from now on is a break, not a refusal. */
  taken(): void {
    this.#isUnderWay = true;
  }

  /** A byte went through. */
  moved(): void {
    this.taken();
    this.#failures = 0;
    this.#movedAt = this.#parts.clock.now();
  }

  /** Resolves when it is time to go on; throws the error where that is no use. */
  async after(error: unknown): Promise<void> {
    const { clock, random, signal, onWait } = this.#parts;
    signal?.throwIfAborted();
    this.#failures += 1;
    this.#tries += 1;
    if (!this.#mayHelp(error)) throw error;
    // Somebody was there: a relay, or a Mac, that is away from now on is one that comes back.
    if (hasLeft(error)) this.taken();
    onWait(error);
    const downMs = clock.now() - this.#movedAt;
    const end = { fatal: false, uptimeMs: undefined, failures: this.#failures, flaps: 0, downMs };
    await pause(clock, Math.max(error.retryAfterMs ?? 0, retryDelay(end, random())), signal);
    signal?.throwIfAborted();
  }

  #mayHelp(error: unknown): error is ClientError {
    if (!mayPass(error) || isJudged(error)) return false;
    if (this.#failures >= TRANSFER_TRIES || this.#tries >= TRANSFER_MAX_TRIES) return false;
    if ((error.retryAfterMs ?? 0) > MAX_RETRY_AFTER_MS) return false;
    if (this.#isUnderWay || error.retryAfterMs !== undefined || error.code === "not_ready") return true;
    // Nothing has moved yet: who asks is better told at once that the Mac is away, or the relay not there.
    return hasLeft(error);
  }
}

/** And was not answered. */
const hasLeft = ({ status, neverLeft }: ClientError): boolean => status === null && !neverLeft;

/** Found here, not on the way: it was tried again as often as that helps. */
const isJudged = ({ code, retryable }: ClientError): boolean =>
  code === "damaged" || (code === "conflict" && !retryable);
