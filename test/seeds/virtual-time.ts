// Time that moves only when told, for everything at once: the relay, the agent, the client and the simulated
// imsg of one seed share it.
import type { Clock } from "../../shared/clock.ts";
import type { Clock as SimClock } from "../imsg-sim/host.ts";

interface Timer {
  due: number;
  readonly order: number;
  run: (() => void) | undefined;
}

/** Turns of the microtask queue after every event: more than the longest chain of promises in the code under test. */
const MICROTASK_TURNS = 12;

export class VirtualTime implements Clock, SimClock {
  #now: number;
  #order = 0;
  /** A binary heap by (due, order); cancelled timers stay until they come up. */
  readonly #heap: Timer[] = [];

  constructor(start = Date.UTC(2026, 4, 3)) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    const timer: Timer = { due: this.#now + Math.max(0, ms), order: this.#order, run };
    this.#order += 1;
    this.#push(timer);
    return () => {
      timer.run = undefined;
    };
  }

  setTimer(ms: number, fire: () => void): () => void {
    return this.after(ms, fire);
  }

  /** The clocks jump, as after a long sleep of everybody: nothing runs meanwhile, and every timer waits as long as before. */
  leap(ms: number): void {
    this.#now += ms;
    for (const timer of this.#heap) timer.due += ms;
  }

  /** Runs everything that is due within the next `ms`. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    for (;;) {
      const next = this.#heap[0];
      if (next === undefined || next.due > until) break;
      this.#pop();
      if (next.run === undefined) continue;
      this.#now = next.due;
      next.run();
      for (let turn = 0; turn < MICROTASK_TURNS; turn += 1) await Promise.resolve();
    }
    this.#now = until;
  }

  #push(timer: Timer): void {
    this.#heap.push(timer);
    let at = this.#heap.length - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#swapIfEarlier(at, parent)) return;
      at = parent;
    }
  }

  #pop(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    let at = 0;
    for (;;) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      const child = right < this.#heap.length && this.#isEarlier(right, left) ? right : left;
      if (child >= this.#heap.length || !this.#swapIfEarlier(child, at)) return;
      at = child;
    }
  }

  #swapIfEarlier(a: number, b: number): boolean {
    if (!this.#isEarlier(a, b)) return false;
    const [one, other] = [this.#heap[a], this.#heap[b]];
    if (one === undefined || other === undefined) return false;
    this.#heap[a] = other;
    this.#heap[b] = one;
    return true;
  }

  #isEarlier(a: number, b: number): boolean {
    const [one, other] = [this.#heap[a], this.#heap[b]];
    if (one === undefined || other === undefined) return false;
    return one.due < other.due || (one.due === other.due && one.order < other.order);
  }
}
