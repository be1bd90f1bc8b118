// The three ways to read over real sockets: what they have in common, and the WebSocket's own.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readEvents } from "../../../gateway/client/events.ts";
import { pollForever } from "../../../gateway/client/events-http.ts";
import type { EventReader } from "../../../gateway/client/events-reader.ts";
import { streamEvents } from "../../../gateway/client/events-stream.ts";
import { httpFetch } from "../../../gateway/node/http-fetch.ts";
import { wsDial } from "../../../gateway/node/ws-dial.ts";
import { ChannelRelay } from "../support/channel-relay.ts";
import { ACCOUNT, KEY } from "../support/local-relay.ts";
import { failure, random, take } from "../support/take-events.ts";

let relay: ChannelRelay;
beforeEach(async () => {
  relay = await ChannelRelay.start();
});
afterEach(() => relay.away());

const reader = (wish: { after?: string; consumer?: string } = {}): EventReader =>
  readEvents({ ...relay.target, ...wish, dial: wsDial, random });
const polls = (wish: { after?: string }) =>
  pollForever({ ...relay.target, ...wish, fetch: httpFetch, random });
const stream = (wish: { after?: string }) => streamEvents({ ...relay.target, ...wish, random });

describe.each([
  ["a WebSocket", (after: string) => reader({ after })],
  ["an event stream", (after: string) => stream({ after })],
  ["long polls", (after: string) => polls({ after })],
])("over %s", (_, open) => {
  test("EVT2 the same ids in the same order, whatever is lost between, the relay itself included", async () => {
    relay.emit(150);
    const ids = await take(open("beginning"), 500, (id) => {
      if (id === "log1.70" || id === "log1.71" || id === "log1.300") relay.drop();
      if (id === "log1.140") relay.emit(200);
      if (id === "log1.200") void relay.away().then(() => relay.listen());
      if (id === "log1.340") relay.emit(200);
    });
    expect(ids).toEqual(relay.ids(1, 500));
  });

  test("EVT2 a later reader goes on after the id it is given", async () => {
    relay.emit(9);
    expect(await take(open("log1.4"), 5)).toEqual(relay.ids(5, 9));
  });

  test("leaving the loop early leaves no connection behind", async () => {
    relay.emit(5);
    expect(await take(open("beginning"), 2)).toHaveLength(2);
    await relay.until(() => relay.readers === 0);
  });

  test.each(["invalid_request", "unauthenticated", "forbidden", "not_found"] as const)(
    "LINK6 %s ends the loop",
    async (code) => {
      relay.refuse = code;
      expect(await failure(take(open("beginning"), 1))).toMatchObject({ code, retryable: false });
      expect(relay.asked).toHaveLength(1);
    },
  );

  test("the relay's own trouble, and too many requests, pass", async () => {
    relay.emit(1);
    relay.refuse = "internal";
    const taken = take(open("beginning"), 1);
    await relay.until(() => relay.asked.length === 1);
    relay.refuse = "rate_limited";
    await relay.until(() => relay.asked.length === 2);
    relay.refuse = undefined;
    expect(await taken).toEqual(["log1.1"]);
  });
});

describe("WebSocket", () => {
  test("EVT7 the key is in the header, the ack is there before the socket closes", async () => {
    relay.emit(3);
    await take(reader({ after: "beginning" }), 3);
    await relay.until(() => relay.readers === 0);
    expect(relay.asked[0]?.headers).toMatchObject({
      authorization: `Bearer ${KEY}`,
      "sec-websocket-protocol": "imsg-relay.events.v1",
    });
    expect(relay.story).toEqual(["ack log1.2", "close 4000"]);
  });

  test("EVT7 a handler that takes its time holds the relay back, and all of it comes in the end", async () => {
    relay.emit(700);
    const ids: string[] = [];
    let release = (): void => undefined;
    let entered = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const isInHand = new Promise<void>((resolve) => (entered = resolve));
    const events = reader({ after: "beginning" });
    const reading = events.each(async ({ id }) => {
      ids.push(id);
      entered();
      if (ids.length === 1) await gate;
      if (ids.length === 700) events.close();
    });
    await isInHand;
    await relay.until(() => relay.maxUnacked === 256);
    expect([ids.length, relay.story]).toEqual([1, []]);
    release();
    await reading;
    expect(ids).toEqual(relay.ids(1, 700));
    expect(relay.maxUnacked).toBe(256);
    expect(relay.story.length).toBeLessThan(40);
  });

  test("EVT8 a named consumer is found again by its name, also by a new reader", async () => {
    relay.emit(10);
    await take(reader({ consumer: "bot", after: "beginning" }), 4);
    await relay.until(() => relay.readers === 0);
    expect(relay.consumers.get("bot")).toBe(3);
    expect(await take(reader({ consumer: "bot" }), 3)).toEqual(relay.ids(4, 6));
  });

  test("EVT8 after a crash of the relay some come again, and are shown once", async () => {
    relay.emit(40);
    const ids = await take(reader({ consumer: "bot", after: "beginning" }), 60, (id) => {
      if (id !== "log1.40") return;
      relay.consumers.set("bot", 20);
      relay.drop();
      relay.emit(20);
    });
    expect(ids).toEqual(relay.ids(1, 60));
  });

  test("EVT10 a reader with tickets asks for a new one at every connection and sends no key", async () => {
    relay.emit(2);
    let tickets = 0;
    const events = readEvents({
      relay: relay.url,
      account: ACCOUNT,
      ticket: () => Promise.resolve(`tic_${(tickets += 1)}`),
      after: "beginning",
      dial: wsDial,
      random,
    });
    await take(events, 4, (id) => {
      if (id !== "log1.2") return;
      relay.drop();
      relay.emit(2);
    });
    expect(relay.asked.map(({ query }) => query["ticket"])).toEqual(["tic_1", "tic_2"]);
    expect(relay.asked.every(({ headers }) => headers.authorization === undefined)).toBe(true);
  });
});
