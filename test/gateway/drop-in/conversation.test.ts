import { describe, expect, test } from "vitest";
import { ChatList } from "../../../gateway/drop-in/chat-list.ts";
import { Diary } from "../../../gateway/drop-in/diary.ts";
import { Joins } from "../../../gateway/drop-in/joins.ts";
import { Session } from "../../../gateway/drop-in/session.ts";
import { WatchDesk } from "../../../gateway/drop-in/watch-desk.ts";
import type { Cache } from "../../../gateway/profile/cache.ts";
import { readSettings } from "../../../gateway/profile/settings.ts";
import { agentOffline } from "../support/scripted-relay.ts";
import { settle } from "../support/virtual-clock.ts";
import { VirtualRelay } from "../support/virtual-relay.ts";

class MemoryCache implements Cache {
  readonly files = new Map<string, unknown>();
  writes = 0;
  read(name: string): unknown {
    return this.files.get(name);
  }
  write(name: string, value: unknown): void {
    this.writes += 1;
    this.files.set(name, JSON.parse(JSON.stringify(value)));
  }
}

interface Line {
  readonly id?: number | null;
  readonly method?: string;
  readonly result?: Record<string, unknown>;
  readonly error?: { code: number; message: string; data?: unknown };
  readonly params?: Record<string, unknown>;
}

/** A whole conversation in virtual time: the test is the gateway on one side and the relay on the other. */
function converse({ isOld = false, cache = new MemoryCache() } = {}) {
  const relay = new VirtualRelay();
  const { clock, tunnel } = relay;
  const settings = readSettings({});
  if (!settings.ok) throw new Error(settings.error);
  const out: Line[] = [];
  const log: string[] = [];
  const diary = new Diary(clock, cache);
  const desk = new WatchDesk({
    clock,
    tunnel,
    diary,
    settings: settings.value,
    write: (line, written) => {
      out.push(JSON.parse(line) as Line);
      written();
    },
    log: (line) => log.push(line),
  });
  const call = tunnel.call.bind(tunnel);
  const chats = new ChatList({ clock, cache, call });
  let keys = 0;
  const session = new Session({
    call,
    chats,
    joins: new Joins(),
    desk,
    isOld,
    mintKey: () => `k${(keys += 1)}`,
  });
  const say = (text: string): void =>
    session.handle(text, undefined, {
      respond: (line) => line !== undefined && out.push(JSON.parse(line) as Line),
    });
  const ask = (id: number, method: string, params?: object): void =>
    say(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
  const away = (): void => {
    relay.last.end({ reason: "ECONNREFUSED" });
    desk.linkChanged(tunnel.state);
  };
  const answerOf = (id: number): Line | undefined => out.find((line) => line.id === id);
  return { relay, clock, out, log, diary, desk, cache, say, ask, away, answerOf };
}

const message = (n: number, more: object = {}): object => ({ id: n, guid: `G${n}`, chat_id: 1, ...more });

describe("requests", () => {
  test.each([
    ["nonsense", -32700, null],
    ['{"id":1', -32700, null],
    ["5", -32600, null],
    ["[]", -32600, null],
    ['[{"id":1,"method":"send"}]', -32600, null],
    ['{"id":3}', -32600, 3],
    ['{"id":3,"result":{}}', -32600, 3],
    [`${"[".repeat(70)}${"]".repeat(70)}`, -32600, null],
  ] as const)("RPC3 bad input is refused as imsg refuses it: %s", (text, code, id) => {
    const { say, out, relay } = converse();
    relay.last.open();
    say(text);
    expect(out).toMatchObject([{ id, error: { code } }]);
    expect(relay.last.frames).toEqual([]);
  });

  test("RPC3 a notification reaches the Mac and is never answered", async () => {
    const { say, out, relay } = converse();
    relay.last.open();
    say('{"method":"typing","params":{"to":"+1","typing":true}}');
    expect(relay.last.frames[0]).toMatchObject({ method: "typing" });
    relay.last.answer(relay.last.frames[0], { result: { ok: true } });
    await settle();
    expect(out).toEqual([]);
  });

  test("RPC2 ids are the gateway's own: numbers and strings come back as they were", async () => {
    const { say, out, relay } = converse();
    relay.last.open();
    say('{"id":"a","method":"chats.list"}');
    say('{"id":7,"method":"messages.history","params":{"chat_id":1}}');
    relay.last.answer(relay.last.frames[1], { result: 2 });
    relay.last.answer(relay.last.frames[0], { result: 1 });
    await settle();
    expect(out.map(({ id, result }) => [id, result])).toEqual([
      [7, 2],
      ["a", 1],
    ]);
  });

  test("a file of the gateway's host is refused, never taken for one of the Mac's", async () => {
    const { ask, answerOf, relay } = converse();
    relay.last.open();
    ask(1, "send", { text: "x", file: "/tmp/pic.png", to: "+1" });
    ask(2, "send.attachment", { file: "/tmp/pic.png", chat_id: 1 });
    await settle();
    for (const id of [1, 2]) {
      expect(answerOf(id)?.error).toMatchObject({
        code: -32050,
        data: { disposition: "not_started", retry_safe: false },
      });
    }
    expect(relay.last.frames).toEqual([]);
  });

  test("the window of the tunnel is not the gateway's to move", async () => {
    const { ask, answerOf, relay } = converse();
    relay.last.open();
    ask(1, "relay.ack", { subscription: 1, id: "log1.9" });
    await settle();
    expect(answerOf(1)?.error?.code).toBe(-32601);
    expect(relay.last.frames).toEqual([]);
  });

  test("I7 an older gateway's resend joins; a newer one means two messages by two sends", async () => {
    for (const [isOld, sends] of [
      [true, 1],
      [false, 2],
    ] as const) {
      const { ask, out, relay } = converse({ isOld });
      relay.last.open();
      ask(1, "send", { text: "a", to: "+1" });
      ask(2, "send", { to: "+1", text: "a" });
      expect(relay.last.asked("send")).toHaveLength(sends);
      for (const frame of relay.last.asked("send")) relay.last.answer(frame, { result: { guid: "G" } });
      await settle();
      expect(out.map(({ id }) => id)).toEqual([1, 2]);
    }
  });
});

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
    expect(log).toEqual(["message 1 came without its 2 attachment(s): not supported yet"]);
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

describe("chats.list", () => {
  const list = (n: number) => ({
    chats: Array.from({ length: n }, (_, at) => ({ id: at + 1, guid: `c${at + 1}` })),
  });

  /** A cache that has seen `n` chats. */
  async function primed(n: number): Promise<MemoryCache> {
    const { ask, relay, cache } = converse();
    relay.last.open();
    ask(1, "chats.list", { limit: 50 });
    relay.last.answer(relay.last.frames[0], { result: list(n) });
    await settle();
    return cache;
  }

  test("with the relay away it comes from the cache at once, cut to its limit, and says that it is stale", async () => {
    const { ask, away, answerOf } = converse({ cache: await primed(3) });
    away();
    ask(1, "chats.list", { limit: 2 });
    await settle();
    expect(answerOf(1)?.result).toMatchObject({ chats: [{ id: 1 }, { id: 2 }], stale: true });
  });

  test("RPC4 the Mac away and nothing noted at the relay: the cache stands in as well", async () => {
    const { ask, relay, answerOf } = converse({ cache: await primed(3) });
    relay.last.open();
    ask(1, "chats.list", { limit: 1 });
    relay.last.answer(relay.last.frames[0], agentOffline);
    await settle();
    expect(answerOf(1)?.result).toMatchObject({ chats: [{ id: 1 }], stale: true });
  });

  test("a relay that does not answer is answered for after 5 s", async () => {
    const { ask, relay, answerOf, clock } = converse({ cache: await primed(1) });
    relay.last.open();
    ask(1, "chats.list", { limit: 1 });
    await clock.pass(4_999);
    expect(answerOf(1)).toBeUndefined();
    await clock.pass(1);
    expect(answerOf(1)?.result).toMatchObject({ stale: true });
  });

  test("other refusals are seen, cache or not", async () => {
    const { ask, relay, answerOf } = converse({ cache: await primed(1) });
    relay.last.end({ code: 4004, reason: "revoked" });
    ask(1, "chats.list", { limit: 1 });
    await settle();
    expect(answerOf(1)?.error).toMatchObject({ code: -32041 });
  });

  test("without a cache the error says that nothing was started", async () => {
    const { ask, away, answerOf, clock } = converse();
    away();
    ask(1, "chats.list", { limit: 1 });
    await clock.pass(8_001);
    expect(answerOf(1)?.error).toMatchObject({
      code: -32056,
      data: { disposition: "not_started", retry_safe: true },
    });
  });

  test("a short answer freshens the top of the list, a whole one replaces it, a stale one changes nothing", async () => {
    const { ask, relay, cache } = converse({ cache: await primed(3) });
    relay.last.open();
    const kept = async (params: object, result: object): Promise<unknown> => {
      ask(1, "chats.list", params);
      relay.last.answer(relay.last.frames.at(-1), { result });
      await settle();
      const file = cache.files.get("chats") as { chats: { id: number }[] };
      return file.chats.map(({ id }) => id);
    };
    expect(await kept({ limit: 1 }, { chats: [{ id: 3 }] })).toEqual([3, 1, 2]);
    expect(await kept({ limit: 5 }, { chats: [{ id: 9 }], stale: true })).toEqual([3, 1, 2]);
    expect(await kept({ limit: 5, unread_only: true }, { chats: [{ id: 9 }] })).toEqual([3, 1, 2]);
    expect(await kept({ limit: 5 }, { chats: [{ id: 2 }, { id: 1 }] })).toEqual([2, 1]);
  });
});
