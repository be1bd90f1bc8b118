// What an endpoint's owner asks for again (HOOK17, HOOK18).
import { afterEach, beforeEach, expect, test } from "vitest";
import { endpointOf, HookWorld, OK } from "./hook-world.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const FAIL = { status: 500 };

let world: HookWorld;
beforeEach(async () => {
  world = await HookWorld.create();
  world.endpoints(endpointOf("ep"));
});
afterEach(() => world.close());

const seqs = (): number[] => world.delivered("ep").map(({ seq }) => seq);

test("HOOK17 an event is delivered once more, as one that its chat does not wait for", async () => {
  for (let n = 0; n < 3; n += 1) world.message("a");
  await world.time.advance(SECOND);
  expect(world.redelivery.resend("ep", "log1.2")).toMatchObject({ ok: true, value: { event: "log1.2" } });
  await world.time.advance(MINUTE);
  expect(seqs()).toEqual([1, 2, 3, 2]);
  expect(world.attempts.at(-1)?.kind).toBe("aside");
  expect(world.rows("set_aside")).toEqual([]);
});

test("HOOK17 what is no event of this log, or none for it, cannot be sent again; what is still to come need not", async () => {
  world.endpoints(endpointOf("ep", { kinds: ["message.sent"] }));
  world.message("a");
  world.message("a", "message.sent");
  await world.time.advance(SECOND);
  const codes = ["log1.1", "log1.9", "log2.2", "nonsense"].map((id) => world.redelivery.resend("ep", id));
  expect(codes).toMatchObject(codes.map(() => ({ ok: false, error: { code: "not_found" } })));
  expect(world.redelivery.resend("other", "log1.2")).toMatchObject({ error: { code: "not_found" } });
  world.receivers.set("ep", () => ({ end: FAIL }));
  world.message("a", "message.sent");
  await world.time.advance(SECOND);
  expect(world.redelivery.resend("ep", "log1.3")).toMatchObject({ error: { code: "conflict" } });
});

test("HOOK17 what waits behind the oldest event of its chat is still to come, too", async () => {
  world.receivers.set("ep", ({ seq }) => ({ end: seq === 1 ? FAIL : OK }));
  for (const chat of ["a", "b", "a"]) world.message(chat);
  await world.time.advance(SECOND / 2);
  expect(world.redelivery.resend("ep", "log1.3")).toMatchObject({ error: { code: "conflict" } });
  expect(world.redelivery.resend("ep", "log1.2")).toMatchObject({ ok: true });
  world.receivers.set("ep", () => ({ end: OK }));
  await world.time.advance(MINUTE);
  expect(seqs()).toEqual([2, 2, 1, 3]);
});

test("HOOK18 a replay begins at an event, at a time, or at the beginning, and comes in the same order", async () => {
  for (let n = 0; n < 4; n += 1) {
    world.message("a");
    await world.time.advance(MINUTE);
  }
  expect(world.redelivery.replay("ep", { after: "log1.2" })).toEqual({
    ok: true,
    value: { after: "log1.2", events: 2 },
  });
  await world.time.advance(MINUTE);
  expect(seqs()).toEqual([1, 2, 3, 4, 3, 4]);
  world.redelivery.replay("ep", { since: world.loggedAt(4) });
  await world.time.advance(MINUTE);
  expect(seqs().slice(6)).toEqual([4]);
  world.redelivery.replay("ep", { after: "beginning" });
  await world.time.advance(MINUTE);
  expect(seqs().slice(7)).toEqual([1, 2, 3, 4]);
});

test("HOOK18 a replay begun while something is under way, parked and set aside loses nothing and repeats in order", async () => {
  world.receivers.set("ep", ({ chat, seq }) => ({
    end: chat === "b" && seq >= 6 ? FAIL : OK,
    ms: 3 * SECOND,
  }));
  for (let n = 0; n < 8; n += 1) world.message(n % 2 === 0 ? "a" : "b");
  await world.time.advance(29 * SECOND);
  world.redelivery.replay("ep", { after: "beginning" });
  world.receivers.set("ep", () => ({ end: OK }));
  const before = world.attempts.length;
  await world.time.advance(10 * MINUTE);
  for (const chat of ["a", "b"]) {
    const again = world.attempts
      .slice(before)
      .filter((one) => one.chat === chat && "status" in one.end && one.end.status === 200)
      .map(({ seq }) => seq);
    // Before them comes what was under way.
    expect(again.slice(-4)).toEqual(chat === "a" ? [1, 3, 5, 7] : [2, 4, 6, 8]);
  }
  expect([world.rows("parked"), world.rows("set_aside")]).toEqual([[], []]);
});

test("HOOK18 a replay never skips what is still to come, and knows this log only", async () => {
  world.receivers.set("ep", () => ({ end: FAIL }));
  world.endpoints(endpointOf("ep", { state: "paused" }));
  for (let n = 0; n < 3; n += 1) world.message("a");
  expect(world.redelivery.replay("ep", { after: "log1.3" })).toMatchObject({ value: { after: "log1.0" } });
  expect(world.redelivery.replay("ep", { since: world.time.now() + 1 })).toMatchObject({
    value: { after: "log1.0" },
  });
  for (const after of ["log2.1", "log1.9", "tail", ""])
    expect(world.redelivery.replay("ep", { after })).toMatchObject({ error: { code: "not_found" } });
});

test("HOOK19 what waits is listed: the heads of parked chats, and what was set aside", async () => {
  world.receivers.set("ep", ({ seq }) => ({ end: seq === 1 ? FAIL : OK }));
  world.message("a");
  world.message("b");
  await world.time.advance(SECOND / 2);
  expect(world.redelivery.waiting("ep")).toMatchObject({
    ok: true,
    value: { parked: [{ chat: "a", event: "log1.1", attempts: 1 }], set_aside: [] },
  });
  for (let n = 0; n < 30; n += 1) {
    world.message("b");
    await world.time.advance(MINUTE);
  }
  expect(world.redelivery.waiting("ep")).toMatchObject({
    value: { parked: [], set_aside: [{ event: "log1.1" }] },
  });
});
