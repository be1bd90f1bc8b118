import type { Clock } from "./clock.ts";
import type { Answer } from "./jsonrpc.ts";

/** Why a call ended without an answer from the peer. */
type Unanswered = "deadline" | "closed" | "cancelled";
export type Outcome = { readonly kind: "answer"; readonly answer: Answer } | { readonly kind: Unanswered };

interface Waiting {
  readonly settle: (outcome: Outcome) => void;
  readonly deadline: number;
}

/**
 * The calls that wait for an answer. Each settles exactly once: by its answer, its deadline, a cancel or the
 * close of its channel. One timer, for the nearest deadline. A late or repeated answer finds nobody.
 */
export class Calls {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Waiting>();
  #cancelTimer: (() => void) | undefined;
  #timerAt = Number.POSITIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#waiting.size;
  }

  has(id: string): boolean {
    return this.#waiting.has(id);
  }

  /** `settle` runs once and must not throw. */
  open(id: string, timeoutMs: number, settle: (outcome: Outcome) => void): void {
    if (this.#waiting.has(id)) throw new Error(`call ${id} is already open`);
    this.#waiting.set(id, { settle, deadline: this.#clock.now() + timeoutMs });
    this.#arm();
  }

  /** False where nobody waits (any more): the answer came late or twice. */
  answer(id: string, answer: Answer): boolean {
    return this.#settle(id, { kind: "answer", answer });
  }

  cancel(id: string): boolean {
    return this.#settle(id, { kind: "cancelled" });
  }

  /** The channel is gone: everybody is told, once. */
  close(): void {
    for (const id of this.#waiting.keys()) this.#settle(id, { kind: "closed" });
  }

  #settle(id: string, outcome: Outcome): boolean {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return false;
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#disarm();
    waiting.settle(outcome);
    return true;
  }

  #arm(): void {
    let nearest = Number.POSITIVE_INFINITY;
    for (const { deadline } of this.#waiting.values()) nearest = Math.min(nearest, deadline);
    if (nearest === this.#timerAt) return;
    this.#disarm();
    if (nearest === Number.POSITIVE_INFINITY) return;
    this.#timerAt = nearest;
    this.#cancelTimer = this.#clock.after(Math.max(0, nearest - this.#clock.now()), () => this.#expire());
  }

  #disarm(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#timerAt = Number.POSITIVE_INFINITY;
  }

  #expire(): void {
    this.#disarm();
    const now = this.#clock.now();
    for (const [id, { deadline }] of this.#waiting) {
      if (deadline <= now) this.#settle(id, { kind: "deadline" });
    }
    this.#arm();
  }
}
