import { describe, expect, test } from "vitest";
import { converse } from "../support/converse.ts";
import { settle } from "../support/virtual-clock.ts";

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
