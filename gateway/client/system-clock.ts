import type { Clock } from "../../shared/clock.ts";

/** Real time, by the timers that every platform has. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
