// What is typed: options, spans of time, texts, chats.
import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { readAttachmentsWish } from "../../../gateway/cli/attachments-wish.ts";
import { isChosen, keyOfGuid, readChatChoice } from "../../../gateway/cli/chat-choice.ts";
import { readInvocation, type Invocation } from "../../../gateway/cli/invocation.ts";
import { countOf, listOf, spanMs } from "../../../gateway/cli/options.ts";
import { readSendWish } from "../../../gateway/cli/send-wish.ts";
import { COMMANDS } from "../../../gateway/cli/table.ts";
import { readTailWish } from "../../../gateway/cli/tail-wish.ts";
import { MAX_TEXT_BYTES } from "../../../gateway/limits.ts";
import { chatSchema } from "../../../shared/imsg.ts";

const typed = (...argv: string[]): Invocation => readInvocation(argv, (name) => COMMANDS.get(name));
const stdin = (...chunks: (string | Uint8Array)[]) =>
  Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
const terminal = () => Object.assign(stdin(), { isTTY: true });
const send = (argv: readonly string[], input: Readable = stdin()) =>
  readSendWish(typed("send", ...argv), input);

describe("options", () => {
  test("a span belongs to its option only where it is one", () => {
    const waits = (...argv: string[]) => {
      const { options, words, fault } = typed("send", ...argv);
      return [options.get("--wait"), words, fault];
    };
    expect(waits("+1", "--wait", "10m", "hi")).toEqual([["10m"], ["+1", "hi"], undefined]);
    expect(waits("+1", "--wait", "hi")).toEqual([[""], ["+1", "hi"], undefined]);
    expect(waits("--wait", "15550100111", "hi")).toEqual([[""], ["15550100111", "hi"], undefined]);
    expect(waits("+1", "hi", "--wait=5s")).toEqual([["5s"], ["+1", "hi"], undefined]);
    expect(waits("+1", "hi", "--wait")).toEqual([[""], ["+1", "hi"], undefined]);
  });

  test("a lone dash is a word, after -- everything is, and what is unknown is a fault", () => {
    expect(typed("send", "+1", "-")).toMatchObject({ words: ["+1", "-"], fault: undefined });
    expect(typed("send", "+1", "--", "--json", "-x")).toMatchObject({ words: ["+1", "--json", "-x"] });
    expect(typed("send", "+1", "hi", "--repyl-to", "G").fault).toBe("unknown option --repyl-to");
    expect(typed("-").fault).toBe("unknown option -");
    expect(typed("send", "+1", "hi", "--queue=yes").fault).toBe("--queue takes no value");
  });

  test.each([
    ["90s", 90_000],
    ["10m", 600_000],
    ["2h", 7_200_000],
    ["0s", 0],
    ["10", undefined],
    ["1d", undefined],
    ["-5s", undefined],
    ["1.5h", undefined],
    ["9999999s", undefined],
  ])("%s is %s ms", (text, ms) => {
    expect(spanMs(text)).toBe(ms);
  });

  test("counts are whole numbers within bounds, lists have commas or come several times", () => {
    const limit = (...argv: string[]) => countOf(typed("chats", ...argv), "--limit", 200, 20);
    expect([limit(), limit("--limit", "7"), limit("--limit=200")]).toEqual([20, 7, 200]);
    for (const wrong of ["0", "201", "-1", "x", "1.5", ""])
      expect(limit("--limit", wrong)).toBe("--limit needs a whole number from 1 to 200");
    expect(listOf(typed("tail", "--kinds", "a, b,", "--kinds=c"), "--kinds")).toEqual(["a", "b", "c"]);
  });
});

describe("attachments", () => {
  const wish = (...argv: string[]) => readAttachmentsWish(typed("attachments", ...argv));

  test("what is fetched, and where to; what is brought, and as what", () => {
    expect(wish("get", "att_1")).toEqual({ action: "get", reference: "att_1", out: undefined, force: false });
    expect(wish("get", "att_1", "--out", "-", "--force")).toMatchObject({ out: "-", force: true });
    expect(wish("put", "a", "b")).toEqual({ action: "put", files: ["a", "b"], name: undefined });
    expect(wish("put", "a", "--name", "b c.txt")).toMatchObject({ name: "b c.txt" });
  });

  test.each([
    [[], "get or put"],
    [["list"], "get or put"],
    [["get"], "one reference"],
    [["get", "a", "b"], "one reference"],
    [["get", "a", "--name", "b"], "--out"],
    [["get", "a", "--out", "-", "--json"], "standard output"],
    [["get", "a", "--out="], "--out is"],
    [["put"], "needs a file"],
    [["put", "a", "--force"], "are for get"],
    [["put", "a", "b", "--name", "c"], "one file"],
  ])("%j is refused", (argv, why) => {
    expect(wish(...argv)).toContain(why);
  });
});

describe("send", () => {
  test("target and text, in several words", async () => {
    expect(await send(["+15550100111", "The", "backup", "is done"])).toMatchObject({
      message: { to: "+15550100111", text: "The backup is done" },
      key: expect.stringMatching(/^[0-9a-z]{26}$/),
      waitMs: 0,
    });
  });

  test("every option becomes what the relay reads, and nothing is said that was not asked", async () => {
    const argv = ["chat_id:4", "x", "--reply-to", "G", "--service", "sms", "--plain", "--key", "k"];
    expect(await send([...argv, "--queue", "--ttl", "10m", "--wait"])).toEqual({
      message: {
        to: "chat_id:4",
        text: "x",
        reply_to_guid: "G",
        service: "sms",
        format: "plain",
        queue: true,
        ttl_s: 600,
      },
      files: [],
      key: "k",
      waitMs: 60_000,
    });
    expect(await send(["+1", "x", "--key", "k"])).toEqual({
      message: { to: "+1", text: "x" },
      files: [],
      key: "k",
      waitMs: 0,
    });
  });

  test.each([
    [["--to", "+1", "--text", "a b"], { to: "+1", text: "a b" }],
    [["--to=+1", "a", "b"], { to: "+1", text: "a b" }],
    [["--chat-id", "42", "--text", "x"], { to: "chat_id:42", text: "x" }],
    [["--chat-guid", "any;-;+1", "--text", "x"], { to: "chat_guid:any;-;+1", text: "x" }],
    [["--chat-identifier", "c1", "--text", "x"], { to: "chat_identifier:c1", text: "x" }],
    [["+1", "--text", "--json"], { to: "+1", text: "--json" }],
  ])("imsg's own flags mean the same: %j", async (argv, message) => {
    expect(await send(argv)).toMatchObject({ message });
  });

  test("standard input is the text where there is none, without the last line end", async () => {
    for (const argv of [["+1"], ["+1", "-"], ["--to", "+1", "--text", "-"]])
      expect(await send(argv, stdin("日本", "\nsecond\r\n"))).toMatchObject({
        message: { text: "日本\nsecond" },
      });
    const [first = 0, ...rest] = Buffer.from("語");
    expect(await send(["+1"], stdin(Buffer.from([first]), Buffer.from(rest)))).toMatchObject({
      message: { text: "語" },
    });
  });

  test("files need no text, and take one from standard input only where it is asked for", async () => {
    const argv = ["+1", "--attach", "a.jpg", "--attach=b.pdf"];
    expect(await send(argv, stdin("never read"))).toMatchObject({
      message: { to: "+1" },
      files: ["a.jpg", "b.pdf"],
    });
    expect(await send([...argv, "-"], stdin("read"))).toMatchObject({ message: { text: "read" } });
    expect(await send([...argv, "both"])).toMatchObject({
      message: { text: "both" },
      files: ["a.jpg", "b.pdf"],
    });
    const eleven = Array.from({ length: 11 }, () => "--attach=a");
    expect(await send(["+1", ...eleven])).toMatch("10 files at most");
  });

  test.each<[string[], string]>([
    [[], "needs a target"],
    [["+1", "a", "--text", "b"], "given twice"],
    [["--to", "+1", "--chat-id", "4", "--text", "x"], "one place"],
    [["+1", " "], "no text"],
    [["+1", "x", "--service", "rcs"], "--service is"],
    [["+1", "x", "--ttl", "10m"], "--ttl says how long --queue"],
    [["+1", "x", "--queue", "--ttl", "10"], "--ttl is 1s to 24h"],
    [["+1", "x", "--queue", "--ttl", "0s"], "--ttl is 1s to 24h"],
    [["+1", "x", "--queue", "--ttl", "25h"], "--ttl is 1s to 24h"],
    [["+1", "x", "--wait=soon"], "--wait is"],
    [["+1", "x", "--key", "two words"], "--key is"],
  ])("%j is misuse", async (argv, why) => {
    expect(await send(argv)).toContain(why);
  });

  test("no text at a terminal is misuse too, and input is text, not too long", async () => {
    expect(await send(["+1"], terminal())).toContain("needs a text");
    expect(await send(["+1"], stdin(Buffer.from([0xff, 0xfe])))).toContain("no text in UTF-8");
    expect(await send(["+1"], stdin("x".repeat(MAX_TEXT_BYTES + 1)))).toContain("at most 400 KiB");
    expect(await send(["+1"], stdin("\n"))).toContain("no text to send");
  });
});

describe("chats", () => {
  test.each([
    ["42", { kind: "chat_id", id: 42 }],
    ["chat_id:42", { kind: "chat_id", id: 42 }],
    ["15550100111", { kind: "handle", handle: "+15550100111" }],
    ["+1 (555) 010-0111", { kind: "handle", handle: "+15550100111" }],
    ["imessage:Maya@Example.com", { kind: "handle", handle: "maya@example.com" }],
    ["chat_guid:any;-;+1", { kind: "chat_guid", guid: "any;-;+1" }],
    ["any;+;chat1", { kind: "chat_guid", guid: "any;+;chat1" }],
    [
      "0123456789abcdef0123456789ABCDEF",
      { kind: "chat_identifier", identifier: "0123456789abcdef0123456789abcdef" },
    ],
    ["chat_id:0", undefined],
    ["Climbing", undefined],
    ["", undefined],
  ])("%j", (text, choice) => {
    expect(readChatChoice(text)).toEqual(choice);
  });

  test("they are found by any of their names, a service before it or not", () => {
    const direct = chatSchema.parse({ id: 4, guid: "SMS;-;+15550100111", identifier: "+15550100111" });
    const group = chatSchema.parse({ id: 5, guid: "any;+;chat1", identifier: "chat1", is_group: true });
    const found = (text: string): number[] => {
      const choice = readChatChoice(text);
      return choice === undefined
        ? []
        : [direct, group].filter((chat) => isChosen(chat, choice)).map(({ id }) => id);
    };
    for (const name of ["4", "+15550100111", "iMessage;-;+15550100111", "chat_identifier:+15550100111"])
      expect([name, found(name)]).toEqual([name, [4]]);
    for (const name of ["5", "+;chat1", "chat_guid:any;+;chat1", "chat_identifier:chat1"])
      expect([name, found(name)]).toEqual([name, [5]]);
    const odd = chatSchema.parse({ id: 6, guid: "", identifier: "+15550100112", is_group: true });
    expect(isChosen(odd, { kind: "handle", handle: "+15550100112" })).toBe(false);
    expect(found("+15550100112")).toEqual([]);
    expect([keyOfGuid("any;-;+1"), keyOfGuid("-;+1")]).toEqual(["-;+1", "-;+1"]);
  });
});

describe("tail", () => {
  test("what may be chosen", () => {
    const argv = [
      "--after",
      "log1.7",
      "--consumer",
      "a-b_1",
      "--kinds",
      "message.*,gap",
      "--chat",
      "+1555010",
    ];
    expect(readTailWish(typed("tail", ...argv, "--chat", "4"))).toEqual({
      after: "log1.7",
      consumer: "a-b_1",
      kinds: ["message.*", "gap"],
      chats: [
        { kind: "handle", handle: "+1555010" },
        { kind: "chat_id", id: 4 },
      ],
    });
  });

  test.each([
    [["--after", "yesterday"], "--after is"],
    [["--consumer", "a b"], "--consumer is"],
    [["--kinds", "message.received;x"], "--kinds are"],
    [["--chat", "Climbing"], "names no chat"],
    [["now"], "takes no words"],
  ])("%j is misuse", (argv, why) => {
    expect(readTailWish(typed("tail", ...argv))).toContain(why);
  });
});
