import { describe, expect, test } from "vitest";
import { settle } from "../support/virtual-clock.ts";
import { events, Loop, stepping, takeAll, VirtualEvents } from "../support/virtual-events.ts";

describe("what is asked for", () => {
  test("EVT3, EVT8, EVT9: place, name and choice are in the URL, the key in none; nothing is dialled before the loop", async () => {
    const relay = new VirtualEvents({
      after: "log1.5",
      consumer: "bot-1",
      kinds: ["message.*", "gap"],
      chats: ["-;+15550100", "+;chat1"],
    });
    expect(relay.attempts).toEqual([]);
    await new Loop(relay.reader).ask();
    expect(relay.last.query).toEqual({
      after: "log1.5",
      consumer: "bot-1",
      kinds: "message.*,gap",
      chats: "-;+15550100,+;chat1",
    });
    expect(relay.last.target).toMatchObject({ protocol: "imsg-relay.events.v1", key: "key_1.secret" });
    expect(relay.last.target.url).toMatch(/^https:\/\/relay\.example\.com\/v1\/accounts\/acc_1\/events\?/);
  });
});

describe("taking and acknowledging", () => {
  test("EVT7 an event is acknowledged when the loop asks for the next one, not before", async () => {
    const { relay, loop } = await stepping(1);
    await relay.clock.pass(5_000);
    expect([loop.ids, relay.last.acks]).toEqual([["log1.1"], []]);
    await loop.ask();
    expect(relay.last.acks).toEqual(["log1.1"]);
  });

  test("EVT7 acks are cumulative: one when everything that came is taken", async () => {
    const relay = new VirtualEvents();
    const { ids } = takeAll(relay);
    relay.last.open();
    relay.last.show(events(1, 20));
    await settle();
    expect(ids).toHaveLength(20);
    expect(relay.last.acks).toEqual(["log1.20"]);
  });

  test("EVT7 while more is waiting, one ack leaves every 32 events", async () => {
    const relay = new VirtualEvents();
    takeAll(relay);
    relay.last.open();
    relay.last.show(events(1, 64));
    relay.last.show(events(65, 100));
    await settle();
    expect(relay.last.acks).toEqual(["log1.32", "log1.64", "log1.96", "log1.100"]);
  });

  test("EVT7 a slow loop's ack waits at most 100 ms", async () => {
    const { relay, loop } = await stepping(10);
    await loop.ask();
    await relay.clock.pass(60);
    await loop.ask();
    await relay.clock.pass(39);
    expect(relay.last.acks).toEqual([]);
    await relay.clock.pass(1);
    expect(relay.last.acks).toEqual(["log1.2"]);
  });

  test("EVT7 a slow loop holds everything back: no ack, nothing handed out of turn", async () => {
    const { relay, loop } = await stepping(0);
    for (let from = 1; from < 256; from += 64) relay.last.show(events(from, from + 63));
    await relay.clock.pass(60_000);
    expect([loop.ids, relay.last.acks, relay.attempts.length]).toEqual([["log1.1"], [], 1]);
    for (let taken = 0; taken < 256; taken += 1) await loop.ask();
    expect(loop.ids).toEqual(events(1, 256).map(({ id }) => id));
    expect(relay.last.acks.at(-1)).toBe("log1.256");
  });

  test("EVT7 a relay that sends far beyond the window is left, and what was not taken is asked for again", async () => {
    const { relay, loop } = await stepping(0, { after: "log1.0" });
    for (let from = 1; from < 600; from += 64) relay.last.show(events(from, from + 63));
    expect(relay.last.closedBy).toBe(4006);
    await loop.ask();
    await relay.clock.pass(3_000);
    expect(relay.last.query["after"]).toBe("log1.1");
  });

  test("EVT7 a handler whose promise resolves later holds the next event back", async () => {
    const relay = new VirtualEvents();
    const order: string[] = [];
    let release = (): void => undefined;
    const reading = relay.reader.each(async ({ id }) => {
      order.push(`in ${id}`);
      await new Promise<void>((resolve) => (release = resolve));
      order.push(`out ${id}`);
    });
    relay.last.open();
    relay.last.show(events(1, 2));
    await settle();
    expect(order).toEqual(["in log1.1"]);
    release();
    await settle();
    expect(order).toEqual(["in log1.1", "out log1.1", "in log1.2"]);
    relay.reader.close();
    release();
    await reading;
    expect(relay.last.story).toEqual(["log1.2", "closed 4000"]);
  });

  test("a handler that fails ends the reader with its error, and its event comes again next time", async () => {
    const relay = new VirtualEvents();
    const reading = relay.reader.each(({ id }) => {
      if (id === "log1.2") throw new Error("disk full");
    });
    relay.last.open();
    relay.last.show(events(1, 3));
    await expect(reading).rejects.toThrow("disk full");
    expect(relay.last.story).toEqual(["log1.1", "closed 4000"]);
    expect(relay.reader.lastId).toBe("log1.1");
  });
});

describe("leaving", () => {
  test("break closes the socket; what was taken is acknowledged first, what was in hand is not", async () => {
    const relay = new VirtualEvents();
    const reading = (async () => {
      for await (const { id } of relay.reader) if (id === "log1.3") break;
    })();
    relay.last.open();
    relay.last.show(events(1, 5));
    await reading;
    expect(relay.last.story).toEqual(["log1.2", "closed 4000"]);
    expect(relay.reader.lastId).toBe("log1.2");
    expect(relay.clock.pending).toBe(0);
  });

  test("close ends a loop that waits, at once", async () => {
    const { relay, loop } = await stepping(1);
    await loop.ask();
    relay.reader.close();
    await settle();
    expect([loop.ended, relay.last.story, relay.clock.pending]).toEqual([
      "done",
      ["log1.1", "closed 4000"],
      0,
    ]);
  });

  test("close lets the event in hand be taken, and acknowledges it before the socket goes", async () => {
    const { relay, loop } = await stepping(3);
    await settle();
    relay.reader.close();
    await relay.clock.pass(4_000);
    expect(relay.last.closedBy).toBeUndefined();
    await loop.ask();
    expect([loop.ended, loop.ids, relay.last.story, relay.clock.pending]).toEqual([
      "done",
      ["log1.1"],
      ["log1.1", "closed 4000"],
      0,
    ]);
  });

  test("close waits 5 s for a loop that never comes back", async () => {
    const { relay, loop } = await stepping(3);
    await settle();
    relay.reader.close();
    await relay.clock.pass(5_001);
    expect([relay.last.story, relay.clock.pending]).toEqual([["closed 4000"], 0]);
    await loop.ask();
    expect(loop.ended).toBe("done");
  });
});
