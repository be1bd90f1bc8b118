import type { Clock } from "./host.ts";

interface Timer {
  readonly due: number;
  readonly order: number;
  readonly fire: () => void;
}

/** Time that moves only when told: timers fire in order of their due time, then of their setting. */
export class VirtualClock implements Clock {
  #now: number;
  #order = 0;
  #timers: Timer[] = [];

  constructor(start = Date.UTC(2026, 4, 3)) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  /** Timers still to fire: an engine at rest has its polls only. */
  get pending(): number {
    return this.#timers.length;
  }

  setTimer(ms: number, fire: () => void): () => void {
    const timer: Timer = { due: this.#now + Math.max(0, ms), order: this.#order++, fire };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Timers set by a timer fire too, if they are due within the span. */
  advance(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      const next = this.#timers.reduce<Timer | undefined>((least, timer) => earlier(least, timer), undefined);
      if (next === undefined || next.due > until) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#now = next.due;
      next.fire();
    }
    this.#now = until;
  }
}

const earlier = (a: Timer | undefined, b: Timer): Timer =>
  a === undefined || b.due < a.due || (b.due === a.due && b.order < a.order) ? b : a;
