// What is shown of messages and events, on a terminal and in a pipe. Times are of the place, which is set here.
import { beforeAll, describe, expect, test } from "vitest";
import { EventLines } from "../../../gateway/cli/event-lines.ts";
import { Timeline } from "../../../gateway/cli/local-time.ts";
import { layLines, linesOf, shownMessageSchema } from "../../../gateway/cli/message-lines.ts";
import { cells } from "../../../gateway/cli/text-cells.ts";
import { readEvent, type ChannelEvent } from "../../../gateway/client/events-schema.ts";
import { MAX_RECENT_MESSAGES } from "../../../gateway/limits.ts";
import { localTime } from "../../../shared/terminal/local-time.ts";
import { event } from "../support/virtual-events.ts";

const ESC = "\u001b";
const AT = Date.parse("2026-11-22T23:30:00.000Z");

beforeAll(() => {
  process.env["TZ"] = "Asia/Kolkata";
});

describe("times", () => {
  test("they are of the place where they are read", () => {
    expect(localTime(AT)).toBe("2026-11-23 05:00");
  });

  test("on a terminal the day is said once, in a pipe with every line", () => {
    const terminal = new Timeline(true);
    expect(terminal.mark(AT)).toEqual({ heading: "Monday, 2026-11-23", time: "05:00" });
    expect(terminal.mark(AT + 60_000)).toEqual({ heading: undefined, time: "05:01" });
    expect(terminal.mark(AT - 6 * 3_600_000)).toEqual({ heading: "Sunday, 2026-11-22", time: "23:00" });
    expect(new Timeline(false).mark(AT)).toEqual({ heading: undefined, time: "2026-11-23 05:00" });
  });

  test("a date that is not known is no other", () => {
    expect(new Timeline(true).mark(undefined).time).toHaveLength(5);
    expect(new Timeline(false).mark(undefined).time).toHaveLength(16);
  });
});

describe("a message", () => {
  const shown = (message: object): string[] => linesOf(shownMessageSchema.parse(message));

  test.each<[string, object, string[]]>([
    ["its text, line by line", { text: "one\ntwo\n" }, ["one", "two"]],
    [
      "what it answers to, its files, and what others think of it",
      {
        text: "\uFFFCthis one?",
        reply_to_text: "which\nphoto?",
        attachments: [
          { transfer_name: "IMG_1.heic", missing: false },
          { transfer_name: "", mime_type: "video/mp4", missing: true },
        ],
        reactions: [
          { emoji: "❤️", sender: "+15550100113", is_from_me: false },
          { emoji: "👍", sender: "", is_from_me: true },
        ],
      },
      [
        "> which photo?",
        "this one?",
        "[IMG_1.heic]",
        "[video/mp4, not on the Mac]",
        "(❤️ +15550100113, 👍 me)",
      ],
    ],
    ["a reaction", { is_reaction: true, reaction_emoji: "❤️", text: "Loved “x”" }, ["❤️ Loved “x”"]],
    ["one that has nothing to say", { text: "" }, ["(no text)"]],
    ["an answer without a text", { text: "", reply_to_text: "x" }, ["> x", "(no text)"]],
    [
      "fields of other types count as absent",
      { text: 7, attachments: ["x", { transfer_name: "a" }], reactions: 3, sender: null },
      ["[attachment]", "[a]"],
    ],
  ])("%s", (_, message, lines) => {
    expect(shown(message)).toEqual(lines);
  });

  test("nothing in it reaches the terminal raw", () => {
    const evil = `${ESC}[2J\u0007\u202E`;
    const lines = shown({
      text: `a${evil}\n${evil}`,
      reply_to_text: evil,
      attachments: [{ transfer_name: evil }],
      reactions: [{ emoji: evil, sender: evil }],
    });
    const reaction = shown({ is_reaction: true, reaction_emoji: evil, text: evil });
    const laid = layLines("05:00", `who${evil}`, [...lines, ...reaction], { columns: 40, whoCells: 10 });
    expect(laid.join("")).not.toMatch(/[\p{Cc}\u202E]/u);
  });

  test("its lines stand beside time and name, wrapped to the terminal", () => {
    const lines = ["the quarry is in the shade until noon", "日本語のメッセージです"];
    expect(layLines("05:00", "Tess", lines, { columns: 35, whoCells: 6 })).toEqual([
      "05:00  Tess    the quarry is in the",
      "               shade until noon",
      "               日本語のメッセージで",
      "               す",
    ]);
    expect(layLines("05:00", "Saturday climbing", ["x"], { columns: 80, whoCells: 8 })).toEqual([
      "05:00  Saturda…  x",
    ]);
    for (const columns of [44, 80, 120])
      for (const line of layLines("05:00", "👩🏽‍💻 Maya", [lines.join(" ").repeat(5)], { columns, whoCells: 12 }))
        expect(cells(line)).toBeLessThanOrEqual(columns);
  });

  test("in a pipe nothing is cut and nothing is wrapped", () => {
    const long = "word ".repeat(100).trim();
    expect(layLines("05:00", "Saturday climbing", [long], { columns: undefined, whoCells: 8 })).toEqual([
      `05:00  Saturday climbing  ${long}`,
    ]);
  });
});

describe("events", () => {
  const read = (kind: string, data: object, more: object = {}): ChannelEvent => {
    const one = readEvent(event(1, { kind, data, logged_at: AT, ...more }));
    if (one === undefined) throw new Error("no event");
    return one;
  };
  const message = (fields: object, more: object = {}, envelope: object = {}): ChannelEvent =>
    read(
      "message.received",
      {
        message: {
          id: 7,
          guid: "G7",
          text: "hello",
          sender: "+15550100111",
          chat_identifier: "+15550100111",
          created_at: "2026-11-22T23:30:00.000Z",
          ...fields,
        },
        chat_type: "direct",
        chat_name: null,
        sender: "+15550100111",
        sender_name: null,
        reply_to: "chat_guid:any;-;+15550100111",
        ...more,
      },
      envelope,
    );
  const lines = (...events: ChannelEvent[]): string[] => {
    const shown = new EventLines({ columns: undefined, whoCells: 1 });
    return events
      .flatMap((one) => shown.linesOf(one))
      .map((line) => line.replace(/^2026-11-23 05:00 {2}/, ""));
  };

  test("messages say who wrote where", () => {
    const group = { chat_type: "group", chat_name: "Climbing" };
    expect(
      lines(
        message({}),
        message({}, { sender_name: "Tess" }),
        message({}, { ...group, sender_name: "Tess" }),
        message({}, { ...group, chat_name: null }),
        message({ is_from_me: true }),
        message({ is_from_me: true }, group),
        message({ is_reaction: true, reaction_emoji: "😂", text: "Laughed at “x”" }, group),
        message({}, {}, { delayed: true }),
        message({}, {}, { backfilled: true, delayed: true }),
      ),
    ).toEqual([
      "+15550100111  hello",
      "Tess  hello",
      "Climbing · Tess  hello",
      "+15550100111  hello",
      "me → +15550100111  hello",
      "me → Climbing  hello",
      "Climbing · +15550100111  😂 Laughed at “x”",
      "+15550100111  (late) hello",
      "+15550100111  (old) hello",
    ]);
  });

  test.each<[string, object, string]>([
    [
      "message.outcome",
      { operation: "op_1", outcome: "sent", final: true, parts: 2, delivered: 2 },
      "sent: op_1, 2 of 2 parts went out",
    ],
    [
      "message.outcome",
      { operation: "op_1", outcome: "not_sent", final: true, idempotency_key: "k" },
      "NOT SENT: k",
    ],
    [
      "message.outcome",
      { operation: "op_1", outcome: "unknown", final: false },
      "UNKNOWN: op_1, it may have gone out",
    ],
    [
      "message.outcome",
      { operation: "op_1", outcome: "unknown", final: true },
      "UNKNOWN: op_1, it may have gone out and nobody will know",
    ],
    ["message.status", { guid: "G1", status: "delivered" }, "delivered: G1"],
    ["message.status", { guid: "G1", status: "failed" }, "FAILED: G1"],
    [
      "pairing.requested",
      { handle: "+1", code: "ABCD2345" },
      "+1 asks for access: imsg-relay pairing approve ABCD2345",
    ],
    ["pairing.approved", { handle: "+1", by: "key_1" }, "+1 was let in by key_1"],
    ["pairing.denied", { handle: "+1", by: "key_1" }, "+1 was turned away by key_1"],
    ["pairing.revoked", { handle: "+1", by: "key_1" }, "+1 was shut out by key_1"],
    ["account.online", { install: "ins_1", epoch: 2 }, "the Mac is connected"],
    ["account.offline", { reason: "heartbeat lost", since: 1 }, "the Mac is away (heartbeat lost)"],
    ["account.health", { state: "ok", reason: null, remedy: null }, "Messages on the Mac: ok"],
    [
      "account.health",
      { state: "down", reason: "imsg_hung", remedy: "Restart it." },
      "Messages on the Mac: down, imsg_hung, Restart it.",
    ],
    ["account.cursor_reset", { database: 2, previous: 1 }, "the Messages database on the Mac was replaced"],
    [
      "gap",
      { from: "log1.1", to: "log1.9", count: 8, why: "retention" },
      "GAP: 8 events cannot be shown, they were kept no longer; it goes on after log1.9",
    ],
    [
      "gap",
      { from: "log0.1", to: "log1.9", count: null, why: "another_log" },
      "GAP: an unknown number of events cannot be shown, it is another log; it goes on after log1.9",
    ],
    ["endpoint.disabled", { endpoint: "end_1", reason: "gone" }, "endpoint end_1 was disabled: gone"],
    ["config.changed", { version: 7, by: "key_1" }, "configuration 7, changed by key_1"],
    [
      "config.changed",
      { version: 7, by: `key_${"0".repeat(52)}gqsgmrg5` },
      "configuration 7, changed by key_…gqsgmrg5",
    ],
    ["later.kind", { a: 1 }, 'later.kind {"a":1}'],
    ["config.changed", { version: "x" }, "unreadable"],
  ])("%s %j", (kind, data, words) => {
    expect(lines(read(kind, data))[0]?.slice(0, words.length + 3)).toBe(`*  ${words}`);
  });

  test("a status names the message it is of, as long as that is remembered", () => {
    const sent = message({
      is_from_me: true,
      guid: "G1",
      text: "The backup is done, all 4 million files of it",
    });
    const status = read("message.status", { guid: "G1", status: "delivered" });
    expect(lines(sent, status)[1]).toBe("*  delivered: “The backup is done, all 4 million files…”");
    const others = Array.from({ length: MAX_RECENT_MESSAGES }, (_, at) =>
      message({ is_from_me: true, guid: `O${at}` }),
    );
    expect(lines(sent, ...others, status).at(-1)).toBe("*  delivered: G1");
  });

  test("nothing in an event reaches the terminal raw", () => {
    const evil = `${ESC}[2J\u202E\n`;
    const all = lines(
      message({ text: evil }, { sender_name: evil }),
      read("pairing.requested", { handle: evil, code: evil }),
      read("later.kind", { evil }),
      read(`later${evil}`, {}),
    );
    expect(all.join("")).not.toMatch(/[\p{Cc}\u202E]/u);
  });

  test("on a terminal each day has its heading", () => {
    const shown = new EventLines({ columns: 60, whoCells: 14 });
    const all = [
      message({}),
      message({ text: "again" }),
      read("account.online", { install: "ins_1", epoch: 2 }),
    ];
    expect(all.flatMap((one) => shown.linesOf(one))).toEqual([
      "",
      "Monday, 2026-11-23",
      "05:00  +15550100111    hello",
      "05:00  +15550100111    again",
      "05:00  *  the Mac is connected",
    ]);
  });
});
