import { describe, expect, test } from "vitest";
import { converse, MemoryCache } from "../support/converse.ts";
import { settle } from "../support/virtual-clock.ts";

const message = (n: number, more: object = {}): object => ({ id: n, guid: `G${n}`, chat_id: 1, ...more });

describe("watch.subscribe", () => {
  test("RPC9 with the relay there it is the relay that answers, and notifications follow in order", async () => {
    const { ask, out, relay } = converse();
    relay.last.open();
    ask(1, "watch.subscribe", { attachments: true, include_reactions: true, since_rowid: 4 });
    expect(out).toEqual([]);
    const [frame] = relay.last.asked("watch.subscribe");
    expect(frame?.params).toEqual({ attachments: true, include_reactions: true, since_rowid: 4 });
    relay.last.answer(frame, { result: { subscription: 31, relay: { id: "log1.3" } } });
    // In one turn with the answer: nothing may overtake it.
    relay.last.show(31, 4, message(5));
    relay.last.show(31, 5, message(6));
    await settle();
    expect(out).toEqual([
      { jsonrpc: "2.0", id: 1, result: { subscription: 1 } },
      { jsonrpc: "2.0", method: "message", params: { subscription: 1, message: message(5) } },
      { jsonrpc: "2.0", method: "message", params: { subscription: 1, message: message(6) } },
    ]);
  });

  test("RPC12 no field of the relay's reaches the gateway, and no position of the gateway's the relay", async () => {
    const { ask, out, relay } = converse();
    relay.last.open();
    ask(1, "watch.subscribe", { relay_after: "log1.0" });
    expect(relay.last.frames[0]?.params).toEqual({});
    relay.last.answer(relay.last.frames[0], { result: { subscription: 1, relay: { id: "log1.3" } } });
    await settle();
    relay.last.show(1, 4, message(5));
    expect(JSON.stringify(out)).not.toContain("relay");
  });

  test("a relay that is away does not keep the channel down: the answer is ours, the subscription follows", async () => {
    const { ask, away, answerOf, relay, clock, out } = converse();
    away();
    ask(1, "watch.subscribe", { since_rowid: 9 });
    expect(answerOf(1)?.result).toEqual({ subscription: 1 });
    await clock.pass(1_000);
    relay.last.open();
    expect(relay.last.frames[0]?.params).toEqual({ since_rowid: 9 });
    relay.last.answer(relay.last.frames[0], { result: { subscription: 5 } });
    relay.last.show(5, 1, message(10));
    await settle();
    expect(out).toHaveLength(2);
  });

  test("from the tail while the relay is away means after the last event this profile passed on", async () => {
    const cache = new MemoryCache();
    cache.files.set("position", { id: "log1.17" });
    const { ask, away, relay, clock } = converse({ cache });
    away();
    ask(1, "watch.subscribe", { attachments: true });
    await clock.pass(1_000);
    relay.last.open();
    expect(relay.last.frames[0]?.params).toEqual({ attachments: true, relay_after: "log1.17" });
  });

  test("with the relay there the tail is the tail, whatever was passed on before", () => {
    const cache = new MemoryCache();
    cache.files.set("position", { id: "log1.17" });
    const { ask, relay } = converse({ cache });
    relay.last.open();
    ask(1, "watch.subscribe", {});
    expect(relay.last.frames[0]?.params).toEqual({});
  });

  test("a relay that connects and says nothing is answered for after 3 s", async () => {
    const { ask, answerOf, clock } = converse();
    ask(1, "watch.subscribe", {});
    await clock.pass(2_999);
    expect(answerOf(1)).toBeUndefined();
    await clock.pass(1);
    expect(answerOf(1)?.result).toEqual({ subscription: 1 });
  });

  test("wrong parameters are refused at once, in imsg's words", () => {
    const { ask, answerOf } = converse();
    ask(1, "watch.subscribe", { since_rowid: "x" });
    expect(answerOf(1)?.error).toMatchObject({ code: -32602, data: "since_rowid must be an integer" });
  });

  test("a refusal that comes after our own answer is an `error` notification, as imsg's", async () => {
    const { ask, away, relay, clock, out } = converse();
    away();
    ask(1, "watch.subscribe", {});
    await clock.pass(1_000);
    relay.last.open();
    relay.last.answer(relay.last.frames[0], {
      error: { code: -32602, message: "Invalid params", data: "no" },
    });
    await settle();
    expect(out.at(-1)).toMatchObject({
      method: "error",
      params: { subscription: 1, error: { code: -32602 } },
    });
  });

  test("unsubscribing ends it, twice is fine, and without a number it is refused", async () => {
    const { ask, answerOf, relay, out } = converse();
    relay.last.open();
    ask(1, "watch.subscribe", {});
    relay.last.answer(relay.last.frames[0], { result: { subscription: 5 } });
    await settle();
    ask(2, "watch.unsubscribe", { subscription: 1 });
    ask(3, "watch.unsubscribe", { subscription: 1 });
    ask(4, "watch.unsubscribe", {});
    expect([answerOf(2)?.result, answerOf(3)?.result]).toEqual([{ ok: true }, { ok: true }]);
    expect(answerOf(4)?.error).toMatchObject({ code: -32602, data: "subscription is required" });
    relay.last.show(5, 1, message(1));
    expect(out.filter(({ method }) => method === "message")).toEqual([]);
  });

  test("a message with attachments is passed without them, with one line for the log", async () => {
    const { ask, relay, out, log } = converse();
    relay.last.open();
    ask(1, "watch.subscribe", {});
    relay.last.answer(relay.last.frames[0], { result: { subscription: 5 } });
    await settle();
    relay.last.show(5, 1, message(1, { attachments: [{ original_path: "/a" }, { original_path: "/b" }] }));
    expect(out.at(-1)?.params?.["message"]).toMatchObject({
      attachments: [{ original_path: "", missing: true }, {}],
    });
    expect(log).toEqual(["message 1: its attachments are not on the Mac"]);
  });

  test("LOG7 messages that the relay does not keep are one line for the human, and nothing for the gateway", async () => {
    const { ask, relay, out, log } = converse();
    relay.last.open();
    ask(1, "watch.subscribe", {});
    relay.last.answer(relay.last.frames[0], { result: { subscription: 5 } });
    await settle();
    const before = out.length;
    const gap = { subscription: 5, from: "log1.1", to: "log1.3", count: 2, why: "not_kept" };
    relay.last.say({ method: "relay.gap", params: gap });
    expect(out).toHaveLength(before);
    expect(log).toEqual([expect.stringMatching(/^2 messages came while no gateway's key existed/)]);
  });

  test("the place of the last message passed on is kept, written at most every second", async () => {
    const { ask, relay, cache, clock, diary } = converse();
    relay.last.open();
    ask(1, "watch.subscribe", {});
    relay.last.answer(relay.last.frames[0], { result: { subscription: 5 } });
    await settle();
    for (let n = 1; n <= 50; n += 1) relay.last.show(5, n, message(n));
    expect(cache.writes).toBe(0);
    await clock.pass(1_000);
    expect([cache.writes, cache.files.get("position")]).toEqual([1, { id: "log1.50" }]);
    relay.last.show(5, 51, message(51));
    diary.flush();
    expect(cache.files.get("position")).toEqual({ id: "log1.51" });
  });
});
