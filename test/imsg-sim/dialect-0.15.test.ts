import { describe, expect, test } from "vitest";
import { InProcess, type InProcessOptions } from "./in-process.ts";
import { MemoryWorld } from "./memory-world.ts";
import { ME } from "./script.ts";
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

describe("params of 0.15 are refused with the name of what is wrong", () => {
  test.each([
    ["chats.list", { zebra: 1, bogus: 1 }, "unknown chats.list param: bogus"],
    ["chats.list", { limit: 0 }, "limit must be a positive integer"],
    ["chats.list", { limit: "2" }, "limit must be an integer"],
    ["chats.list", { limit: null }, "limit must not be null"],
    ["chats.list", { unread_only: true, unreadOnly: true }, "use only one of unread_only, unreadOnly"],
    ["chats.get", {}, "chat_id is required"],
    ["chats.get", { chat_id: 999 }, "Chat not found: 999"],
    ["messages.history", { chat_id: 1.5 }, "chat_id must be an integer"],
    ["messages.history", { chat_id: true }, "chat_id must be an integer"],
    ["messages.history", { chat_id: -1 }, "chat_id must be a positive integer"],
    ["messages.history", { chat_id: 1, attachments: "yes" }, "attachments must be a boolean"],
    ["messages.history", { chat_id: 1, participants: ANA }, "participants must be an array of strings"],
    ["messages.history", { chat_id: 1, start: "2026-05-02" }, "Invalid ISO8601 date: 2026-05-02"],
    ["messages.after", {}, "since_rowid must be a non-negative integer"],
    ["messages.after", { since_rowid: 0, limit: 501 }, "limit must be an integer between 1 and 500"],
    ["watch.subscribe", { buffer_limit: 0 }, "buffer_limit must be an integer between 1 and 4096"],
    ["watch.subscribe", { debounce_ms: -1 }, "debounce_ms must be a non-negative integer"],
    ["watch.unsubscribe", {}, "subscription is required"],
    ["initialize", { protocol_version: 2 }, "unsupported protocol_version 2; supported version is 1"],
    ["send", { text: "x" }, "exactly one of chat_id, chat_identifier, or chat_guid is required"],
    ["send", { to: ANA, chat_id: 1, text: "x" }, "use to or exactly one chat selector; not both"],
    ["send", { to: ANA }, "text or file is required"],
    ["send", { to: ANA, text: "x", service: "fax" }, "invalid service"],
    ["send", { chat_id: 999, text: "x" }, "unknown chat_id 999"],
    ["tapback", { chat_id: 1, reaction: "love" }, "message_id or message_guid is required"],
  ])("%s %j", (method, params, data) => {
    expect(errorOf(imsg().request(method, params))).toStrictEqual({
      code: -32602,
      message: "Invalid params",
      data,
    });
  });

  test("an integer beyond 64 bits is no integer", () => {
    const engine = imsg();
    engine.receive('{"jsonrpc":"2.0","id":1,"method":"chats.get","params":{"chat_id":9223372036854775808}}');
    expect(errorOf(engine.answer(1))["data"]).toBe("chat_id must be an integer");
  });
});

describe("requests of 0.15 are JSON-RPC 2.0 to the letter", () => {
  test.each([
    ['{"id":1,"method":"chats.list"}', 1, -32600],
    ['{"jsonrpc":2.0,"id":1,"method":"chats.list"}', 1, -32600],
    ['{"jsonrpc":"2.0","id":true,"method":"chats.list"}', null, -32600],
    ['{"jsonrpc":"2.0","id":{},"method":"chats.list"}', null, -32600],
    ['{"jsonrpc":"2.0","id":1,"method":"chats.list","params":null}', 1, -32602],
    ['{"jsonrpc":"2.0","id":1,"method":"chats.list","params":[1]}', 1, -32602],
    ['{"jsonrpc":"2.0","id":1,"method":"no.such"}', 1, -32601],
    ["{bad", null, -32700],
  ])("%s", (line, id, code) => {
    const engine = imsg();
    engine.receive(line);
    expect(engine.messages).toStrictEqual([
      { jsonrpc: "2.0", id, error: expect.objectContaining({ code }) as Json },
    ]);
  });

  test("a notification is never answered, whatever is wrong with it", () => {
    const engine = imsg();
    engine.request("chats.list");
    const before = engine.lines.length;
    engine.receive('{"jsonrpc":"2.0","method":"no.such"}');
    engine.receive('{"jsonrpc":"2.0","method":"chats.list","params":{"bogus":1}}');
    expect(engine.lines.length).toBe(before);
  });
});

describe("what 0.15 tells about itself", () => {
  test("status and initialize name the methods that work now and those it was built with", () => {
    const engine = imsg();
    const status = resultOf(engine.request("status"));
    expect(status).toStrictEqual(resultOf(engine.request("initialize", { protocol_version: 1 })));
    expect(status["protocol_version"]).toBe(1);
    expect(status["methods"]).toContain("messages.after");
    expect(status["methods"]).not.toContain("tapback");
    expect(status["supported_methods"]).toContain("tapback");
  });

  test("with the bridge ready every method is usable", () => {
    const status = resultOf(imsg({ bridgeReady: true }).request("status"));
    expect(status["methods"]).toStrictEqual(status["supported_methods"]);
  });

  test("a missing database is retryable and picked up when it appears", () => {
    const world = new MemoryWorld("missing");
    const engine = imsg({ world });
    expect(errorOf(engine.request("chats.list"))).toMatchObject({
      code: -32002,
      data: { path: world.path, retryable: true },
    });
    expect(resultOf(engine.request("status"))["database"]).toMatchObject({ ready: false });
    world.current = engine.database;
    expect(resultOf(engine.request("chats.list"))).toStrictEqual({ chats: [] });
  });

  test("a chat says what 0.9 does not: unread messages, account, display name", () => {
    const engine = imsg();
    engine.script.appendText(1, ANA, "one");
    engine.script.appendText(1, ME, "two");
    const [chat] = resultOf(engine.request("chats.list"))["chats"] as Json[];
    expect(chat).toMatchObject({ id: 1, unread_count: 1, display_name: "", account_login: "E:+15550100000" });
    expect(chat).not.toHaveProperty("contact_name");
  });
});

describe("the three lanes of 0.15", () => {
  test("reads overtake each other, four at a time", () => {
    const engine = imsg({ readMs: [1, 50], seed: 3 });
    for (let id = 1; id <= 8; id++) engine.request("chats.list", {}, id);
    engine.clock.advance(1000);
    const order = engine.messages.map(({ id }) => id);
    expect(order.toSorted((a, b) => Number(a) - Number(b))).toStrictEqual(range(1, 8));
    expect(order).not.toStrictEqual(range(1, 8));
    expect(order.slice(0, 1).every((id) => Number(id) <= 4)).toBe(true);
  });

  test("a held mutation holds the mutations behind it, not the reads", () => {
    const engine = imsg();
    engine.faults.set({ kind: "hold", ms: 1000, method: "send" });
    engine.request("send", { chat_id: 1, text: "one" }, "one");
    engine.request("send", { chat_id: 1, text: "two" }, "two");
    expect(engine.request("chats.list", {}, "read")).toBeDefined();
    expect(engine.answer("two")).toBeUndefined();
    engine.clock.advance(1000);
    expect(engine.messages.map(({ id }) => id)).toStrictEqual(["read", "one", "two"]);
  });

  test("the 129th outstanding request is refused", () => {
    const engine = imsg({ readMs: [10, 10] });
    for (let id = 1; id <= 129; id++) engine.request("chats.list", {}, id);
    expect(engine.messages).toStrictEqual([
      {
        jsonrpc: "2.0",
        id: 129,
        error: { code: -32000, message: "Server busy", data: "outstanding request limit exceeded" },
      },
    ]);
    engine.clock.advance(1000);
    expect(engine.messages).toHaveLength(129);
  });

  test("a stuck mutation poisons its lane until the restart, and reads go on", () => {
    const engine = imsg();
    engine.faults.set({ kind: "stuck", method: "send" });
    const stuck = engine.request("send", { chat_id: 1, text: "one" }, "one");
    expect(errorOf(stuck)).toMatchObject({
      code: -32001,
      data: { disposition: "still_in_flight", retry_safe: false },
    });
    const next = engine.request("send", { chat_id: 1, text: "two" }, "two");
    expect(errorOf(next)).toMatchObject({ code: -32004, message: "Mutation lane blocked" });
    expect(engine.database.effects).toHaveLength(0);
    expect(resultOf(engine.request("chats.list"))).toHaveProperty("chats");
    const restarted = new InProcess("0.15", { database: engine.database });
    expect(resultOf(restarted.request("send", { chat_id: 1, text: "three" }))["ok"]).toBe(true);
  });

  test("at the end of input accepted requests are drained, then it exits with 0", () => {
    const engine = imsg({ readMs: [20, 20] });
    engine.request("watch.subscribe", {}, "watch");
    engine.request("chats.list", {}, "read");
    engine.end();
    expect(engine.ended).toBeUndefined();
    engine.script.appendText(1, ANA, "no longer watched");
    engine.clock.advance(1000);
    expect(engine.answer("read")).toBeDefined();
    expect(engine.shown()).toHaveLength(0);
    expect(engine.ended).toBe(0);
  });
});

describe("sending with 0.15", () => {
  test("by AppleScript the answer carries rowid and guid of the row it made", () => {
    const engine = imsg();
    const result = resultOf(
      engine.request("send", { chat_id: 1, text: "hi", formatting: [{ start: 0, length: 2 }] }),
    );
    const row = engine.database.world.message(1);
    expect(result).toMatchObject({
      ok: true,
      transport: "applescript",
      id: 1,
      guid: row?.guid,
      message_id: row?.guid,
    });
    expect(engine.database.effects).toHaveLength(1);
  });

  test("a reply needs the bridge, and says so without sending", () => {
    const engine = imsg();
    const refused = errorOf(engine.request("send", { chat_id: 1, text: "hi", reply_to: "G" }));
    expect(refused["data"]).toContain("reply_to requires bridge transport");
    expect(engine.database.effects).toHaveLength(0);
  });

  test("with the bridge a reply is threaded and goes by the bridge", () => {
    const engine = imsg({ bridgeReady: true });
    const parent = engine.script.appendText(1, ANA, "question");
    const sent = resultOf(engine.request("send", { chat_id: 1, text: "answer", reply_to: parent }));
    expect(sent).toMatchObject({ transport: "bridge" });
    const [newest] = messagesOf(engine.request("messages.history", { chat_id: 1, limit: 1 }));
    expect(newest).toMatchObject({ thread_originator_guid: parent, reply_to_text: "question" });
  });

  test("a tracked send makes the attempt the guid, and a second one with it is not started", () => {
    const engine = imsg({ bridgeReady: true });
    const attempt_id = "3f0c9a52-7d1e-4a57-9d0b-0f2c0a1b2c3d";
    expect(resultOf(engine.request("send.tracked", { chat_id: 1, text: "hi", attempt_id }))["guid"]).toBe(
      attempt_id,
    );
    const again = engine.request("send.tracked", { chat_id: 1, text: "hi", attempt_id });
    expect(errorOf(again)["data"]).toMatchObject({ disposition: "not_started", retry_safe: true });
    expect(resultOf(engine.request("message.send_status", { guid: attempt_id }))["send_state"]).toBe(
      "delivered",
    );
  });

  test.each(["tapback", "message.edit", "message.unsend", "group.rename", "chats.delete"])(
    "%s without the bridge is -32003 and changes nothing",
    (method) => {
      const engine = imsg();
      const guid = engine.script.appendText(1, ANA, "x");
      const named = method.startsWith("message.") ? { message_id: guid } : {};
      const extra = {
        tapback: { message_id: guid, reaction: "love" },
        "message.edit": { text: "y" },
        "group.rename": { name: "n" },
      };
      const params = { chat_id: 1, ...named, ...(extra as Record<string, Json>)[method] };
      expect(errorOf(engine.request(method, params))["code"]).toBe(-32003);
      expect(engine.database.effects).toHaveLength(0);
    },
  );

  test("with the bridge a tapback is a row of the database and shows in the history", () => {
    const engine = imsg({ bridgeReady: true });
    const guid = engine.script.appendText(1, ANA, "x");
    expect(
      resultOf(engine.request("tapback", { chat_id: 1, message_id: guid, reaction: "love" }))["ok"],
    ).toBe(true);
    const [message] = messagesOf(engine.request("messages.history", { chat_id: 1 }));
    expect(message?.["reactions"]).toStrictEqual([
      expect.objectContaining({ type: "love", is_from_me: true }),
    ]);
  });
});
