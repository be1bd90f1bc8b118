import { describe, expect, it } from "vitest";
import { inboundSchema } from "../../shared/policy/inbound.ts";
import { project, type Projected } from "../../shared/projection.ts";
import { readSubscribe, type Filter } from "../../shared/subscription.ts";

type Json = Record<string, unknown>;

const ANYTHING: Filter = {
  chat: null,
  participants: [],
  start: null,
  end: null,
  attachments: true,
  reactions: true,
};

describe("watch.subscribe", () => {
  it("RPC9 nothing asked for is the tail, of everything, without attachments and reactions", () => {
    for (const params of [undefined, null, {}, { later: 1, debounce_ms: 0 }])
      expect(readSubscribe(params)).toEqual({
        ok: true,
        value: {
          chatId: null,
          start: { kind: "tail" },
          filter: { participants: [], start: null, end: null, attachments: false, reactions: false },
        },
      });
  });

  it("RPC9 everything asked for", () => {
    const params = {
      chat_id: 7,
      since_rowid: 9,
      participants: ["Bob@X.com", "+1"],
      start: "2026-01-02T03:04:05.678Z",
      end: "2026-01-02T03:04:05+01:00",
      attachments: true,
      include_reactions: true,
      debounce_ms: 500,
    };
    expect(readSubscribe(params)).toEqual({
      ok: true,
      value: {
        chatId: 7,
        start: { kind: "rowid", rowid: 9 },
        filter: {
          participants: ["bob@x.com", "+1"],
          start: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
          end: Date.UTC(2026, 0, 2, 2, 4, 5),
          attachments: true,
          reactions: true,
        },
      },
    });
  });

  it.each<[Json, object]>([
    [{ since_rowid: 0 }, { kind: "tail" }],
    [{ since_rowid: -1 }, { kind: "beginning" }],
    [{ since_rowid: -9 }, { kind: "beginning" }],
    [{ since_rowid: 1 }, { kind: "rowid", rowid: 1 }],
    [{ relay_after: "abc.0" }, { kind: "event", log: "abc", seq: 0 }],
    [
      { relay_after: "abc.17", since_rowid: 5 },
      { kind: "event", log: "abc", seq: 17 },
    ],
    [
      { relay_after: null, since_rowid: 5 },
      { kind: "rowid", rowid: 5 },
    ],
  ])("RPC10 RPC12 %j starts at %j", (params, start) => {
    expect(readSubscribe(params)).toMatchObject({ ok: true, value: { start } });
  });

  it.each<[unknown, string]>([
    [{ chat_id: "1" }, "chat_id must be an integer"],
    [{ chat_id: 1.5 }, "chat_id must be an integer"],
    [{ chat_id: true }, "chat_id must be an integer"],
    [{ chat_id: 0 }, "chat_id must be a positive integer"],
    [{ chat_id: -1 }, "chat_id must be a positive integer"],
    [{ since_rowid: "5" }, "since_rowid must be an integer"],
    [{ since_rowid: null }, "since_rowid must be an integer"],
    [{ since_rowid: 1.5 }, "since_rowid must be an integer"],
    [{ since_rowid: 2 ** 53 }, "since_rowid must be an integer"],
    [{ relay_after: 5 }, "relay_after must be a string"],
    [{ relay_after: "nonsense" }, "relay_after is not an event id"],
    [{ participants: "bob" }, "participants must be an array of strings"],
    [{ participants: [5] }, "participants must be an array of strings"],
    [{ participants: Array.from({ length: 33 }, () => "x") }, "participants holds at most 32 handles"],
    [{ start: 5 }, "start and end must be ISO 8601 dates"],
    [{ start: "" }, "Invalid ISO8601 date: "],
    [{ start: "2026-01-01" }, "Invalid ISO8601 date: 2026-01-01"],
    [{ end: "2026-13-01T00:00:00Z" }, "Invalid ISO8601 date: 2026-13-01T00:00:00Z"],
    [{ end: `nonsense ${"x".repeat(100)}` }, `Invalid ISO8601 date: nonsense ${"x".repeat(31)}`],
    [{ attachments: "yes" }, "attachments must be a boolean"],
    [{ attachments: null }, "attachments must be a boolean"],
    [{ include_reactions: 1 }, "include_reactions must be a boolean"],
    [{ debounce_ms: -1 }, "debounce_ms must be a non-negative integer"],
    [{ debounce_ms: "abc" }, "debounce_ms must be a non-negative integer"],
    [{ debounce_ms: 1.5 }, "debounce_ms must be a non-negative integer"],
  ])("RPC9 %j is refused: %s", (params, error) => {
    expect(readSubscribe(params)).toEqual({ ok: false, error });
  });

  it.each([[[]], ["text"], [5], [true]])("RPC9 params %j are no object", (params) => {
    expect(readSubscribe(params)).toMatchObject({ ok: false, error: expect.any(String) });
  });
});

describe("projection", () => {
  const message = {
    id: 5,
    guid: "G",
    chat_id: 1,
    chat_guid: "iMessage;-;bob",
    sender: "Bob",
    created_at: "2026-01-01T10:00:00.000Z",
    attachments: [{ a: 1 }],
    reactions: [{ id: 1 }],
    later: { x: 1 },
  };
  const event = (change: Json = {}, more: Partial<Projected> = {}): Projected => {
    const shown = { ...message, ...change };
    return { database: 0, chat: "-;bob", message: shown, facts: inboundSchema.parse(shown), ...more };
  };
  const at = (text: string): number => Date.parse(text);

  it.each<[string, Projected, Partial<Filter>, boolean]>([
    ["everything", event(), {}, true],
    ["RPC11 an unanchored row", event({ chat_id: 0, chat_guid: "" }, { chat: null }), {}, false],
    ["RPC11 a row of an empty chat", event({}, { chat: "" }), {}, false],
    ["a tapback, where they were asked for", event({ is_reaction: true }), {}, true],
    ["a tapback, where they were not", event({ is_reaction: true }), { reactions: false }, false],
    ["its chat", event(), { chat: { id: 1, database: 0, key: null } }, true],
    ["another chat", event(), { chat: { id: 2, database: 0, key: "-;bob" } }, false],
    [
      "in another database: the chat with that guid",
      event({ chat_id: 9 }, { database: 1 }),
      { chat: { id: 1, database: 0, key: "-;bob" } },
      true,
    ],
    [
      "in another database: the chat with that id and another guid",
      event({}, { database: 1 }),
      { chat: { id: 1, database: 0, key: "-;eve" } },
      false,
    ],
    [
      "in another database: a chat whose guid was never known",
      event({}, { database: 1 }),
      { chat: { id: 1, database: 0, key: null } },
      false,
    ],
    ["a participant, in any case", event({ sender: "BOB" }), { participants: ["bob"] }, true],
    ["another sender", event({ sender: "eve" }), { participants: ["bob"] }, false],
    ["no sender", event({ sender: undefined }), { participants: ["bob"] }, false],
    ["at start", event(), { start: at(message.created_at) }, true],
    ["before start", event(), { start: at(message.created_at) + 1 }, false],
    ["at end", event(), { end: at(message.created_at) }, false],
    ["before end", event(), { end: at(message.created_at) + 1 }, true],
    ["without a date, in a span", event({ created_at: "nonsense" }), { start: 0 }, false],
    ["without a date, in all time", event({ created_at: undefined }), {}, true],
  ])("RPC9 %s", (_, projected, filter, isShown) => {
    const shown = project(projected, { ...ANYTHING, ...filter });
    expect(shown).toEqual(isShown ? projected.message : undefined);
  });

  it("RPC9 attachments and reactions are emptied, and imsg's object is not changed", () => {
    const projected = event();
    const before = structuredClone(projected);
    expect(project(projected, { ...ANYTHING, attachments: false })).toEqual({ ...message, attachments: [] });
    expect(project(projected, { ...ANYTHING, reactions: false })).toEqual({ ...message, reactions: [] });
    expect(project(projected, ANYTHING)).toBe(projected.message);
    expect(projected).toEqual(before);
  });
});
