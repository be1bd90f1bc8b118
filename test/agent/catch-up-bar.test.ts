import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { CatchUpBar } from "../../agent/node/catch-up-bar.ts";
import type { CatchUp } from "../../agent/feed/progress.ts";

const GLYPHS = { full: "#", empty: "-", paint: (text: string) => text };
const CLEAR = "\r\u001B[J";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function bar() {
  const writes: string[] = [];
  const made = new CatchUpBar({ columns: 40, write: (text) => writes.push(text) }, GLYPHS);
  const state: { now: CatchUp | null; looks: number } = { now: null, looks: 0 };
  made.start(() => {
    state.looks += 1;
    return state.now;
  });
  return { bar: made, writes, state };
}

const at = (done: number): CatchUp => ({
  done,
  total: 1_000,
  part: done / 1_000,
  rows_per_s: null,
  seconds_left: null,
});

it("an agent that has nothing to catch up with looks once a second and writes nothing", () => {
  const { writes, state } = bar();
  vi.advanceTimersByTime(60_000);
  expect(writes).toEqual([]);
  expect(state.looks).toBe(60);
});

it("a catch-up that is over in a moment shows no bar", () => {
  const { bar: one, writes, state } = bar();
  state.now = at(10);
  vi.advanceTimersByTime(450);
  one.write("meanwhile\n");
  vi.advanceTimersByTime(450);
  state.now = null;
  one.write("caught up\n");
  vi.advanceTimersByTime(10_000);
  expect(writes).toEqual(["meanwhile\n", "caught up\n"]);
});

it("the bar is drawn at most ten times a second, however fast the numbers change", () => {
  const { writes, state } = bar();
  for (let ms = 0; ms < 6_000; ms += 1) {
    state.now = at(Math.floor(ms / 6));
    vi.advanceTimersByTime(1);
  }
  expect(writes.length).toBeGreaterThan(45);
  expect(writes.length).toBeLessThanOrEqual(51);
  expect(writes[0]).toBe("##--------------   16%    166 of ~1,000");
});

it("its end clears it and leaves the one line of the log", () => {
  const { bar: one, writes, state } = bar();
  state.now = at(500);
  vi.advanceTimersByTime(1_000);
  writes.length = 0;
  state.now = null;
  one.write("caught up\n");
  vi.advanceTimersByTime(10_000);
  expect(writes).toEqual([`${CLEAR}caught up\n`]);
});

it("an agent that is stopped on the way leaves no remains, and no timer", () => {
  const { bar: one, writes, state } = bar();
  state.now = at(500);
  vi.advanceTimersByTime(1_000);
  one.stop();
  one.write("stop\n");
  vi.advanceTimersByTime(10_000);
  expect(writes.slice(1)).toEqual([CLEAR, "stop\n"]);
  expect(vi.getTimerCount()).toBe(0);
});
