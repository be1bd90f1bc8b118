import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { normalizeHandle, parseEntry, type Entry } from "../../../shared/policy/handles.ts";

const HEX = "7f3c00112233445566778899aabbccdd";

describe("handles are compared in one spelling (POL3)", () => {
  it.each([
    ["+15551234567", "+15551234567"],
    ["  +1 (555) 123-4567 ", "+15551234567"],
    ["tel:+1.555.123.4567", "+15551234567"],
    ["TEL:15551234567", "+15551234567"],
    ["imessage:+15551234567", "+15551234567"],
    ["iMessage: SMS: auto:+15551234567", "+15551234567"],
    ["sms:Jane@Example.com", "jane@example.com"],
    ["Jane@Example.COM", "jane@example.com"],
    // No region logic: no country code is added, and a wrong one stays wrong.
    ["5551234567", "+5551234567"],
    ["001 555 123 4567", "+0015551234567"],
    // Letters are kept, case and all, and are never a phone number.
    ["AMZN", "AMZN"],
    ["GOOGLE", "GOOGLE"],
    ["abc1", "abc1"],
    ["room 12", "room12"],
    ["auto:Jane Doe", "JaneDoe"],
    ["+", "+"],
    ["()", "()"],
    ["", ""],
    ["imessage:", ""],
    // Chats.
    ["CHATID: 123", "chat_id:123"],
    ["chat:123", "chat_id:123"],
    ["imessage:chat_id:42", "chat_id:42"],
    ["guid: any;-;+1555 ", "chat_guid:any;-;+1555"],
    ["ChatGuid:iMessage;+;chat456", "chat_guid:iMessage;+;chat456"],
    ["chatident:Chat456", "chat_identifier:Chat456"],
    ["chatidentifier:chat456", "chat_identifier:chat456"],
    [HEX.toUpperCase(), `chat_identifier:${HEX}`],
    [`sms:${HEX}`, `chat_identifier:${HEX}`],
    // Malformed ones fall through to something that no sender is.
    ["chat_id:abc", "chat_id:abc"],
  ])("POL3 %j is compared as %j", (text, normal) => {
    expect(normalizeHandle(text)).toBe(normal);
  });

  it("POL3 taking blanks out makes no number, prefix or chat of what was none", () => {
    for (const text of [
      "s ms:+15551234567",
      "t el:15551234567",
      "chat _id:4",
      `${HEX.slice(0, 8)} ${HEX.slice(8)}`,
    ])
      expect(normalizeHandle(text)).toBe(text);
  });

  const piece = fc.oneof(
    fc.constantFrom("imessage:", "SMS:", "auto:", "tel:", "chat_id:", "chat:", "guid:", "chatident:"),
    fc.constantFrom(" ", "\t", "+", "-", "(", ")", ".", "@", ";", "*", HEX, "İ", "Σ", "ſ", "K"),
    fc.stringMatching(/^[0-9a-zA-Z]{1,6}$/),
    fc.string({ unit: "binary", maxLength: 4 }),
  );
  const anyText = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(""));

  it("POL3 normalising twice changes nothing, whatever the text", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const once = normalizeHandle(text);
        expect(normalizeHandle(once)).toBe(once);
      }),
      { numRuns: 1_000 },
    );
  });

  const e164 = fc.stringMatching(/^\+[1-9][0-9]{6,14}$/);
  const mail = fc.stringMatching(/^[a-z0-9._-]{1,12}@[a-z0-9-]{1,12}\.[a-z]{2,4}$/);
  /** Alphanumeric senders have at least one letter; 32 hex digits are too long for one. */
  const alphanumeric = fc.stringMatching(/^[A-Za-z0-9]{0,5}[A-Za-z][A-Za-z0-9]{0,5}$/);
  const handle = fc.oneof(e164, mail, alphanumeric);

  it("POL3 two different numbers, addresses or names never become one", () => {
    fc.assert(
      fc.property(handle, handle, (a, b) => {
        expect(normalizeHandle(a) === normalizeHandle(b)).toBe(a === b);
      }),
      { numRuns: 1_000 },
    );
  });

  it("POL3 an international number, an address in lower case and a name are already normal", () => {
    fc.assert(
      fc.property(handle, (text) => {
        expect(normalizeHandle(text)).toBe(text);
      }),
    );
  });

  it("POL3 a name without digits never starts with a plus", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z ]{1,11}$/), (name) => {
        expect(normalizeHandle(name)).not.toMatch(/^\+/);
      }),
    );
  });
});

describe("entries of a list (POL4)", () => {
  it.each<[string, Entry]>([
    ["*", { kind: "any" }],
    [" * ", { kind: "any" }],
    ["imessage:*", { kind: "handle", handle: "*" }],
    ["+1 555 123 4567", { kind: "handle", handle: "+15551234567" }],
    ["imessage:Jane@Example.com", { kind: "handle", handle: "jane@example.com" }],
    ["chat_id:42", { kind: "chat_id", id: 42 }],
    ["imessage:CHAT: 42", { kind: "chat_id", id: 42 }],
    ["chat_guid:iMessage;+;chat456", { kind: "chat_guid", key: "+;chat456" }],
    ["guid:any;+;chat456", { kind: "chat_guid", key: "+;chat456" }],
    ["chat_guid:SMS;+;Chat456", { kind: "chat_guid", key: "+;Chat456" }],
    ["chat_identifier:Chat456", { kind: "chat_identifier", identifier: "Chat456" }],
    [HEX.toUpperCase(), { kind: "chat_identifier", identifier: HEX }],
    // Strict, and malformed ones are read as handles, which nobody has.
    ["chat_id:12abc", { kind: "handle", handle: "chat_id:12abc" }],
    ["chat_id:0", { kind: "handle", handle: "chat_id:0" }],
    ["chat_id:-3", { kind: "handle", handle: "chat_id:-3" }],
    ["chat_id:1.5", { kind: "handle", handle: "chat_id:1.5" }],
    ["chat_id:99999999999999999999", { kind: "handle", handle: "chat_id:99999999999999999999" }],
    ["chat_guid:", { kind: "handle", handle: "chat_guid:" }],
    ["chat_guid:any;", { kind: "handle", handle: "chat_guid:any;" }],
    ["chat_identifier: ", { kind: "handle", handle: "chat_identifier:" }],
  ])("POL4 %j is read as %j", (text, entry) => {
    expect(parseEntry(text)).toEqual(entry);
  });

  it("POL4 any text at all is read as something", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(parseEntry(text)).toHaveProperty("kind");
      }),
    );
  });
});
