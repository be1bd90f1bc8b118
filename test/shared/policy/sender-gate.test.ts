import { describe, expect, it } from "vitest";
import {
  ANN,
  BOB,
  decided,
  fromAnn,
  GROUP_ID,
  GROUP_KEY,
  inGroup,
  outcome,
  type Row,
  type Settings,
} from "./support.ts";

describe("who may write directly (POL5)", () => {
  it.each<Row>([
    ["disabled, though listed", { dmPolicy: "disabled", allowFrom: [ANN, "*"] }, "drop dm_disabled"],
    ["open, with *", { dmPolicy: "open", allowFrom: ["*"] }, "show allowed"],
    ["open, sender listed", { dmPolicy: "open", allowFrom: [ANN] }, "show allowed"],
    ["open, another listed", { dmPolicy: "open", allowFrom: [BOB] }, "drop dm_not_listed"],
    ["open, nobody listed", { dmPolicy: "open" }, "drop dm_not_listed"],
    ["open, only approved by pairing", { dmPolicy: "open" }, "drop dm_not_listed", { approved: [ANN] }],
    ["pairing, sender listed", { allowFrom: [ANN] }, "show allowed"],
    ["pairing, * listed", { allowFrom: ["*"] }, "show allowed"],
    ["pairing, sender approved", {}, "show allowed", { approved: [ANN] }],
    ["pairing, a stranger", {}, "pair pairing"],
    ["pairing, another approved", { allowFrom: [BOB] }, "pair pairing", { approved: [BOB] }],
    ["allowlist, sender listed", { dmPolicy: "allowlist", allowFrom: [ANN] }, "show allowed"],
    ["allowlist, * listed", { dmPolicy: "allowlist", allowFrom: ["*"] }, "show allowed"],
    ["allowlist, another listed", { dmPolicy: "allowlist", allowFrom: [BOB] }, "drop dm_not_listed"],
    ["allowlist, empty", { dmPolicy: "allowlist" }, "drop dm_not_listed"],
    ["allowlist, approved only", { dmPolicy: "allowlist" }, "drop dm_not_listed", { approved: [ANN] }],
  ])("POL5 %s", (_, settings, expected, memory) => {
    expect(outcome(fromAnn, settings, memory)).toBe(expected);
  });

  it("POL4 both sides are normalised", () => {
    expect(outcome(fromAnn, { allowFrom: ["iMessage: +1 (555) 123-4567"] })).toBe("show allowed");
    const mail = { ...fromAnn, sender: "Ann@Example.com" };
    expect(outcome(mail, { allowFrom: ["imessage:ann@example.COM"] })).toBe("show allowed");
  });

  it("POL4 an entry that names the chat admits nobody to direct messages", () => {
    const allowFrom = [`chat_guid:any;-;${ANN}`, `chat_identifier:${ANN}`, "chat_id:3"];
    expect(outcome(fromAnn, { dmPolicy: "allowlist", allowFrom })).toBe("drop dm_not_listed");
  });

  it("POL5 who owns the relay's commands may not write for that", () => {
    const commands = { ownerAllowFrom: [ANN], config: true };
    expect(outcome(fromAnn, { commands })).toBe("pair pairing");
    expect(outcome({ ...fromAnn, text: "/status" }, { commands })).toBe("pair pairing");
  });

  it("POL5 one alphanumeric sender on the list does not admit the others", () => {
    const sender = { ...fromAnn, sender: "GOOGLE", chat_identifier: "GOOGLE", chat_guid: "any;-;GOOGLE" };
    expect(outcome(sender, { dmPolicy: "allowlist", allowFrom: ["AMZN"] })).toBe("drop dm_not_listed");
    expect(outcome(sender, { dmPolicy: "allowlist", allowFrom: ["GOOGLE"] })).toBe("show allowed");
  });
});

/** A group that the registry lets through without a mention. */
const NAMED: Settings = { groups: { [GROUP_ID]: { requireMention: false } } };

describe("whose group messages are taken (POL6)", () => {
  it.each<Row>([
    [
      "disabled, though listed",
      { groupPolicy: "disabled", groupAllowFrom: ["*", ANN] },
      "drop group_disabled",
    ],
    ["open", { groupPolicy: "open" }, "show allowed"],
    ["allowlist, empty list", { groupAllowFrom: [] }, "drop group_list_empty"],
    ["allowlist, sender listed", { groupAllowFrom: [ANN] }, "show allowed"],
    ["allowlist, * listed", { groupAllowFrom: ["*"] }, "show allowed"],
    ["allowlist, chat listed by id", { groupAllowFrom: [`chat_id:${GROUP_ID}`] }, "show allowed"],
    ["allowlist, chat listed by guid", { groupAllowFrom: [`chat_guid:any;${GROUP_KEY}`] }, "show allowed"],
    ["by guid of another service", { groupAllowFrom: [`chat_guid:iMessage;${GROUP_KEY}`] }, "show allowed"],
    ["by guid in other letters", { groupAllowFrom: ["guid:any;+;CHAT456"] }, "drop group_sender_not_listed"],
    ["allowlist, chat listed by identifier", { groupAllowFrom: ["chat_identifier:chat456"] }, "show allowed"],
    [
      "by identifier in other letters",
      { groupAllowFrom: ["chatident:CHAT456"] },
      "drop group_sender_not_listed",
    ],
    ["allowlist, another listed", { groupAllowFrom: [BOB, "chat_id:9"] }, "drop group_sender_not_listed"],
    ["no list of its own: allowFrom", { allowFrom: [ANN] }, "show allowed"],
    ["no list of its own: a chat in allowFrom", { allowFrom: [`chat_id:${GROUP_ID}`] }, "show allowed"],
    [
      "an empty list does not fall back",
      { allowFrom: [ANN, "*"], groupAllowFrom: [] },
      "drop group_list_empty",
    ],
    ["nor does one with others", { allowFrom: [ANN], groupAllowFrom: [BOB] }, "drop group_sender_not_listed"],
    ["approved by pairing does not count", {}, "drop group_list_empty", { approved: [ANN] }],
    ["nor beside others", { groupAllowFrom: [BOB] }, "drop group_sender_not_listed", { approved: [ANN] }],
    ["an owner is nobody special", { commands: { ownerAllowFrom: [ANN] } }, "drop group_list_empty"],
  ])("POL6 %s", (_, settings, expected, memory) => {
    expect(outcome(inGroup, { ...NAMED, ...settings }, memory)).toBe(expected);
  });

  it("POL6 a group message never asks for access", () => {
    for (const groupPolicy of ["allowlist", "open", "disabled"] as const)
      expect(decided(inGroup, { groupPolicy, dmPolicy: "pairing" }).verdict).not.toBe("pair");
  });

  it("POL4 a numeric id counts only for the chat that it stands for now", () => {
    const settings = { ...NAMED, groups: { "*": { requireMention: false } }, groupAllowFrom: ["chat_id:9"] };
    expect(outcome(inGroup, settings, { ids: [9] })).toBe("show allowed");
    expect(outcome({ ...inGroup, chat_id: 9 }, settings, { ids: [] })).toBe("drop group_sender_not_listed");
  });
});
