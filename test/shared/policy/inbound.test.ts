import { describe, expect, it } from "vitest";
import { identifierOf, inboundSchema } from "../../../shared/policy/inbound.ts";
import { fromAnn } from "./support.ts";

describe("what is read of a row (POL1)", () => {
  it("POL1 only id and guid are needed; what is absent is empty", () => {
    expect(inboundSchema.parse({ id: 1, guid: "G" })).toEqual({
      id: 1,
      guid: "G",
      chat_id: 0,
      chat_guid: "",
      sender: "",
      is_from_me: false,
      is_reaction: false,
      participants: [],
      created_at: "",
      chat_identifier: "",
      chat_name: "",
      is_group: false,
      text: "",
      destination_caller_id: "",
      sender_name: "",
      attachments: [],
      reply_to_guid: "",
      thread_originator_guid: "",
      reply_to_text: "",
      reply_to_sender: "",
      reacted_to_guid: "",
      reaction_type: "",
      reaction_emoji: "",
      is_reaction_add: false,
      balloon_bundle_id: "",
    });
    expect(inboundSchema.safeParse({ id: 1, guid: "" }).success).toBe(false);
  });

  it("POL1 a field of a wrong type counts as absent", () => {
    const fields = Object.keys(inboundSchema.shape).filter((name) => name !== "id" && name !== "guid");
    const absent = inboundSchema.parse({ id: 1, guid: "G" });
    for (const wrong of [null, 1.5, {}, [1], Symbol("x")]) {
      for (const name of fields) {
        if (name === "attachments" && Array.isArray(wrong)) continue;
        expect([name, inboundSchema.parse({ id: 1, guid: "G", [name]: wrong })]).toEqual([name, absent]);
      }
    }
  });

  it("POL1 unknown fields pass through", () => {
    expect(inboundSchema.parse({ ...fromAnn, poll: { options: 2 } })).toMatchObject({ poll: { options: 2 } });
  });

  it("POL9 a chat's identifier is its own, or the last part of its guid", () => {
    expect(identifierOf({ chat_identifier: "x", chat_guid: "any;-;y" })).toBe("x");
    expect(identifierOf({ chat_identifier: "", chat_guid: "any;-;y" })).toBe("y");
    expect(identifierOf({ chat_identifier: "", chat_guid: "y" })).toBe("y");
  });
});
