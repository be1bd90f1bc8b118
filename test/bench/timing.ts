import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";

export const now = (): number => performance.now();
export { sleep };

/** Milliseconds that it takes. */
export async function timed(run: () => Promise<unknown>): Promise<number> {
  const began = now();
  await run();
  return now() - began;
}

/** The same, so many times, one after the other. */
export async function timedCalls(count: number, call: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let made = 0; made < count; made += 1) times.push(await timed(call));
  return times;
}
