import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { streamEvents, type StreamFetch } from "../../../gateway/client/events-stream.ts";
import { systemClock } from "../../../gateway/client/system-clock.ts";
import { ChannelRelay } from "../support/channel-relay.ts";
import { KEY } from "../support/local-relay.ts";
import { eventAt, failure, hurried, random, take } from "../support/take-events.ts";

let relay: ChannelRelay;
beforeEach(async () => {
  relay = await ChannelRelay.start();
});
afterEach(() => relay.away());

const stream = (wish: { after?: string; signal?: AbortSignal } = {}) =>
  streamEvents({ ...relay.target, ...wish, random });

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

  /** A server whose streams are these texts, one after the other. */
  function scripted(...texts: string[]): { streamFetch: StreamFetch; opened: string[] } {
    const opened: string[] = [];
    const streamFetch: StreamFetch = (_url, { headers }) => {
      opened.push(headers["last-event-id"] ?? "");
      const body = new Response(texts.shift() ?? "").body;
      return Promise.resolve(
        new Response(body, { headers: { "content-type": "text/event-stream;charset=utf-8" } }),
      );
    };
    return { streamFetch, opened };
  }
  const lineOf = (seq: number): string => `id: log1.${seq}\ndata: ${JSON.stringify(eventAt(seq))}\n\n`;
  const scriptedStream = (streamFetch: StreamFetch) =>
    streamEvents({ ...relay.target, after: "log1.0", random, streamFetch, clock: hurried().clock });

  test("EVT2 repeats in a later stream are dropped", async () => {
    const { streamFetch, opened } = scripted(lineOf(1) + lineOf(2), lineOf(1) + lineOf(2) + lineOf(3));
    expect(await take(scriptedStream(streamFetch), 3)).toEqual(["log1.1", "log1.2", "log1.3"]);
    expect(opened).toEqual(["log1.0", "log1.2"]);
  });

  test.each(["{}", "not json", '{"id":"log1.2"}'])(
    "EVT1 a stream with %s in the place of an event ends the loop",
    async (data) => {
      const { streamFetch, opened } = scripted(`${lineOf(1)}data: ${data}\n\n`);
      const error = await failure(take(scriptedStream(streamFetch), 2));
      expect([error.code, opened]).toEqual(["unexpected_answer", ["log1.0"]]);
    },
  );

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
