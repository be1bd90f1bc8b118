// The three ways to read, over real sockets.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ClientError } from "../../../gateway/client/client-error.ts";
import { readEvents } from "../../../gateway/client/events.ts";
import { pollEvents, pollForever } from "../../../gateway/client/events-http.ts";
import type { EventReader } from "../../../gateway/client/events-reader.ts";
import type { ChannelEvent } from "../../../gateway/client/events-schema.ts";
import { streamEvents } from "../../../gateway/client/events-stream.ts";
import { systemClock } from "../../../gateway/client/system-clock.ts";
import { httpFetch } from "../../../gateway/node/http-fetch.ts";
import type { Clock } from "../../../shared/clock.ts";
import { wsDial } from "../../../gateway/node/ws-dial.ts";
import { ACCOUNT, ChannelRelay, KEY } from "../support/channel-relay.ts";

let relay: ChannelRelay;
beforeEach(async () => {
  relay = await ChannelRelay.start();
});
afterEach(() => relay.away());

/** Reconnects at once: what is tested is where it goes on, not when. */
const random = (): number => 0;
const reader = (wish: { after?: string; consumer?: string } = {}): EventReader =>
  readEvents({ ...relay.target, ...wish, dial: wsDial, random });
const polls = (wish: { after?: string; limit?: number; signal?: AbortSignal } = {}) =>
  pollForever({ ...relay.target, ...wish, fetch: httpFetch, random });
const stream = (wish: { after?: string; signal?: AbortSignal } = {}) =>
  streamEvents({ ...relay.target, ...wish, random });

/** The ids of the next `count` events; then the loop is left. */
async function take(
  events: AsyncIterable<ChannelEvent>,
  count: number,
  at?: (id: string) => void,
): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of events) {
    ids.push(id);
    at?.(id);
    if (ids.length === count) break;
  }
  return ids;
}

/** Waits are noted, and over at once. */
function hurried(): { waits: number[]; clock: Clock } {
  const waits: number[] = [];
  const after = (ms: number, run: () => void): (() => void) => {
    waits.push(ms);
    setImmediate(run);
    return () => undefined;
  };
  return { waits, clock: { now: () => 0, after } };
}

async function failure(run: Promise<unknown>): Promise<ClientError> {
  const error: unknown = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ClientError)) throw new Error("it did not fail as it should");
  return error;
}

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

describe("long poll", () => {
  test("EVT5 one poll gives a page, what comes next, and whether there is more", async () => {
    relay.emit(5);
    const page = await pollEvents({
      ...relay.target,
      after: "log1.1",
      limit: 2,
      kinds: ["gap", "account.*"],
    });
    expect(page).toMatchObject({ next: "log1.3", more: true });
    expect(page.events.map(({ id }) => id)).toEqual(relay.ids(2, 3));
    expect(relay.asked[0]?.query).toEqual({
      after: "log1.1",
      limit: "2",
      wait: "0",
      kinds: "gap,account.*",
    });
  });

  test("EVT5 it goes on from `next`, which filtered events have moved too", async () => {
    const pages = [
      { events: [], next: "log1.90", more: true },
      { events: [], next: "log1.95", more: false },
    ];
    relay.answers.set("GET events", () => [200, pages.shift() ?? { events: [eventAt(96)], next: "log1.96" }]);
    const { clock } = hurried();
    const forever = pollForever({ ...relay.target, after: "log1.2", clock, random, fetch: httpFetch });
    expect(await take(forever, 1)).toEqual(["log1.96"]);
    expect(relay.asked.map(({ query }) => query["after"])).toEqual(["log1.2", "log1.90", "log1.95"]);
  });

  test("EVT5 it waits at the relay, and an event ends the wait", async () => {
    const taken = take(polls({ after: "log1.0" }), 1);
    await relay.until(() => relay.readers === 1);
    expect(relay.asked[0]?.query).toEqual({ after: "log1.0", wait: "50" });
    relay.emit(1);
    expect(await taken).toEqual(["log1.1"]);
  });

  test("EVT3 from the tail it learns its place first, so that a loss before the first event loses none", async () => {
    relay.emit(10);
    const taken = take(polls({ after: "tail" }), 2);
    await relay.until(() => relay.readers === 1);
    relay.drop();
    relay.emit(2);
    expect(await taken).toEqual(relay.ids(11, 12));
    expect(relay.asked.map(({ query }) => [query["after"], query["wait"]])).toEqual([
      ["tail", "0"],
      ["log1.10", "50"],
      ["log1.10", "50"],
    ]);
  });

  test("a signal ends the loop in the middle of a wait", async () => {
    const giveUp = new AbortController();
    const taken = take(polls({ after: "tail", signal: giveUp.signal }), 1);
    await relay.until(() => relay.readers === 1);
    giveUp.abort();
    expect(await taken).toEqual([]);
    await relay.until(() => relay.readers === 0);
  });

  test("a refusal that says when is not asked again before", async () => {
    const { waits, clock } = hurried();
    const answers = [
      [429, { code: "rate_limited", retryable: true, retry_after_s: 30 }],
      [503, "busy", { "retry-after": "7" }],
      [200, { events: [eventAt(1)], next: "log1.1", more: false }],
    ] as const;
    relay.answers.set("GET events", () => answers[relay.asked.length - 1] ?? [404, null]);
    await take(pollForever({ ...relay.target, clock, random, fetch: httpFetch }), 1);
    expect(waits).toEqual([30_000, 7_000]);
  });

  test("a relay that does not wait is not asked in a hurry", async () => {
    const { waits, clock } = hurried();
    relay.answers.set("GET events", () => [
      200,
      { events: relay.asked.length < 3 ? [] : [eventAt(1)], next: "log1.0", more: false },
    ]);
    await take(pollForever({ ...relay.target, clock, random, fetch: httpFetch }), 1);
    expect(waits).toEqual([1_000, 1_000]);
  });

  test("EVT1 a page with something that is no event is refused as a whole", async () => {
    relay.answers.set("GET events", [200, { events: [eventAt(1), {}], next: "log1.2", more: false }]);
    expect(await failure(take(polls(), 1))).toMatchObject({ code: "unexpected_answer" });
  });
});

const eventAt = (seq: number): object => ({ id: `log1.${seq}`, kind: "account.online", data: {} });

describe("event stream", () => {
  test("EVT6 it goes on from Last-Event-ID, the last event taken", async () => {
    relay.emit(6);
    const ids = await take(stream({ after: "log1.2" }), 6, (id) => {
      if (id !== "log1.4") return;
      relay.drop();
      relay.emit(2);
    });
    expect(ids).toEqual(relay.ids(3, 8));
    expect(relay.asked.map(({ query, headers }) => [query["after"], headers["last-event-id"]])).toEqual([
      ["log1.2", "log1.2"],
      [expect.any(String), expect.stringMatching(/^log1\.[3-6]$/)],
    ]);
    expect(relay.asked[0]?.headers).toMatchObject({
      accept: "text/event-stream",
      authorization: `Bearer ${KEY}`,
    });
  });

  test("EVT3 from the tail it learns its place first, so that a loss before the first event loses none", async () => {
    relay.emit(10);
    const taken = take(stream(), 2);
    await relay.until(() => relay.readers === 1);
    relay.drop();
    relay.emit(2);
    expect(await taken).toEqual(relay.ids(11, 12));
  });

  test("a signal ends a stream that is silent", async () => {
    const giveUp = new AbortController();
    const taken = take(stream({ after: "beginning", signal: giveUp.signal }), 1);
    await relay.until(() => relay.readers === 1);
    giveUp.abort();
    expect(await taken).toEqual([]);
    await relay.until(() => relay.readers === 0);
  });

  test("an answer that is no event stream is none", async () => {
    relay.answers.set("GET events", [200, { events: [] }]);
    expect(await failure(take(stream({ after: "beginning" }), 1))).toMatchObject({
      code: "unexpected_answer",
      retryable: false,
    });
  });

  test("a stream that is silent for 45 s is left for a new one", async () => {
    const timers: { ms: number; run: () => void }[] = [];
    const clock = {
      now: () => Date.now(),
      after: (ms: number, run: () => void) => {
        if (ms < 45_000) return systemClock.after(ms, run);
        const timer = { ms, run };
        timers.push(timer);
        return () => timers.splice(timers.indexOf(timer), 1);
      },
    };
    const taken = take(streamEvents({ ...relay.target, after: "beginning", clock, random }), 1);
    await relay.until(() => relay.readers === 1);
    timers.at(-1)?.run();
    await relay.until(() => relay.asked.length === 2);
    relay.emit(1);
    expect(await taken).toEqual(["log1.1"]);
  });
});
