// Deliveries as docs/protocol.md has them (HOOK rules), in virtual time on real SQLite.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ATTEMPT_DELAYS_MS, BREAKER_FAILURES, MAX_IN_FLIGHT } from "../../shared/webhooks/limits.ts";
import { seededRandom } from "../imsg-sim/random.ts";
import { endpointOf, HookWorld, OK, type Receiver } from "./hook-world.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const FAIL = { status: 500 };

let world: HookWorld;
beforeEach(async () => {
  world = await HookWorld.create();
});
afterEach(() => world.close());

const seqs = (endpoint: string, chat?: string): number[] =>
  world
    .delivered(endpoint)
    .filter((one) => chat === undefined || world.chatOf(one.seq) === chat)
    .map(({ seq }) => seq);
const failing =
  (isBad: (seq: number, now: number) => boolean): Receiver =>
  ({ seq }, now) => ({ end: isBad(seq, now) ? FAIL : OK });

describe("a healthy endpoint", () => {
  test("HOOK1 gets what comes from then on, once, and is one row", async () => {
    world.message("a");
    world.endpoints(endpointOf("ep"));
    const sent = [1, 2, 3, 4, 5].map((n) => world.message(`chat ${n % 2}`));
    await world.time.advance(MINUTE);
    expect(seqs("ep").toSorted((a, b) => a - b)).toEqual(sent);
    expect([world.rows("webhook").length, world.rows("parked").length, world.rows("attempt").length]).toEqual(
      [1, 0, 0],
    );
    expect(world.rows("webhook")[0]).toMatchObject({ cursor: 6 });
  });

  test("HOOK2 gets the events of one chat one after the other, those of several at once, but never too many", async () => {
    world.endpoints(endpointOf("ep"));
    world.receivers.set("ep", () => ({ end: OK, ms: 500 }));
    for (let n = 0; n < 40; n += 1) world.message(`chat ${n % 10}`);
    await world.time.advance(MINUTE);
    for (let chat = 0; chat < 10; chat += 1) expect(seqs("ep", `chat ${chat}`)).toHaveLength(4);
    for (let chat = 0; chat < 10; chat += 1)
      expect(seqs("ep", `chat ${chat}`)).toEqual(seqs("ep", `chat ${chat}`).toSorted((a, b) => a - b));
    expect(world.most).toBe(MAX_IN_FLIGHT);
  });
});

describe("an event that cannot be delivered", () => {
  test("HOOK3 holds its chat through the attempt at 10 minutes; then the chat goes on, and it comes late", async () => {
    world.endpoints(endpointOf("ep"));
    const bad = 1;
    world.receivers.set(
      "ep",
      failing((seq) => seq === bad),
    );
    world.message("a");
    const behind = world.message("a");
    const other = world.message("b");
    await world.time.advance(5 * MINUTE);
    expect(seqs("ep")).toEqual([other]);
    // Others get through: it is this event, and not the endpoint.
    world.message("b");
    await world.time.advance(15 * MINUTE);
    expect(seqs("ep", "a")).toEqual([behind]);
    world.receivers.set("ep", () => ({ end: OK }));
    await world.time.advance(DAY);
    expect(seqs("ep", "a")).toEqual([behind, bad]);
    expect(world.attempts.findLast(({ seq }) => seq === bad)?.kind).toBe("aside");
    expect([world.rows("parked"), world.rows("set_aside")]).toEqual([[], []]);
  });

  test("HOOK4 is tried 13 times over three days, and then no more", async () => {
    world.endpoints(endpointOf("ep"));
    const bad = 1;
    world.receivers.set(
      "ep",
      failing((seq) => seq === bad),
    );
    world.message("a");
    for (let hour = 0; hour < 120; hour += 1) {
      world.message("b");
      await world.time.advance(60 * MINUTE);
    }
    expect(world.attempts.filter(({ seq }) => seq === bad)).toHaveLength(ATTEMPT_DELAYS_MS.length);
    expect(world.rows("set_aside")).toEqual([]);
    expect(seqs("ep", "b")).toHaveLength(120);
  });

  test("HOOK5 that a receiver wants later comes then, and not before", async () => {
    world.endpoints(endpointOf("ep"));
    world.receivers.set("ep", (_, now) => ({
      end: now < start + 5 * MINUTE ? { status: 429, retryAfter: "300" } : OK,
    }));
    const start = world.time.now();
    world.message("a");
    await world.time.advance(299_000);
    expect(world.attempts).toHaveLength(1);
    await world.time.advance(10_000);
    expect(world.attempts).toHaveLength(2);
    expect(seqs("ep")).toHaveLength(1);
  });
});

describe("a dead endpoint", () => {
  test("HOOK5 that wants everything later is not tried by the breaker's steps either", async () => {
    world.endpoints(endpointOf("ep"));
    world.receivers.set("ep", () => ({ end: { status: 429, retryAfter: "3600" } }));
    for (let n = 0; n < 10; n += 1) world.message(`chat ${n}`);
    await world.time.advance(MINUTE);
    const asked = world.attempts.length;
    await world.time.advance(58 * MINUTE);
    expect(world.attempts).toHaveLength(asked);
    world.receivers.set("ep", () => ({ end: OK }));
    await world.time.advance(5 * MINUTE);
    expect(seqs("ep")).toHaveLength(10);
  });

  test("HOOK6 parks a few chats and no more, costs one attempt a step, and gets everything in order when it is back", async () => {
    let isDead = true;
    world.endpoints(endpointOf("ep"));
    world.receivers.set("ep", () => ({ end: isDead ? FAIL : OK }));
    const sent: number[] = [];
    for (let n = 0; n < 60; n += 1) {
      sent.push(world.message(`chat ${n % 20}`));
      await world.time.advance(1_000);
    }
    await world.time.advance(DAY);
    expect(world.rows("parked").length).toBeLessThanOrEqual(BREAKER_FAILURES);
    // A day is the first ten steps; before the breaker opened there were at most as many again.
    expect(world.attempts.length).toBeLessThan(20);
    isDead = false;
    await world.time.advance(DAY);
    expect(seqs("ep").toSorted((a, b) => a - b)).toEqual(sent);
    for (let chat = 0; chat < 20; chat += 1)
      expect(seqs("ep", `chat ${chat}`)).toEqual(seqs("ep", `chat ${chat}`).toSorted((a, b) => a - b));
    expect(world.rows("parked")).toEqual([]);
  });

  test("HOOK7 is disabled after five days of nothing else, and at once when it says that it is gone", async () => {
    world.endpoints(endpointOf("dead"), endpointOf("gone"));
    world.receivers.set("dead", () => ({ end: FAIL }));
    world.receivers.set("gone", () => ({ end: { status: 410 } }));
    world.message("a");
    await world.time.advance(MINUTE);
    expect([...world.disabled]).toEqual(["gone"]);
    await world.time.advance(4 * DAY);
    expect(world.disabled.has("dead")).toBe(false);
    await world.time.advance(3 * DAY);
    expect(world.disabled.has("dead")).toBe(true);
    const before = world.attempts.length;
    world.message("a");
    await world.time.advance(DAY);
    expect(world.attempts).toHaveLength(before);
  });

  test("HOOK8 does not keep the healthy ones waiting", async () => {
    const dead = ["d1", "d2", "d3", "d4", "d5"].map((id) => endpointOf(id));
    world.endpoints(...dead, endpointOf("ep"));
    for (const { endpoint } of dead)
      world.receivers.set(endpoint, () => ({ end: { error: "timeout" }, ms: 15_000 }));
    for (let n = 0; n < 30; n += 1) {
      world.message(`chat ${n}`);
      await world.time.advance(1_000);
    }
    const late = world.delivered("ep").filter(({ seq, at }) => at - world.loggedAt(seq) > 16_000);
    expect(late).toEqual([]);
    await world.time.advance(MINUTE);
    expect(seqs("ep")).toHaveLength(30);
  });
});

test.each(Array.from({ length: 8 }, (_, at) => at + 1))(
  "HOOK9 nothing is lost, whatever fails and whenever it dies (seed %i)",
  async (seed) => {
    world.close();
    const random = seededRandom(seed);
    world = await HookWorld.create(random);
    const ids = ["ep1", "ep2", "ep3"];
    world.endpoints(...ids.map((id) => endpointOf(id)));
    let trouble = 0.3;
    for (const id of ids)
      world.receivers.set(id, () => ({
        end: random() < trouble ? (random() < 0.5 ? FAIL : { error: "timeout" as const }) : OK,
        ms: Math.floor(random() * 3_000),
      }));
    const sent: number[] = [];
    for (let n = 0; n < 150; n += 1) {
      sent.push(world.message(`chat ${Math.floor(random() * 6)}`));
      if (random() < 0.05) world.crash();
      await world.time.advance(random() * 5_000);
      expect(world.most).toBeLessThanOrEqual(MAX_IN_FLIGHT);
    }
    trouble = 0;
    await world.time.advance(7 * DAY);
    for (const id of ids) {
      expect(new Set(seqs(id))).toEqual(new Set(sent));
      for (let chat = 0; chat < 6; chat += 1) {
        const inOrder = world
          .delivered(id)
          .filter((one) => one.kind !== "aside" && world.chatOf(one.seq) === `chat ${chat}`)
          .map(({ seq }) => seq);
        const first = [...new Set(inOrder)];
        expect(first).toEqual(first.toSorted((a, b) => a - b));
      }
    }
    expect([world.rows("parked"), world.rows("set_aside")]).toEqual([[], []]);
  },
);
