import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  DEDUPE,
  EVENT_DATA,
  eventId,
  eventKindSchema,
  isBackfilled,
  isDelayed,
  kindOfMessage,
  MESSAGE_KINDS,
  parseEventId,
} from "../../shared/events.ts";
import { inboundSchema } from "../../shared/policy/inbound.ts";
import { chatKey, chatSchema, dateOf, isAnchored, messageSchema, pageSchema } from "../../shared/imsg.ts";

const NOW = 1_800_000_000_000;
const DAY = 86_400_000;
const facts = (change: object) => inboundSchema.parse({ id: 1, guid: "G", ...change });

describe("ids (LOG1)", () => {
  it("LOG1 an id is <log>.<seq>, and is read as it was written", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9a-z]{1,64}$/), fc.nat(2 ** 31), (log, seq) => {
        expect(parseEventId(eventId(log, seq))).toEqual({ log, seq });
      }),
    );
    expect(parseEventId("a.9007199254740991")).toEqual({ log: "a", seq: Number.MAX_SAFE_INTEGER });
  });

  it.each([
    "",
    "a",
    "a.",
    ".1",
    "a.-1",
    "a.01",
    "a.1.2",
    "a.1 ",
    "A.1",
    "a.1e3",
    "a.x",
    `${"a".repeat(65)}.1`,
    "a.99999999999999999",
    "a\n.1",
    "a.1\n",
  ])("LOG1 %j is no id", (text) => {
    expect(parseEventId(text)).toBeUndefined();
  });
});

describe("the same event (LOG3)", () => {
  it.each([
    ["iMessage;-;+1555", "-;+1555"],
    ["SMS;-;+1555", "-;+1555"],
    ["any;+;chat1", "+;chat1"],
    ["RCS;-;a;b", "-;a;b"],
    ["", ""],
    ["odd", "odd"],
  ])("LOG3 the chat of %j is %j", (guid, key) => {
    expect(chatKey(guid)).toBe(key);
    expect(DEDUPE.message("G", guid)).toBe(`msg:G:${key}`);
  });

  it("LOG3 a status and an outcome have keys of their own", () => {
    expect([DEDUPE.status("G", "read"), DEDUPE.outcome("op_1", "sent")]).toEqual([
      "status:G:read",
      "outcome:op_1:sent",
    ]);
  });

  it.each([
    [{}, "message.received"],
    [{ is_from_me: true }, "message.sent"],
    [{ is_reaction: true }, "message.reaction"],
    [{ is_reaction: true, is_from_me: true }, "message.reaction"],
    [{ is_from_me: "yes", is_reaction: 1 }, "message.received"],
  ])("LOG3 %j is %s", (change, kind) => {
    expect(kindOfMessage(facts(change))).toBe(kind);
  });

  it("every kind has a shape, and four carry a message", () => {
    expect(eventKindSchema.options).toEqual(Object.keys(EVENT_DATA));
    expect([...MESSAGE_KINDS].sort()).toEqual([
      "message.reaction",
      "message.received",
      "message.repaired",
      "message.sent",
    ]);
    for (const kind of MESSAGE_KINDS) {
      expect(EVENT_DATA[kind].safeParse({ message: { any: 1 }, previous: null }).success).toBe(true);
      expect(EVENT_DATA[kind].safeParse({ message: "text", previous: null }).success).toBe(false);
    }
  });
});

describe("marks", () => {
  it.each<[string, number | undefined, number | null, boolean]>([
    ["old, and old beside the log", NOW - 3 * DAY, NOW - DAY, true],
    ["just over both bounds", NOW - DAY - 1, NOW - DAY + 600_000, true],
    ["exactly 24 h old", NOW - DAY, NOW, false],
    ["exactly 10 min before the newest", NOW - 2 * DAY, NOW - 2 * DAY + 600_000, false],
    ["old, but newer than the log", NOW - 2 * DAY, NOW - 3 * DAY, false],
    ["old, and nothing was ever logged", NOW - 3 * DAY, null, false],
    ["without a date", undefined, NOW, false],
    ["fresh", NOW - 1_000, NOW, false],
  ])("LOG4 %s", (_, date, newest, expected) => {
    expect(isBackfilled(date, NOW, newest)).toBe(expected);
  });

  const outage = { from: NOW - 600_000, until: NOW - 300_000 };
  it.each<[string, number | undefined, typeof outage | null, boolean]>([
    ["logged within 60 s", NOW - 60_000, null, true],
    ["logged after 60 s", NOW - 60_001, null, false],
    ["dated in the future", NOW + 5_000, null, true],
    ["dated in the outage", NOW - 400_000, outage, true],
    ["dated as it ended", outage.until, outage, true],
    ["dated after it", outage.until + 1, outage, false],
    ["dated up to 60 s before it began", outage.from - 60_000, outage, true],
    ["dated before that", outage.from - 60_001, outage, false],
    ["without a date", undefined, outage, false],
  ])("RPC14 %s", (_, date, during, expected) => {
    expect(isDelayed(date, NOW, during)).toBe(expected);
  });
});

describe("imsg's objects", () => {
  it("only what cannot be missed is required; a wrong type counts as absent; the rest passes", () => {
    expect(
      messageSchema.parse({
        id: 1,
        guid: "G",
        chat_id: "x",
        sender: 5,
        is_from_me: "yes",
        participants: [5],
        created_at: null,
        later: [1],
      }),
    ).toEqual({
      id: 1,
      guid: "G",
      chat_id: 0,
      chat_guid: "",
      sender: "",
      is_from_me: false,
      is_reaction: false,
      participants: [],
      created_at: "",
      later: [1],
    });
    for (const bad of [
      {},
      { id: "1", guid: "G" },
      { id: 1 },
      { id: 1, guid: "" },
      { id: 1.5, guid: "G" },
      null,
      [],
    ])
      expect(messageSchema.safeParse(bad).success).toBe(false);
    expect(chatSchema.safeParse({ id: 1 }).success).toBe(true);
    expect(chatSchema.safeParse({ guid: "g" }).success).toBe(false);
  });

  it("a row is anchored by its chat's id or guid", () => {
    expect([
      isAnchored({ chat_id: 0, chat_guid: "" }),
      isAnchored({ chat_id: 1, chat_guid: "" }),
      isAnchored({ chat_id: 0, chat_guid: "g" }),
    ]).toEqual([false, true, true]);
  });

  it("a date is read or is none", () => {
    expect(dateOf({ created_at: "2026-01-01T00:00:00.123Z" })).toBe(Date.UTC(2026, 0, 1, 0, 0, 0, 123));
    expect([dateOf({ created_at: "" }), dateOf({ created_at: "nonsense" })]).toEqual([undefined, undefined]);
  });

  it("a page without has_more is the last", () => {
    expect(pageSchema.parse({ messages: [], next_rowid: 5 })).toEqual({
      messages: [],
      next_rowid: 5,
      has_more: false,
    });
    expect(pageSchema.safeParse({ messages: [] }).success).toBe(false);
  });
});
