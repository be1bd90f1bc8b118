import { describe, expect, test } from "vitest";
import { ClientError } from "../../../gateway/client/client-error.ts";
import type { ChannelEvent } from "../../../gateway/client/events-schema.ts";
import { heldReason } from "../../../shared/close.ts";
import { settle } from "../support/virtual-clock.ts";
import { event, events, Loop, stepping, takeAll, VirtualEvents } from "../support/virtual-events.ts";

describe("reconnecting", () => {
  test("EVT2 it goes on after the last event taken, not the last one that came", async () => {
    const relay = new VirtualEvents({ after: "beginning" });
    const loop = new Loop(relay.reader);
    await loop.ask();
    expect(relay.last.query["after"]).toBe("beginning");
    relay.last.open();
    relay.last.show(events(1, 5));
    await loop.ask();
    await loop.ask();
    const again = await relay.lose();
    expect(again.query["after"]).toBe("log1.2");
    again.open("log1.2");
    again.show(events(3, 6));
    for (let more = 0; more < 5; more += 1) await loop.ask();
    expect(loop.ids).toEqual(events(1, 6).map(({ id }) => id));
    expect(again.acks.at(-1)).toBe("log1.6");
  });

  test("EVT2 the event in hand during a loss is not given twice, and is acknowledged where it came again", async () => {
    const { relay, loop } = await stepping(3, { after: "log1.0" });
    await settle();
    const again = await relay.lose();
    expect(again.query["after"]).toBe("log1.0");
    again.open("log1.0");
    await loop.ask();
    expect(again.acks).toEqual([]);
    again.show(events(1, 3));
    await relay.clock.pass(1_000);
    expect(loop.ids).toEqual(["log1.1", "log1.2"]);
    expect(again.acks).toEqual(["log1.1"]);
    expect(relay.attempts[0]?.acks).toEqual([]);
  });

  test("EVT2 repeats are dropped by their number and acknowledged", async () => {
    const relay = new VirtualEvents({ consumer: "bot" });
    const { ids } = takeAll(relay);
    relay.last.open("log1.0", "bot");
    relay.last.show(events(1, 9));
    await settle();
    const again = await relay.lose();
    again.open("log1.4", "bot");
    again.show(events(5, 9));
    await settle();
    expect(again.acks).toEqual(["log1.9"]);
    again.show(events(10, 10));
    await settle();
    expect(ids).toEqual(events(1, 10).map(({ id }) => id));
  });

  test("EVT2 the same number in another log is another event", async () => {
    const relay = new VirtualEvents({ after: "log1.0" });
    const { ids } = takeAll(relay);
    relay.last.open();
    relay.last.show(events(1, 3));
    await settle();
    const again = await relay.lose();
    again.open("log2.0");
    again.show([event(0, { kind: "gap", data: gap }, "log2"), ...events(1, 2, "log2")]);
    await settle();
    expect(ids.slice(3)).toEqual(["log2.0", "log2.1", "log2.2"]);
    expect((await relay.lose()).query["after"]).toBe("log2.2");
  });

  test("EVT3 a reader from the tail that saw nothing yet goes on from where it began", async () => {
    const relay = new VirtualEvents();
    takeAll(relay);
    expect(relay.last.query).not.toHaveProperty("after");
    relay.last.open("log1.41");
    expect((await relay.lose()).query["after"]).toBe("log1.41");
  });

  test("EVT3 a reader that has taken nothing yet still knows where it was told to begin", () => {
    expect(new VirtualEvents({ after: "log1.7" }).reader.lastId).toBe("log1.7");
    expect(new VirtualEvents({ after: "tail" }).reader.lastId).toBeUndefined();
  });

  test("EVT2 where a later socket begins moves the place back to nowhere", async () => {
    const relay = new VirtualEvents();
    takeAll(relay);
    relay.last.open("log1.0");
    relay.last.show(events(1, 3));
    await settle();
    (await relay.lose()).open("log1.1");
    expect(relay.reader.lastId).toBe("log1.3");
    expect((await relay.lose()).query["after"]).toBe("log1.3");
  });

  test("EVT8 a named consumer goes on by its name, `after` was only its beginning", async () => {
    const relay = new VirtualEvents({ consumer: "bot", after: "beginning" });
    takeAll(relay);
    expect(relay.last.query).toEqual({ consumer: "bot", after: "beginning" });
    expect((await relay.lose({ reason: "ECONNREFUSED" })).query).toEqual({
      consumer: "bot",
      after: "beginning",
    });
    relay.last.open("log1.0", "bot");
    relay.last.show(events(1, 2));
    await settle();
    expect((await relay.lose()).query).toEqual({ consumer: "bot" });
  });

  test("LINK6 every end but a fatal one is mended, for ever", async () => {
    const relay = new VirtualEvents({}, 0.999);
    const { ids } = takeAll(relay);
    for (const end of [
      { code: 4000, reason: "goodbye" },
      { code: 4006, reason: "silent" },
      { code: 4007, reason: "restarting" },
      { code: 1011, reason: "not stored" },
      { status: 500, reason: "HTTP 500" },
      { status: 429, reason: "HTTP 429" },
      { reason: "ECONNREFUSED" },
    ]) {
      const before = relay.attempts.length;
      relay.last.end(end);
      const { state } = relay.reader;
      if (state.kind !== "waiting") throw new Error(state.kind);
      await relay.clock.pass(state.inMs);
      expect(relay.attempts).toHaveLength(before + 1);
    }
    relay.last.open("log1.7");
    relay.last.show(events(8, 8));
    await settle();
    expect(ids).toEqual(["log1.8"]);
  });

  test("RPC15 it pings every 10 s and leaves a socket that is silent for 25 s", async () => {
    const relay = new VirtualEvents();
    takeAll(relay);
    relay.last.open();
    await relay.clock.pass(35_000);
    expect([relay.last.pings, relay.attempts.length]).toEqual([3, 1]);
    relay.last.text = () => undefined;
    await relay.clock.pass(40_000);
    expect(relay.attempts[0]?.closedBy).toBe(4006);
    expect(relay.attempts.length).toBeGreaterThan(1);
  });
});

const gap = { from: "log1.3", to: "log2.0", count: null, why: "another_log" };

describe("what only a human can mend", () => {
  test.each([
    [{ code: 4001, reason: "" }, "conflict", /took over/],
    [{ code: 4002, reason: "" }, "invalid_request", /did not understand/],
    [{ code: 4003, reason: "" }, "unauthenticated", /key/],
    [{ code: 4004, reason: "" }, "unauthenticated", /revoked/],
    [{ code: 4005, reason: "" }, "unsupported", /version/],
    [{ code: 4008, reason: "this account is paused" }, "account_paused", /paused.*Nothing is lost/],
    [{ code: 4008, reason: heldReason("tenant_suspended", "a bill") }, "tenant_suspended", /\(a bill\)\. N/],
    [{ code: 4008, reason: "in words of later" }, "forbidden", /paused, or .* suspended/],
    [{ status: 400, reason: "" }, "invalid_request", /after, consumer, kinds/],
    [{ status: 401, reason: "" }, "unauthenticated", /key or ticket/],
    [{ status: 403, reason: "" }, "forbidden", /scope read/],
    [{ status: 404, reason: "" }, "not_found", /no such account/],
    [{ status: 413, reason: "HTTP 413" }, "invalid_request", /HTTP 413/],
    [{ status: 426, reason: "" }, "unsupported", /WebSockets/],
    [{ never: true, reason: "this platform cannot" }, "unsupported", /this platform cannot/],
  ] as const)("EVT8, LINK6: %o ends the loop with a clear error", async (end, code, why) => {
    const relay = new VirtualEvents();
    const { ended } = takeAll(relay);
    relay.last.end(end);
    const error = await ended;
    if (!(error instanceof ClientError)) throw new Error("it did not end so");
    expect([error.code, error.retryable]).toEqual([code, false]);
    expect(error.message).toMatch(why);
    await relay.clock.pass(600_000);
    expect([relay.attempts.length, relay.clock.pending]).toEqual([1, 0]);
  });

  test("EVT8 a fatal close while an event is in hand is told when the loop asks for the next", async () => {
    const { relay, loop } = await stepping(2);
    await settle();
    relay.last.end({ code: 4001, reason: "" });
    await loop.ask();
    expect([loop.ids, loop.ended]).toMatchObject([["log1.1"], { code: "conflict" }]);
    expect(relay.last.acks).toEqual([]);
  });

  test("EVT7 nothing is said to a socket that was closed, not even an ack that was due", async () => {
    const { relay, loop } = await stepping(9);
    await loop.ask();
    relay.last.end({ code: 4004, reason: "" });
    await loop.ask();
    expect([loop.ended, relay.last.acks]).toMatchObject([{ code: "unauthenticated" }, []]);
  });

  test("EVT1 an event without an id or a kind is nothing to go on from: the loop ends and says so", async () => {
    const relay = new VirtualEvents();
    const { ended, ids } = takeAll(relay);
    relay.last.open();
    relay.last.show([event(1), { kind: "message.received" }]);
    expect(await ended).toMatchObject({ code: "unsupported" });
    expect(ids.length).toBeLessThanOrEqual(1);
  });
});

describe("frames", () => {
  test("EVT7 frames of a later relay and texts that are no JSON are passed over", async () => {
    const relay = new VirtualEvents();
    const { ids } = takeAll(relay);
    relay.last.open();
    for (const text of ["not json", "[]", "null", '{"t":"weather"}', '{"t":"events"}', "pong"])
      relay.last.text(text);
    relay.last.show([]);
    relay.last.show(events(1, 1));
    await settle();
    expect(ids).toEqual(["log1.1"]);
  });

  test("EVT4 a gap is handed over like any event, and is a place to go on from", async () => {
    const relay = new VirtualEvents({ after: "log1.3" });
    const seen: ChannelEvent[] = [];
    void relay.reader.each((one) => void seen.push(one));
    relay.last.open("log1.3");
    const data = { from: "log1.3", to: "log1.90", count: 87, why: "retention" };
    relay.last.show([event(90, { kind: "gap", data }), event(91)]);
    await settle();
    expect(seen).toMatchObject([{ id: "log1.90", kind: "gap", data }, { id: "log1.91" }]);
    expect(relay.last.acks).toEqual(["log1.91"]);
  });

  test("EVT4 a gap whose place is where `ready` begins is no repeat", async () => {
    const relay = new VirtualEvents({ after: "old.9" });
    const { ids } = takeAll(relay);
    relay.last.open("log2.0");
    relay.last.show([event(0, { kind: "gap", data: gap }, "log2")]);
    await settle();
    expect(ids).toEqual(["log2.0"]);
  });
});
