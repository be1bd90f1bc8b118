import { describe, expect, test } from "vitest";
import { InProcess, type InProcessOptions } from "./in-process.ts";
import { MemoryDatabase, MemoryWorld } from "./memory-world.ts";
import type { Json } from "./wire-message.ts";

const ANA = "+15550100101";

function imsg(options: InProcessOptions = {}): InProcess {
  const engine = new InProcess("0.15", options);
  engine.script.dm(ANA);
  return engine;
}

const resultOf = (answer: Json | undefined): Json => (answer?.["result"] ?? {}) as Json;
const errorOf = (answer: Json | undefined): Json => (answer?.["error"] ?? {}) as Json;
const messagesOf = (answer: Json | undefined): Json[] => (resultOf(answer)["messages"] ?? []) as Json[];
const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, at) => first + at);

describe("a watch of 0.15", () => {
  test("is answered before its first notification, with the tail taken before the answer", () => {
    const engine = imsg();
    engine.script.appendText(1, ANA, "old");
    expect(resultOf(engine.request("watch.subscribe"))).toStrictEqual({ subscription: 1, buffer_limit: 256 });
    engine.script.appendText(1, ANA, "in the same moment");
    engine.clock.advance(600);
    expect(engine.shown().map(({ text }) => text)).toStrictEqual(["in the same moment"]);
  });

  test("waits for the debounce after a change, 500 ms unless told otherwise", () => {
    const engine = imsg();
    engine.request("watch.subscribe", { debounce_ms: 40 });
    engine.clock.advance(1);
    engine.script.appendText(1, ANA, "new");
    engine.clock.advance(39);
    expect(engine.shown()).toHaveLength(0);
    engine.clock.advance(1);
    expect(engine.shown()).toHaveLength(1);
  });

  test("gives every message the cursor to keep: below what is undelivered, past everything scanned", () => {
    const engine = imsg();
    engine.request("watch.subscribe", { since_rowid: -1 });
    const first = engine.script.appendText(1, ANA, "one");
    engine.script.appendTapback(1, ANA, first, "like");
    engine.script.appendText(1, ANA, "two");
    engine.clock.advance(600);
    expect(engine.shown().map(({ id, cursor }) => [id, cursor])).toStrictEqual([
      [1, 2],
      [3, 3],
    ]);
  });

  test("shows 100 rows a poll, and the next ones only after a change or 5 s", () => {
    const engine = imsg();
    engine.script.appendBulk(1, ANA, 250);
    engine.request("watch.subscribe", { since_rowid: -1, debounce_ms: 10 });
    engine.clock.advance(4000);
    expect(engine.shown()).toHaveLength(100);
    engine.script.appendText(1, ANA, "a change");
    engine.clock.advance(10);
    expect(engine.shown()).toHaveLength(200);
    engine.clock.advance(5000);
    expect(engine.shown().map(({ id }) => id)).toStrictEqual(range(1, 251));
  });

  test("ends with watch.overflow when a batch is larger than its buffer", () => {
    const engine = imsg();
    engine.request("watch.subscribe", { buffer_limit: 2 });
    engine.script.appendBulk(1, ANA, 5);
    engine.clock.advance(600);
    expect(engine.shown()).toHaveLength(2);
    expect(engine.notifications("watch.overflow")).toStrictEqual([
      { subscription: 1, resume_after_rowid: 2, reason: "buffer_limit_exceeded", terminal: true },
    ]);
    engine.script.appendText(1, ANA, "after the end");
    engine.clock.advance(10_000);
    expect(engine.shown()).toHaveLength(2);
  });

  test("looks 20 times for the chat of a row, holding later rows back, and shows it when it is joined", () => {
    const engine = imsg();
    engine.request("watch.subscribe", { debounce_ms: 100 });
    const late = engine.script.appendUnjoined(ANA, "late");
    engine.script.appendText(1, ANA, "behind it");
    engine.clock.advance(1500);
    expect(engine.shown()).toHaveLength(0);
    engine.script.join(late, 1);
    engine.clock.advance(200);
    expect(engine.shown().map(({ text }) => text)).toStrictEqual(["late", "behind it"]);
  });

  test("drops a row that never gets a chat after 20 looks", () => {
    const engine = imsg();
    engine.request("watch.subscribe", { debounce_ms: 100 });
    engine.script.appendUnjoined(ANA, "lost");
    engine.script.appendText(1, ANA, "behind it");
    engine.clock.advance(2500);
    expect(engine.shown().map(({ text }) => text)).toStrictEqual(["behind it"]);
  });

  test("holds a live text for its URL preview when told to, and shows the pair as one", () => {
    const engine = imsg({ previewHoldMs: 2000 });
    engine.request("watch.subscribe", { debounce_ms: 0 });
    engine.clock.advance(1);
    engine.script.appendText(1, ANA, "https://example.com/b");
    engine.clock.advance(1000);
    expect(engine.shown()).toHaveLength(0);
    const balloon = engine.script.appendBalloon(1, ANA, "https://example.com/b");
    engine.clock.advance(10);
    expect(engine.shown()).toStrictEqual([
      expect.objectContaining({ url_preview: expect.objectContaining({ guid: balloon }) as Json }),
    ]);
  });

  test("stays on the database it started with, while new requests see the new one", () => {
    const world = new MemoryWorld();
    const engine = imsg({ world });
    world.current = engine.database;
    engine.request("watch.subscribe", { debounce_ms: 0 });
    const second = new MemoryDatabase("second");
    world.current = second;
    second.append([{ op: "chat", guid: "any;-;new@example.com" }]);
    second.append([{ op: "message", guid: "N", chat: 1, text: "new", date: 0 }]);
    engine.clock.advance(100);
    expect(messagesOf(engine.request("messages.after", { since_rowid: 0 }))).toHaveLength(1);
    expect(engine.shown()).toHaveLength(0);
    engine.script.appendText(1, ANA, "on the old one");
    engine.clock.advance(100);
    expect(engine.shown()).toHaveLength(1);
  });

  test("is one of 64 at most", () => {
    const engine = imsg();
    for (let count = 0; count < 64; count++) engine.request("watch.subscribe");
    const refused = engine.request("watch.subscribe");
    expect(errorOf(refused)).toStrictEqual({
      code: -32000,
      message: "Server busy",
      data: "subscription limit exceeded",
    });
    engine.request("watch.unsubscribe", { subscription: 64 });
    expect(resultOf(engine.request("watch.subscribe"))["subscription"]).toBe(65);
  });
});

describe("bridge events of 0.15", () => {
  test("need the bridge", () => {
    expect(errorOf(imsg().request("bridge.events.subscribe"))["code"]).toBe(-32003);
  });

  test("are passed on as they happen, until the unsubscribe", () => {
    const engine = imsg({ bridgeReady: true });
    engine.script.bridgeEvent("started-typing", { chat: "before" });
    const subscribed = resultOf(engine.request("bridge.events.subscribe"));
    expect(subscribed).toStrictEqual({ subscription: 1, buffer_limit: 256, resumable: false });
    engine.script.bridgeEvent("started-typing", { chat: ANA });
    engine.request("watch.unsubscribe", { subscription: 1 });
    engine.script.bridgeEvent("stopped-typing", { chat: ANA });
    expect(engine.notifications("bridge.event")).toMatchObject([
      { subscription: 1, event: { event: "started-typing", data: { chat: ANA } } },
    ]);
  });
});
