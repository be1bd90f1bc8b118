// What wakes an account for its webhooks: the alarm is there as long as something waits, and rings for nothing else.
import { afterEach, beforeEach, expect, test } from "vitest";
import { endpointOf, HookWorld, OK } from "./hook-world.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;
const FAIL = { status: 500 };

let world: HookWorld;
beforeEach(async () => {
  world = await HookWorld.create();
});
afterEach(() => world.close());

test("HOOK14 what became unwanted during an attempt that nobody saw the end of waits for nothing, and no alarm rings for it", async () => {
  world.endpoints(endpointOf("ep"));
  world.receivers.set("ep", () => ({ end: FAIL, ms: SECOND / 2 }));
  world.message("a");
  // The second attempt is under way.
  await world.time.advance(1.7 * SECOND);
  world.endpoints(endpointOf("ep", { kinds: ["message.sent"] }));
  world.crash();
  await world.time.advance(5 * MINUTE);
  expect(world.rows("parked")).toEqual([]);
  expect(world.alarmAt).toBeNull();
});

test("HOOK10 an object that ends while its tenant is asked for leave is woken all the same", async () => {
  world.endpoints(endpointOf("ep"));
  world.receivers.set("ep", () => ({ end: FAIL }));
  for (const chat of ["a", "b", "c"]) world.message(chat);
  await world.time.advance(DAY);
  const { asked } = world;
  while (world.asked === asked) await world.time.advance(1);
  world.crash();
  world.receivers.set("ep", () => ({ end: OK }));
  await world.time.advance(2 * MINUTE);
  expect(
    world
      .delivered("ep")
      .map(({ seq }) => seq)
      .toSorted((a, b) => a - b),
  ).toEqual([1, 2, 3]);
  await world.time.advance(2 * MINUTE);
  expect(world.alarmAt).toBeNull();
});
