import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { pollEvents, pollForever } from "../../../gateway/client/events-http.ts";
import { httpFetch } from "../../../gateway/node/http-fetch.ts";
import { ChannelRelay } from "../support/channel-relay.ts";
import { eventAt, failure, hurried, random, take } from "../support/take-events.ts";

let relay: ChannelRelay;
beforeEach(async () => {
  relay = await ChannelRelay.start();
});
afterEach(() => relay.away());

const polls = (wish: { after?: string; signal?: AbortSignal } = {}) =>
  pollForever({ ...relay.target, ...wish, fetch: httpFetch, random });

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

  test("EVT5 a poll is given as long as it may wait, and some more", async () => {
    const timeout = vi.spyOn(AbortSignal, "timeout");
    await pollEvents({ ...relay.target });
    relay.emit(1);
    await pollEvents({ ...relay.target, wait: 60 });
    expect(timeout.mock.calls).toEqual([[15_000], [75_000]]);
    timeout.mockRestore();
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
      [503, { code: "agent_offline", retryable: true }, { "retry-after": "9" }],
      [200, { events: [eventAt(1)], next: "log1.1", more: false }],
    ] as const;
    relay.answers.set("GET events", () => answers[relay.asked.length - 1] ?? [404, null]);
    await take(pollForever({ ...relay.target, clock, random, fetch: httpFetch }), 1);
    expect(waits).toEqual([30_000, 7_000, 9_000]);
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
