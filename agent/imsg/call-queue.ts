// Calls that wait for their turn at imsg, each no longer than it has patience.
import type { Clock } from "../../shared/clock.ts";
import type { Answer } from "../../shared/jsonrpc.ts";
import { MAX_QUEUED_CALLS } from "../limits.ts";

export type LaneOutcome =
  | { readonly kind: "answer"; readonly answer: Answer }
  /** Given to imsg, and no answer will come. */
  | { readonly kind: "lost"; readonly why: "ended" | "hung" }
  /** Never given to imsg. `moved`: its process is gone, another may have it. `vetoed`: it may not any more. */
  | { readonly kind: "unsent"; readonly why: "unavailable" | "deadline" | "busy" | "moved" | "vetoed" };

export interface LaneCall {
  readonly method: string;
  readonly params: unknown;
  /** imsg is suspected to hang where it has not answered after this. */
  readonly hangMs: number;
  /** Not given to imsg any more after this, while it waits its turn. */
  readonly patienceMs: number;
  /**
   * `read` is given again to a new imsg; `mutation` never, and one whose turn has not come does not wait for another
   * process; `own` (the agent's) skips the queue, and is never given again.
   */
  readonly kind: "read" | "mutation" | "own";
  /** Asked when its turn has come: whether what it was allowed by is still so. */
  readonly mayGo?: (() => boolean) | undefined;
  /** Runs once, unless the call is cancelled before. */
  readonly settle: (outcome: LaneOutcome) => void;
}

export interface Waiting {
  readonly call: LaneCall;
  readonly until: number;
  attempts: number;
  cancelled: boolean;
}

export class CallQueue {
  readonly #clock: Clock;
  readonly #waiting: Waiting[] = [];
  #cancelTimer: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isFull(): boolean {
    return this.#waiting.length >= MAX_QUEUED_CALLS;
  }

  push(waiting: Waiting): void {
    this.#waiting.push(waiting);
    this.#arm();
  }

  /** Its turn had come already; imsg ended under it. */
  putBack(waiting: Waiting): void {
    this.#waiting.unshift(waiting);
    this.#arm();
  }

  /** The kind of the one whose turn is next. */
  get next(): LaneCall["kind"] | undefined {
    return this.#waiting[0]?.call.kind;
  }

  shift(): Waiting | undefined {
    return this.#waiting.shift();
  }

  remove(waiting: Waiting): void {
    const at = this.#waiting.indexOf(waiting);
    if (at >= 0) this.#waiting.splice(at, 1);
  }

  /** Their process is gone: whoever gave them decides anew where they go, and whether. */
  moveMutations(): void {
    const moved = this.#waiting.filter(({ call }) => call.kind === "mutation");
    for (const waiting of moved) this.remove(waiting);
    for (const { call, cancelled } of moved) if (!cancelled) call.settle({ kind: "unsent", why: "moved" });
    this.#arm();
  }

  failAll(): void {
    for (const { call, cancelled } of this.#waiting.splice(0)) {
      if (!cancelled) call.settle({ kind: "unsent", why: "unavailable" });
    }
    this.#arm();
  }

  #arm(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    let nearest = Number.POSITIVE_INFINITY;
    for (const { until } of this.#waiting) nearest = Math.min(nearest, until);
    if (nearest === Number.POSITIVE_INFINITY) return;
    this.#cancelTimer = this.#clock.after(Math.max(0, nearest - this.#clock.now()), () => this.#expire());
  }

  #expire(): void {
    const now = this.#clock.now();
    for (const waiting of this.#waiting.filter(({ until }) => until <= now)) {
      this.remove(waiting);
      if (!waiting.cancelled) waiting.call.settle({ kind: "unsent", why: "deadline" });
    }
    this.#arm();
  }
}
