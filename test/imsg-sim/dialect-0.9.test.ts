import { describe, expect, test } from "vitest";
import { InProcess, type InProcessOptions } from "./in-process.ts";
import { ME } from "./script.ts";
import type { Json } from "./wire-message.ts";

/** What the transcripts do not show of 0.9, because they were recorded on Linux or without such rows. */
const ANA = "+15550100101";

function imsg(options: InProcessOptions = {}): InProcess {
  const engine = new InProcess("0.9", options);
  engine.script.dm(ANA);
  return engine;
}

const resultOf = (answer: Json | undefined): Json => (answer?.["result"] ?? {}) as Json;
const errorOf = (answer: Json | undefined): Json => (answer?.["error"] ?? {}) as Json;
const messagesOf = (answer: Json | undefined): Json[] => (resultOf(answer)["messages"] ?? []) as Json[];

describe("a watch of 0.9 on a Mac", () => {
  test("polls once a debounce after a change, 500 ms unless told otherwise", () => {
    const engine = imsg();
    engine.request("watch.subscribe", { since_rowid: -1 });
    engine.request("watch.subscribe", { since_rowid: -1, debounce_ms: 100 });
    engine.clock.advance(1);
    engine.script.appendText(1, ANA, "one");
    engine.clock.advance(50);
    engine.script.appendText(1, ANA, "two");
    engine.clock.advance(50);
    const seenBy = (): unknown[] => engine.notifications().map(({ subscription }) => subscription);
    expect(seenBy()).toStrictEqual([2, 2]);
    engine.clock.advance(400);
    expect(seenBy()).toStrictEqual([2, 2, 1, 1]);
  });

  test("stalls after 100 rows until something changes", () => {
    const engine = imsg();
    engine.script.appendBulk(1, ANA, 150);
    engine.request("watch.subscribe", { since_rowid: -1, debounce_ms: 0 });
    engine.clock.advance(4000);
    expect(engine.shown()).toHaveLength(100);
    engine.script.rename(1, "any change");
    engine.clock.advance(1);
    expect(engine.shown()).toHaveLength(150);
  });

  test("shows a row without a chat once with chat_id 0 and never again", () => {
    const engine = imsg();
    engine.request("watch.subscribe", { since_rowid: -1, debounce_ms: 0 });
    const late = engine.script.appendUnjoined(ANA, "late");
    engine.clock.advance(10);
    engine.script.join(late, 1);
    engine.clock.advance(10_000);
    expect(engine.shown().map(({ chat_id }) => chat_id)).toStrictEqual([0]);
    engine.request("watch.subscribe", { since_rowid: 0 });
    expect(messagesOf(engine.request("messages.history", { chat_id: 1 }))).toHaveLength(1);
  });

  test.each([
    [90_000, 1],
    [90_001, 2],
  ])("drops a balloon that repeats one of %i ms before: %i shown", (ms, shown) => {
    const engine = imsg();
    engine.request("watch.subscribe", { since_rowid: -1, debounce_ms: 0 });
    engine.script.appendBalloon(1, ANA, "https://example.com");
    engine.clock.advance(ms);
    engine.script.appendBalloon(1, ANA, "https://example.com");
    engine.clock.advance(10);
    expect(engine.shown()).toHaveLength(shown);
  });

  test("loses a balloon in a second replay of the same process, whatever its age", () => {
    const engine = imsg();
    engine.script.appendBalloon(1, ANA, "https://example.com");
    for (let replay = 0; replay < 2; replay++) {
      engine.clock.advance(86_400_000);
      engine.request("watch.subscribe", { since_rowid: -1 });
      engine.clock.advance(1);
    }
    expect(engine.notifications().map(({ subscription }) => subscription)).toStrictEqual([1]);
  });

  test("drops a balloon below the last one with its text, even when its date is long after", () => {
    const engine = imsg();
    const date = engine.clock.now();
    const balloon_bundle_id = "com.apple.messages.URLBalloonProvider";
    const row = {
      op: "message",
      chat: 1,
      sender: ANA,
      text: "https://example.com",
      balloon_bundle_id,
    } as const;
    engine.script.append({ ...row, guid: "A", date: date + 200_000 }, { ...row, guid: "B", date });
    for (let replay = 0; replay < 2; replay++) {
      engine.request("watch.subscribe", { since_rowid: -1 });
      engine.clock.advance(1);
    }
    expect(engine.shown().map(({ guid }) => guid)).toStrictEqual(["A"]);
  });

  test("shows a message of two chats once for each", () => {
    const engine = imsg();
    engine.request("watch.subscribe", { since_rowid: -1, debounce_ms: 0 });
    engine.script.join(engine.script.appendText(1, ANA, "shared"), engine.script.dm("+15550100102"));
    engine.clock.advance(10);
    expect(engine.shown().map(({ chat_id }) => chat_id)).toStrictEqual([1, 2]);
  });
});

describe("the history of 0.9", () => {
  test("ends before `end`", () => {
    const engine = imsg();
    for (const date of ["2026-05-02T00:00:00Z", "2026-05-03T00:00:00Z"]) {
      engine.script.appendText(1, ANA, date, { date });
    }
    const params = { chat_id: 1, end: "2026-05-03T00:00:00Z" };
    expect(messagesOf(engine.request("messages.history", params)).map(({ id }) => id)).toStrictEqual([1]);
  });
});

describe("0.9 on a Mac sends", () => {
  test("into a chat that is there, answering with rowid and guid, and shows what it sent", () => {
    const engine = imsg();
    engine.request("watch.subscribe", { since_rowid: -1, debounce_ms: 0 });
    const sent = resultOf(
      engine.request("send", { chat_guid: `iMessage;-;${ANA}`, text: "hi", region: "US" }),
    );
    engine.clock.advance(10);
    const [row] = engine.shown();
    expect(sent).toStrictEqual({ ok: true, id: 1, guid: row?.["guid"] });
    expect(row).toMatchObject({ is_from_me: true, text: "hi", sender: "+15550100000", chat_id: 1 });
  });

  test("to a new handle by making its chat, by the service asked for", () => {
    const engine = imsg();
    engine.request("send", { to: "+15550100188", text: "hi", service: "sms" });
    expect(engine.database.world.message(1)?.chats).toStrictEqual([2]);
    expect(engine.database.world.chat(2)?.guid).toBe("SMS;-;+15550100188");
  });

  test("without a guid when imsg cannot find its row", () => {
    const engine = imsg({ sending: "without_guid" });
    expect(resultOf(engine.request("send", { to: ANA, text: "hi" }))).toStrictEqual({ ok: true });
    expect(engine.database.effects).toHaveLength(1);
  });

  test("nothing to a group that is not there", () => {
    const engine = imsg();
    expect(errorOf(engine.request("send", { chat_guid: "iMessage;+;chat1", text: "hi" }))["code"]).toBe(
      -32603,
    );
    expect(engine.database.effects).toHaveLength(0);
  });

  test("a threaded reply only with the bridge", () => {
    const engine = imsg();
    const refused = errorOf(engine.request("send", { chat_id: 1, text: "hi", reply_to: "G" }));
    expect(refused["data"]).toContain("reply_to requires bridge transport");
  });

  test("tapbacks, edits and group changes with the bridge, each as one effect", () => {
    const engine = imsg({ bridgeReady: true });
    engine.script.group("chat1", [ANA]);
    const guid = engine.script.appendText(2, ME, "x");
    const calls: [string, Json][] = [
      ["tapback", { chat_id: 2, message_id: guid, reaction: "laugh" }],
      ["message.edit", { chat_id: 2, message_id: guid, text: "y" }],
      ["group.rename", { chat_id: 2, name: "New" }],
      ["group.addParticipant", { chat_id: 2, address: "+15550100109" }],
      ["message.unsend", { chat_id: 2, message_id: guid }],
    ];
    for (const [method, params] of calls) expect(resultOf(engine.request(method, params))["ok"]).toBe(true);
    const through = engine.database.effects.map((op) => ("through" in op ? op.through : undefined));
    expect(through).toStrictEqual(calls.map(([method]) => method));
    expect(engine.database.world.chat(2)).toMatchObject({
      displayName: "New",
      participants: [ANA, "+15550100109"],
    });
    expect(engine.database.world.message(guid)?.text).toBe("");
  });
});
