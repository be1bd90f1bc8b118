import { describe, expect, expectTypeOf, test } from "vitest";
import { isKind, isKnown, readEvent, type ChannelEvent } from "../../../gateway/client/events-schema.ts";
import { EVENT_DATA } from "../../../shared/events.ts";
import { event } from "../support/virtual-events.ts";

const message = {
  id: 7,
  guid: "G7",
  chat_id: 2,
  chat_guid: "any;-;+15550100111",
  sender: "+15550100111",
  is_from_me: false,
  text: "hello",
  created_at: "2026-11-22T10:00:00.000Z",
  balloon: { of: "later" },
};
const data = {
  message,
  chat_type: "direct",
  sender: "+15550100111",
  sender_name: null,
  session_key: "imessage:-;+15550100111",
  reply_to: "chat_guid:any;-;+15550100111",
  reply_to_guid: null,
  quoted: null,
  mentioned: false,
  self_chat: false,
  via: null,
  context: [{ id: "log1.3", guid: "G3", sender: "a", sender_name: "A", text: "before", created_at: 1 }],
  context_missing: 2,
};

/** What a bot's author writes: the type of `data` follows from the kind. */
function describeEvent(one: ChannelEvent): string {
  if (!isKnown(one)) {
    expectTypeOf(one.data).toEqualTypeOf<unknown>();
    return `unknown: ${one.kind}`;
  }
  switch (one.kind) {
    case "message.received":
      expectTypeOf(one.data.message.text).toEqualTypeOf<string>();
      return `${one.data.sender}: ${one.data.message.text}`;
    case "gap":
      expectTypeOf(one.data.why).toEqualTypeOf<string>();
      return `${one.data.count} missed`;
    default:
      return one.kind;
  }
}

describe("reading", () => {
  test("EVT1 every kind of the relay's table is known to this client", () => {
    const unknown = Object.keys(EVENT_DATA).filter((kind) => {
      const one = readEvent(event(1, { kind, data: "of no shape" }));
      return one?.kind !== "unreadable";
    });
    expect(unknown).toEqual([]);
  });

  test("EVT1 a message is typed by its kind, and nothing is taken away from imsg's object", () => {
    const one = readEvent(event(7, { kind: "message.received", rowid: 7, chat: "-;+1", data, novel: true }));
    if (one === undefined || !isKind(one, "message.received")) throw new Error("no message");
    expectTypeOf(one.data.reply_to).toEqualTypeOf<string>();
    expect(describeEvent(one)).toBe("+15550100111: hello");
    expect(one.data.message).toMatchObject(message);
    expect(one).toMatchObject({ id: "log1.7", chat: "-;+1", data, novel: true });
  });

  test("EVT1 a kind of a newer relay is passed through, whatever it holds", () => {
    const one = readEvent(event(8, { kind: "poll.closed", data: [1] }));
    expect(one).toMatchObject({ id: "log1.8", kind: "poll.closed", data: [1] });
    expect(one && describeEvent(one)).toBe("unknown: poll.closed");
  });

  test("EVT1 a known kind with data of another shape is handed over as unreadable, whole", () => {
    const strange = event(9, { kind: "message.received", data: { message: "gone" } });
    expect(readEvent(strange)).toMatchObject({ id: "log1.9", kind: "unreadable", data: strange });
  });

  test("EVT1 what a newer relay adds stays, what an older one lacks counts as absent", () => {
    const status = { guid: "G", status: "read", colour: "blue" };
    expect(readEvent(event(1, { kind: "message.status", data: status }))).toMatchObject({ data: status });
    expect(
      readEvent({
        id: "log1.2",
        kind: "message.sent",
        data: { message: { id: 1, guid: "G" }, reply_to: "chat_guid:any;-;+1" },
      }),
    ).toMatchObject({
      kind: "message.sent",
      account: "",
      chat: null,
      data: { message: { guid: "G", text: "" }, session_key: null, context: [], mentioned: null },
    });
  });

  test.each([undefined, null, 1, "x", [], {}, { id: "log1.1" }, { kind: "gap" }, { id: "", kind: "gap" }])(
    "EVT1 %j is no event",
    (value) => {
      expect(readEvent(value)).toBeUndefined();
    },
  );
});
