// `chats`, `history`, `operations`, `cancel`: what is asked, and what is said in a pipe.
import { describe, expect, test } from "vitest";
import { EXIT } from "../../../gateway/cli/exit-codes.ts";
import { refusal, rpcError, type Answer } from "../../../shared/jsonrpc.ts";
import { ChannelRelay } from "../support/channel-relay.ts";
import { NOT_SENT, operation, SENT, UNKNOWN } from "../support/operations.ts";
import type { Ended, Place } from "../support/program.ts";
import { eachOnAStage } from "../support/stage.ts";

let relay: ChannelRelay;
let place: Place;
eachOnAStage(ChannelRelay, (...made) => ([relay, place] = made));

const run = (...argv: string[]): Promise<Ended> =>
  place.run(argv, { IMSG_RELAY_URL: relay.connection, TZ: "Asia/Kolkata" }).end();
const linesOf = ({ out }: Ended): string[] => out.trimEnd().split("\n");

/** What the Mac answers to each method. */
const mac = (answers: Readonly<Record<string, (params: Record<string, unknown>) => Answer>>): void => {
  relay.answers.set("POST rpc", ({ body }) => {
    const { method, params } = body as { method: string; params: Record<string, unknown> };
    const answer = answers[method]?.(params) ?? rpcError(-32_601, "Method not found", method);
    return [200, { jsonrpc: "2.0", id: 1, ...answer }];
  });
};
const rpcs = (): unknown[] => relay.asked.filter(({ line }) => line === "POST rpc").map(({ body }) => body);

const direct = {
  id: 4,
  guid: "any;-;+15550100111",
  identifier: "+15550100111",
  name: "",
  service: "iMessage",
  last_message_at: "2026-11-22T23:30:00.000Z",
  participants: ["+15550100111"],
  is_group: false,
};
const group = {
  ...direct,
  id: 12,
  guid: "any;+;chat100",
  identifier: "chat100",
  name: "Climbing \u001b[31m🧗",
  last_message_at: "2026-11-21T23:30:00.000Z",
  participants: ["+15550100111", "tess@example.com"],
  is_group: true,
};
const sms = { ...direct, id: 5, guid: "SMS;-;+15550100111", service: "SMS" };
const chatsOf =
  (...list: object[]) =>
  (): Answer => ({ result: { chats: list } });

describe("chats", () => {
  test("a table with names as imsg gives them, newest first, in local time", async () => {
    mac({
      "chats.list": chatsOf(direct, group, { ...direct, id: 6, contact_name: "Maya", unread_count: 2 }),
    });
    const ended = await run("chats", "--limit", "3");
    expect(ended).toMatchObject({ code: 0, err: "" });
    expect(linesOf(ended)).toEqual([
      "ID  NAME              WITH                            LAST MESSAGE      SERVICE   UNREAD",
      "4   +15550100111                                      2026-11-23 05:00  iMessage",
      "12  Climbing ?[31m🧗  +15550100111, tess@example.com  2026-11-22 05:00  iMessage",
      "6   Maya              +15550100111                    2026-11-23 05:00  iMessage  2",
    ]);
    expect(rpcs()).toEqual([{ jsonrpc: "2.0", id: 1, method: "chats.list", params: { limit: 3 } }]);
  });

  test("--json is imsg's objects, a line each", async () => {
    mac({ "chats.list": chatsOf(direct, { odd: true }) });
    expect(linesOf(await run("chats", "--json")).map((line) => JSON.parse(line))).toEqual([
      direct,
      { odd: true },
    ]);
    expect(rpcs()).toMatchObject([{ params: { limit: 20 } }]);
  });

  test("a list of before says so, on standard error", async () => {
    mac({ "chats.list": () => ({ result: { chats: [direct], stale: true, noted_at: 1_700_000_000_000 } }) });
    const { code, out, err } = await run("chats", "--json");
    expect([code, JSON.parse(out)]).toEqual([0, direct]);
    expect(err).toContain("as it was at 2023-11-15 03:43");
  });
});

describe("history", () => {
  const message = (id: number, more: object = {}) => ({
    id,
    guid: `G${id}`,
    chat_id: 4,
    sender: "+15550100111",
    is_from_me: false,
    text: `text ${id}`,
    created_at: `2026-11-22T23:3${id}:00.000Z`,
    attachments: [],
    reactions: [],
    ...more,
  });
  const historyOf = (chats: Readonly<Record<number, readonly object[]>>) =>
    mac({
      "chats.list": chatsOf(direct, group, sms),
      "messages.history": ({ chat_id }) => ({ result: { messages: chats[Number(chat_id)] ?? [] } }),
    });

  test("oldest first, as a conversation is read; for programs as imsg gives it", async () => {
    const evil = message(2, { text: "two\u001b[2J\nlines", is_from_me: true });
    historyOf({ 4: [message(3), evil, message(1, { sender_name: "Maya" })] });
    expect(linesOf(await run("history", "4", "--limit", "3"))).toEqual([
      "2026-11-23 05:01  Maya          text 1",
      "2026-11-23 05:02  me            two?[2J",
      "                                lines",
      "2026-11-23 05:03  +15550100111  text 3",
    ]);
    expect(rpcs()).toEqual([
      {
        jsonrpc: "2.0",
        id: 1,
        method: "messages.history",
        params: { chat_id: 4, limit: 3, attachments: true },
      },
    ]);
    const json = linesOf(await run("history", "--chat-id", "4", "--attachments", "--json"));
    expect(json.map((line) => JSON.parse(line))).toEqual([
      message(3),
      evil,
      message(1, { sender_name: "Maya" }),
    ]);
  });

  test("a number means all direct chats with it, together", async () => {
    historyOf({ 4: [message(3), message(1)], 5: [message(4), message(2)], 12: [message(9)] });
    const ended = await run("history", "+1 555 010 0111", "--limit", "3");
    expect(linesOf(ended).map((line) => line.split(/ {2,}/).at(-1))).toEqual(["text 2", "text 3", "text 4"]);
  });

  test("a chat by each of its names", async () => {
    historyOf({ 12: [message(9)] });
    const names = ["chat_guid:iMessage;+;chat100", "chat_identifier:chat100", "any;+;chat100"];
    for (const { out } of await Promise.all(names.map((name) => run("history", name))))
      expect(out).toContain("text 9");
  });

  test("a chat that is not there, and one without messages, are said", async () => {
    historyOf({});
    const [nobody, empty] = await Promise.all([run("history", "nobody@example.com"), run("history", "4")]);
    expect(nobody).toMatchObject({
      code: EXIT.failed,
      out: "",
      err: expect.stringContaining("there is no chat nobody@example.com"),
    });
    expect(empty).toMatchObject({ code: 0, out: "", err: expect.stringContaining("no messages") });
  });
});

describe("what goes wrong on the way", () => {
  test.each<[string, Answer, number, RegExp]>([
    [
      "the Mac is away",
      refusal("agent_offline", { disposition: "not_started", retry_safe: true }),
      EXIT.try_again,
      /^imsg-relay: The Mac is not connected\.\n$/,
    ],
    [
      "imsg cannot read its database",
      rpcError(-32_002, "Database unavailable", { path: "x", detail: "no access", retryable: true }),
      EXIT.try_again,
      /imsg on the Mac says: no access\.\n$/,
    ],
    [
      "imsg says ten lines",
      rpcError(-32_603, "Internal error", "unable to open\n\nrun imsg launch\u001b[2J"),
      EXIT.failed,
      /imsg on the Mac says: unable to open\.\n$/,
    ],
    ["an answer that is none", { result: 7 }, EXIT.unreachable, /is the address right\?\n$/],
  ])("%s", async (_, answer, exit, says) => {
    mac({ "messages.history": () => answer });
    const ended = await run("history", "4", "--json");
    expect([ended.code, ended.err]).toEqual([exit, expect.stringMatching(says)]);
    expect(JSON.parse(ended.out)).toMatchObject({ success: false, code: expect.any(String) });
  });

  test("a key that may not, says what it needs; a relay that is away, and no login", async () => {
    relay.refuseAt("POST rpc", "forbidden");
    expect(await run("chats")).toMatchObject({
      code: EXIT.no_access,
      err: expect.stringContaining("scope rpc"),
    });
    await relay.away();
    expect(await run("chats")).toMatchObject({ code: EXIT.unreachable, out: "" });
    expect(await place.run(["chats"]).end()).toMatchObject({ code: EXIT.no_access });
  });

  test("misuse asks nobody", async () => {
    const misuses = [
      ["chats", "--limit", "0"],
      ["history", "Climbing"],
      ["operations", "--state", "lost"],
      ["cancel"],
    ];
    for (const ended of await Promise.all(misuses.map((argv) => run(...argv))))
      expect(ended).toMatchObject({ code: EXIT.misuse, out: "", err: expect.stringContaining("--help") });
    expect(relay.asked).toEqual([]);
  });
});

describe("operations", () => {
  test("each with its state, its id on a line of its own, and why", async () => {
    const list = [
      operation({ idempotency_key: null }),
      operation({ operation: "op_2", ...SENT, status: "delivered", parts: 1 }),
      operation({ operation: "op_3", ...UNKNOWN, chat: null }),
      operation({ operation: "op_4", ...NOT_SENT, delivered: 1, parts: 3 }),
    ];
    relay.answers.set("GET operations", [200, { operations: list }]);
    const ended = await run("operations", "--state", "settled", "--limit", "5");
    expect(linesOf(ended)).toEqual([
      "STATE        CREATED           CHAT            PARTS  KEY",
      "queued       2023-11-15 03:43  -;+15550100111  0/1",
      "  op_1",
      "  waits until 2023-11-15 04:43",
      "delivered    2023-11-15 03:43  -;+15550100111  1/1    k",
      "  op_2",
      "unknown      2023-11-15 03:43                  0/1    k",
      "  op_3",
      "partly sent  2023-11-15 03:43  -;+15550100111  1/3    k",
      "  op_4",
      "  It was cancelled.",
    ]);
    expect(relay.asked[0]?.query).toEqual({ state: "settled", limit: "5" });
    expect(linesOf(await run("operations", "--key", "k", "--json")).map((line) => JSON.parse(line))).toEqual(
      list,
    );
    expect(relay.asked[1]?.query).toEqual({ idempotency_key: "k", limit: "20" });
  });

  test("one by its id, or none", async () => {
    relay.answers.set("GET operations/op_1", [200, operation(UNKNOWN)]);
    relay.answers.set("GET operations", [200, { operations: [] }]);
    expect((await run("operations", "op_1")).out).toContain("unknown");
    expect(await run("operations", "op_2")).toMatchObject({ code: EXIT.failed, out: "" });
    expect(await run("operations")).toMatchObject({ code: 0, out: "", err: "imsg-relay: there are none.\n" });
  });

  test("what waits is taken back; what the Mac has is not", async () => {
    relay.answers.set("DELETE operations/op_1", [200, operation(NOT_SENT)]);
    expect(await run("cancel", "op_1")).toMatchObject({ code: 0, out: "Taken back: op_1 is not sent.\n" });
    expect(JSON.parse((await run("cancel", "op_1", "--json")).out)).toEqual(operation(NOT_SENT));
    relay.refuseAt("DELETE operations/op_1", "conflict");
    expect(await run("cancel", "op_1")).toMatchObject({
      code: EXIT.failed,
      err: expect.stringContaining("imsg-relay operations op_1"),
    });
  });
});
