// What happens around deliveries while they are under way (HOOK rules): deaths, a tenant that is away, a full disk,
// changes of the endpoint, a log that forgets.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ATTEMPTS_PRUNED_EVERY, MAX_FAILED_ATTEMPTS, MAX_IN_FLIGHT } from "../../shared/webhooks/limits.ts";
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

const seqs = (endpoint = "ep"): number[] => world.delivered(endpoint).map(({ seq }) => seq);
const gaps = () => world.attempts.filter(({ event }) => event.kind === "gap");

describe("an object that ends during an attempt", () => {
  test("HOOK10 has it made again as soon as anything wakes the next one", async () => {
    world.endpoints(endpointOf("ep"));
    world.receivers.set("ep", () => ({ end: { error: "timeout" }, ms: 15 * SECOND }));
    world.message("a");
    world.crash();
    world.receivers.set("ep", () => ({ end: OK }));
    world.visit();
    await world.time.advance(SECOND);
    expect(seqs()).toEqual([1]);
  });

  test("HOOK10 has it made again within two minutes where nothing does, however long others were under way", async () => {
    world.endpoints(endpointOf("ep"));
    world.receivers.set("ep", () => ({ end: OK, ms: 15 * SECOND }));
    world.message("a");
    await world.time.advance(50 * SECOND);
    const last = world.message("a");
    // The alarm that was set for the first one rings meanwhile.
    await world.time.advance(11 * SECOND);
    world.crash();
    await world.time.advance(2 * MINUTE);
    expect(world.attempts.filter(({ seq }) => seq === last)).toHaveLength(2);
  });
});

test("HOOK4 an alarm that rings a moment early is followed by another", async () => {
  world.earlyMs = 1;
  world.endpoints(endpointOf("ep"));
  world.receivers.set("ep", (job) => ({ end: job.attempts < 3 ? FAIL : OK }));
  world.message("a");
  await world.time.advance(MINUTE);
  expect(seqs()).toEqual([1]);
});

test("HOOK10 an attempt that breaks by a bug of ours fails, and frees its way", async () => {
  world.endpoints(endpointOf("ep"));
  let isBroken = true;
  world.receivers.set("ep", () => {
    if (isBroken) throw new Error("a bug");
    return { end: OK };
  });
  for (let n = 0; n < 2 * MAX_IN_FLIGHT; n += 1) world.message(`chat ${n}`);
  await world.time.advance(SECOND);
  isBroken = false;
  await world.time.advance(DAY);
  expect(new Set(seqs()).size).toBe(2 * MAX_IN_FLIGHT);
});

test("HOOK11 a tenant that does not answer is asked again every 10 s, and not in a loop", async () => {
  world.endpoints(endpointOf("ep"));
  world.receivers.set("ep", () => ({ end: FAIL }));
  for (let n = 0; n < 6; n += 1) world.message(`chat ${n}`);
  await world.time.advance(MINUTE);
  world.isTenantAway = true;
  await world.time.advance(60 * MINUTE);
  const before = world.asked;
  await world.time.advance(10 * MINUTE);
  expect(world.asked - before).toBeLessThanOrEqual(60);
  world.isTenantAway = false;
  world.receivers.set("ep", () => ({ end: OK }));
  await world.time.advance(DAY);
  expect(new Set(seqs()).size).toBe(6);
});

test("HOOK12 what cannot be stored is delivered again every 10 s, and not in a loop", async () => {
  world.endpoints(endpointOf("ep"));
  const mend = world.breakDisk();
  world.message("a");
  await world.time.advance(MINUTE);
  expect(world.attempts.length).toBeGreaterThan(1);
  expect(world.attempts.length).toBeLessThanOrEqual(7);
  mend();
  await world.time.advance(MINUTE);
  const all = world.attempts.length;
  await world.time.advance(DAY);
  expect(world.attempts).toHaveLength(all);
});

describe("an endpoint that changes during an attempt", () => {
  test("HOOK14 is not disabled by what its former URL answers", async () => {
    world.endpoints(endpointOf("ep"));
    world.receivers.set("ep", () => ({ end: { status: 410 }, ms: SECOND }));
    world.message("a");
    world.endpoints(endpointOf("ep", { url: "https://new.example/", round: 1 }));
    world.receivers.set("ep", () => ({ end: OK }));
    await world.time.advance(MINUTE);
    expect([...world.disabled]).toEqual([]);
    expect(seqs()).toEqual([1]);
  });

  test("HOOK14 is not closed by an answer of the breaker from before it was resumed", async () => {
    world.endpoints(endpointOf("ep"));
    world.receivers.set("ep", () => ({ end: FAIL }));
    world.breakers.set("ep", {
      failing: ["x", "y", "z"],
      since: world.time.now(),
      open_until: world.time.now() + DAY,
      steps: 12,
      probe_until: null,
      last_success_at: null,
    });
    world.message("a");
    // The attempt takes 10 ms, the tenant 1 ms: its answer is on its way.
    await world.time.advance(10);
    world.receivers.set("ep", () => ({ end: OK }));
    world.breakers.delete("ep");
    world.endpoints(endpointOf("ep", { round: 1 }));
    await world.time.advance(MINUTE);
    expect(seqs()).toEqual([1]);
  });

  test("HOOK14 that is paused gets nothing more, and everything in order once it is resumed", async () => {
    world.endpoints(endpointOf("ep"));
    world.receivers.set("ep", () => ({ end: FAIL, ms: SECOND }));
    world.message("a");
    world.endpoints(endpointOf("ep", { state: "paused" }));
    world.message("a");
    await world.time.advance(DAY);
    expect(world.attempts).toHaveLength(1);
    world.receivers.set("ep", () => ({ end: OK }));
    world.endpoints(endpointOf("ep", { round: 1 }));
    await world.time.advance(MINUTE);
    expect(seqs()).toEqual([1, 2]);
  });

  test("HOOK14 that is deleted has nothing left, whatever its last attempt says", async () => {
    world.endpoints(endpointOf("ep"));
    world.receivers.set("ep", () => ({ end: FAIL, ms: SECOND }));
    world.message("a");
    world.endpoints();
    await world.time.advance(DAY);
    expect([world.rows("webhook"), world.rows("parked"), world.rows("attempt")]).toEqual([[], [], []]);
    expect(world.attempts).toHaveLength(1);
  });

  test("HOOK14 that no longer wants the head of a parked chat gets what follows it", async () => {
    world.endpoints(endpointOf("ep"));
    world.receivers.set("ep", () => ({ end: FAIL }));
    world.message("a");
    const wanted = world.message("a", "message.sent");
    await world.time.advance(2 * SECOND);
    world.receivers.set("ep", () => ({ end: OK }));
    world.endpoints(endpointOf("ep", { kinds: ["message.sent"] }));
    await world.time.advance(MINUTE);
    expect(seqs()).toEqual([wanted]);
    expect(world.rows("parked")).toEqual([]);
  });
});

describe("a log that forgets", () => {
  test("HOOK13 tells no gap to an endpoint for which there was nothing", async () => {
    world.endpoints(endpointOf("ep", { kinds: ["pairing.*"] }));
    for (let n = 0; n < 10; n += 1) world.message("a");
    world.forget(8);
    world.crash();
    world.message("a");
    await world.time.advance(MINUTE);
    expect(world.attempts).toEqual([]);
  });

  test("HOOK13 tells a gap for what was lost of a parked chat, also while its head was under way", async () => {
    world.endpoints(endpointOf("ep"));
    world.receivers.set("ep", () => ({ end: FAIL }));
    for (let n = 0; n < 4; n += 1) world.message("a");
    await world.time.advance(500);
    world.receivers.set("ep", () => ({ end: OK, ms: SECOND }));
    await world.time.advance(SECOND);
    // The head is under way now; what is behind it goes.
    world.forget(3);
    await world.time.advance(MINUTE);
    expect(seqs()).toEqual([1, 2, 4]);
    expect(gaps().map(({ event }) => event.data)).toMatchObject([{ from: "log1.1", to: "log1.3", count: 2 }]);
    expect(world.rows("parked")).toEqual([]);
  });

  test("HOOK13 tells what is lost while a gap is under way, too", async () => {
    world.endpoints(endpointOf("ep", { state: "paused" }));
    for (let n = 0; n < 10; n += 1) world.message("a");
    world.forget(3);
    world.receivers.set("ep", ({ event }) => ({
      end: OK,
      ms: event.kind === "gap" ? 5 * SECOND : 6 * SECOND,
    }));
    world.endpoints(endpointOf("ep", { round: 1 }));
    await world.time.advance(SECOND);
    world.forget(6);
    await world.time.advance(10 * MINUTE);
    const lost = gaps().map(({ event }) => event.data);
    expect(lost).toMatchObject([
      { from: "log1.0", to: "log1.3" },
      { from: "log1.3", to: "log1.6" },
    ]);
    expect(seqs().filter((seq) => seq > 6)).toEqual([7, 8, 9, 10]);
  });

  test("HOOK13 is not to forget what an endpoint that is on still waits for", async () => {
    world.endpoints(endpointOf("ep"), endpointOf("off", { state: "paused" }));
    expect(world.visit().owedFrom()).toBe(1);
    const first = world.message("a");
    world.message("b");
    await world.time.advance(MINUTE);
    expect(world.visit().owedFrom()).toBe(3);
    world.receivers.set("ep", () => ({ end: FAIL }));
    const head = world.message("a");
    world.message("b");
    await world.time.advance(SECOND);
    expect(world.visit().owedFrom()).toBe(head);
    expect(first).toBe(1);
  });
});

describe("what other accounts deliver", () => {
  test("HOOK3 tells an account that it is its event: its only chat goes on without that", async () => {
    world.endpoints(endpointOf("ep"));
    world.receivers.set("ep", ({ seq }) => ({ end: seq === 1 ? FAIL : OK }));
    world.message("a");
    const behind = world.message("a");
    for (let hour = 0; hour < 6; hour += 1) {
      await world.time.advance(60 * MINUTE);
      const breaker = world.breakers.get("ep");
      if (breaker !== undefined) world.breakers.set("ep", { ...breaker, last_success_at: world.time.now() });
    }
    expect(seqs()).toEqual([behind]);
  });
});

test("HOOK15 of more failed attempts than a thousand the oldest are forgotten", async () => {
  world.endpoints(endpointOf("ep"));
  world.receivers.set("ep", ({ attempts }) => ({ end: attempts === 0 ? FAIL : OK, ms: 1 }));
  const count = MAX_FAILED_ATTEMPTS + 2 * ATTEMPTS_PRUNED_EVERY;
  for (let n = 0; n < count; n += 1) {
    world.message(`chat ${n % 20}`);
    if (n % 20 === 19) await world.time.advance(MINUTE);
  }
  await world.time.advance(MINUTE);
  expect(seqs()).toHaveLength(count);
  const kept = world.rows("attempt");
  expect(kept.length).toBeGreaterThanOrEqual(MAX_FAILED_ATTEMPTS);
  expect(kept.length).toBeLessThan(MAX_FAILED_ATTEMPTS + ATTEMPTS_PRUNED_EVERY);
});

test("HOOK15 a failed attempt is remembered for 7 days, and deleted within a day after", async () => {
  world.endpoints(endpointOf("ep"));
  world.receivers.set("ep", (_, now) => ({ end: now < begun + SECOND ? FAIL : OK }));
  const begun = world.time.now();
  world.message("a");
  await world.time.advance(7 * DAY - MINUTE);
  expect(world.redelivery.attempts("ep", 10)).toMatchObject({ ok: true, value: [{ event: "log1.1" }] });
  await world.time.advance(2 * MINUTE);
  expect(world.redelivery.attempts("ep", 10)).toEqual({ ok: true, value: [] });
  await world.time.advance(DAY);
  world.message("a");
  expect(world.rows("attempt")).toEqual([]);
});

test("HOOK16 an endpoint that is well and lone costs one row for several events at once", async () => {
  world.endpoints(endpointOf("ep"));
  const before = world.writes;
  for (let n = 0; n < MAX_IN_FLIGHT; n += 1) world.message(`chat ${n}`);
  await world.time.advance(SECOND);
  expect(world.writes - before).toBe(1);
});
