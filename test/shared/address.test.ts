import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseTarget, type Target } from "../../shared/address.ts";

const HEX = "7f3c00112233445566778899aabbccdd";
const handle = (to: string, service: "imessage" | "sms" | "auto" = "auto", explicit = false): Target => ({
  kind: "handle",
  to,
  service,
  explicit,
});

function isUsable(target: Target): boolean {
  switch (target.kind) {
    case "handle":
      return target.to.trim() !== "";
    case "chat_id":
      return target.id > 0;
    case "chat_guid":
      return target.guid !== "";
    default:
      return target.identifier !== "";
  }
}

describe("targets (POL22)", () => {
  it.each<[string, Target]>([
    ["chat_id:123", { kind: "chat_id", id: 123 }],
    ["CHATID: 123", { kind: "chat_id", id: 123 }],
    ["chat:123", { kind: "chat_id", id: 123 }],
    ["chat_guid:iMessage;+;chat456", { kind: "chat_guid", guid: "iMessage;+;chat456" }],
    ["guid:any;-;+15551234567", { kind: "chat_guid", guid: "any;-;+15551234567" }],
    ["ChatGuid: any;+;chat456 ", { kind: "chat_guid", guid: "any;+;chat456" }],
    ["chat_identifier:chat456", { kind: "chat_identifier", identifier: "chat456" }],
    ["chatidentifier:chat456", { kind: "chat_identifier", identifier: "chat456" }],
    ["chatident:Chat456", { kind: "chat_identifier", identifier: "Chat456" }],
    ["imessage:+15551234567", handle("+15551234567", "imessage", true)],
    ["SMS: +15551234567", handle("+15551234567", "sms", true)],
    ["auto:Jane", handle("Jane", "auto", true)],
    ["imessage:Jane Doe", handle("Jane Doe", "imessage", true)],
    ["imessage:User@Example.com", handle("user@example.com", "imessage", true)],
    ["imessage:chat_id:42", { kind: "chat_id", id: 42 }],
    ["sms:guid:any;+;chat456", { kind: "chat_guid", guid: "any;+;chat456" }],
    [`imessage:${HEX.toUpperCase()}`, { kind: "chat_identifier", identifier: HEX }],
    ["+15551234567", handle("+15551234567")],
    ["  +1 555 123 4567  ", handle("+1 555 123 4567")],
    ["(555) 123-4567", handle("(555) 123-4567")],
    ["555.123.4567", handle("555.123.4567")],
    ["262966", handle("262966")],
    ["tel:+15551234567", handle("+15551234567")],
    ["TEL: 555 1234", handle("555 1234")],
    ["sms:tel:+15551234567", handle("+15551234567", "sms", true)],
    ["user@Example.com", handle("user@example.com")],
    [HEX.toUpperCase(), { kind: "chat_identifier", identifier: HEX }],
  ])("POL22 %j is read", (text, target) => {
    expect(parseTarget(text)).toEqual({ ok: true, value: target });
  });

  it.each([
    ["", "a target is required"],
    ["  \n", "a target is required"],
    ["sms:", '"sms:" names a service and nobody'],
    ["imessage: ", '"imessage:" names a service and nobody'],
    ["chat_id:abc", '"chat_id:abc" names a chat by id, which must be a whole number'],
    ["chat:12abc", "by id, which must be a whole number"],
    ["chat_id:", "by id, which must be a whole number"],
    ["chat_id:0", "by id, which must be a whole number"],
    ["imessage:chat_id:x", '"imessage:chat_id:x" names a chat by id'],
    ["chat_guid:", '"chat_guid:" names a chat by its guid, which is missing'],
    ["guid:  ", "by its guid, which is missing"],
    ["chat_identifier:", "by its identifier, which is missing"],
    ["imessage:sms:+15551234567", "names more than one service"],
    ["imessage:group:42", 'write "chat_guid:…"'],
    ["iMessage;+;chat456", 'write "chat_guid:" before it'],
    ["Jane", 'a contact\'s name is written "auto:Jane"'],
    ["room 12", '"auto:room 12"'],
    ["AMZN", '"auto:AMZN"'],
    ["12", 'a chat\'s id is written "chat_id:12"'],
  ])("POL22 %j is refused, and the reason says what was understood", (text, why) => {
    const target = parseTarget(text);
    expect(target.ok ? target.value : target.error).toContain(why);
  });

  it("POL22 an error quotes little of what it refuses", () => {
    const target = parseTarget("x".repeat(10_000));
    expect(target.ok ? "" : target.error).toMatch(/^"x{80}…"/);
    expect(target.ok ? "" : target.error.length).toBeLessThan(300);
  });

  it("POL22 any text at all is read or refused", () => {
    const piece = fc.constantFrom(
      "imessage:",
      "sms:",
      "chat_id:",
      "guid:",
      "tel:",
      "1",
      "a",
      "@",
      ";",
      " ",
      "+",
      HEX,
    );
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join("")),
    );
    fc.assert(
      fc.property(text, (one) => {
        const target = parseTarget(one);
        expect(target.ok ? isUsable(target.value) : target.error !== "").toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});
