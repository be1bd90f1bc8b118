import { describe, expect, it } from "vitest";
import { Slots } from "../../../relay/account/attachments/slots.ts";

const STAYS = new AbortController().signal;

/** Timers run when the test says so. */
function scene(width: number, most: number) {
  const timers: (() => void)[] = [];
  const clock = {
    now: () => 0,
    after: (_ms: number, run: () => void) => {
      timers.push(run);
      return () => void timers.splice(timers.indexOf(run), 1);
    },
  };
  return { slots: new Slots(clock, width, most), timers };
}

describe("slots", () => {
  it("ATT10 as many go at once as there are, and the next when one is free", async () => {
    const { slots } = scene(2, 10);
    expect(await Promise.all([slots.take("a", 1, STAYS), slots.take("a", 1, STAYS)])).toEqual([true, true]);
    let isIn = false;
    const third = slots.take("a", 1, STAYS).then((isTaken) => {
      isIn = isTaken;
    });
    expect([slots.busy, slots.waiting, isIn]).toEqual([2, 1, false]);
    slots.free();
    await third;
    expect([slots.busy, slots.waiting, isIn]).toEqual([2, 0, true]);
  });

  it("ATT10 the keys take turns, whoever asked for more", async () => {
    const { slots } = scene(1, 10);
    await slots.take("a", 1, STAYS);
    const order: string[] = [];
    const waiting = ["a", "a", "a", "b", "c", "b"].map((key) =>
      slots.take(key, 1, STAYS).then(() => order.push(key)),
    );
    for (const _ of waiting) {
      slots.free();
      await Promise.resolve();
    }
    await Promise.all(waiting);
    expect(order).toEqual(["b", "c", "a", "b", "a", "a"]);
  });

  it("ATT10 who waits too long, or finds too many waiting, goes without", async () => {
    const { slots, timers } = scene(1, 1);
    await slots.take("a", 1, STAYS);
    const second = slots.take("a", 1, STAYS);
    expect(await slots.take("b", 1, STAYS)).toBe(false);
    timers[0]?.();
    expect(await second).toBe(false);
    slots.free();
    expect([slots.busy, slots.waiting]).toEqual([0, 0]);
    expect(await slots.take("b", 1, STAYS)).toBe(true);
  });

  it("ATT10 who is gone does not wait any more, and comes to nothing", async () => {
    const { slots, timers } = scene(1, 2);
    await slots.take("a", 1, STAYS);
    const gone = new AbortController();
    const second = slots.take("b", 1, gone.signal);
    const third = slots.take("c", 1, STAYS);
    gone.abort();
    expect([await second, slots.waiting, timers.length]).toEqual([false, 1, 1]);
    expect(await slots.take("b", 1, gone.signal)).toBe(false);
    slots.free();
    expect([await third, slots.busy, slots.waiting, timers.length]).toEqual([true, 1, 0, 0]);
  });

  it("ATT10 who fills the queue gives places up to others, until they wait for as much", async () => {
    const { slots } = scene(1, 4);
    await slots.take("a", 1, STAYS);
    const waiting = ["a", "a", "a", "a"].map((key) => slots.take(key, 1, STAYS));
    expect(await slots.take("a", 1, STAYS)).toBe(false);
    const others = ["b", "b"].map((key) => slots.take(key, 1, STAYS));
    expect(await slots.take("b", 1, STAYS)).toBe(false);
    expect(await Promise.all(waiting.slice(2))).toEqual([false, false]);
    expect(slots.waiting).toBe(4);
    for (const _ of [1, 2, 3, 4]) slots.free();
    expect(await Promise.all([...waiting.slice(0, 2), ...others])).toEqual([true, true, true, true]);
    slots.free();
    expect([slots.busy, slots.waiting]).toEqual([0, 0]);
  });
});
