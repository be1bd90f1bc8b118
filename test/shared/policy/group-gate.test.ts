import { describe, expect, it } from "vitest";
import {
  ANN,
  ANYBODY,
  decided,
  fromAnn,
  GROUP_ID,
  GROUP_KEY,
  inGroup,
  outcome,
  type Row,
  type Settings,
} from "./support.ts";

describe("which groups are taken (POL7)", () => {
  const NO_MENTION = { requireMention: false };
  it.each<Row>([
    ["open, no registry", { groupPolicy: "open" }, "show allowed"],
    ["open, a registry without it", { groupPolicy: "open", groups: { 9: {} } }, "drop group_not_listed"],
    ["open, by id", { groupPolicy: "open", groups: { [GROUP_ID]: NO_MENTION } }, "show allowed"],
    ["open, by *", { groupPolicy: "open", groups: { "*": NO_MENTION } }, "show allowed"],
    ["allowlist, by id", { groupAllowFrom: [ANN], groups: { [GROUP_ID]: NO_MENTION } }, "show allowed"],
    ["allowlist, by *", { groupAllowFrom: [ANN], groups: { "*": NO_MENTION } }, "show allowed"],
    [
      "by guid",
      { groupAllowFrom: [ANN], groups: { [`chat_guid:SMS;${GROUP_KEY}`]: NO_MENTION } },
      "show allowed",
    ],
    [
      "by a bare guid",
      { groupAllowFrom: [ANN], groups: { [`any;${GROUP_KEY}`]: NO_MENTION } },
      "show allowed",
    ],
    [
      "by chat_id:",
      { groupAllowFrom: [ANN], groups: { [`chat_id:${GROUP_ID}`]: NO_MENTION } },
      "show allowed",
    ],
    ["allowlist, no registry, senders listed", { groupAllowFrom: [ANN] }, "show allowed"],
    [
      "allowlist, a registry without it",
      { groupAllowFrom: [ANN], groups: { 9: {} } },
      "drop group_not_listed",
    ],
    [
      "a registry of nonsense admits nothing",
      { groupAllowFrom: [ANN], groups: { x: {} } },
      "drop group_not_listed",
    ],
    [
      "nor one of nonsense under open",
      { groupPolicy: "open", groups: { "chat_guid:": {}, "12abc": {} } },
      "drop group_not_listed",
    ],
    ["disabled, though named", { groupPolicy: "disabled", groups: { "*": {} } }, "drop group_disabled"],
    [
      "listed as a chat, not in the registry",
      { groupAllowFrom: [`chat_id:${GROUP_ID}`], groups: { 9: {} } },
      "drop group_not_listed",
    ],
  ])("POL7 %s", (_, settings, expected, memory) => {
    expect(outcome(inGroup, settings, memory)).toBe(expected);
  });

  it("POL7 a numeric key is the chat that it stands for, not the row of that number", () => {
    const settings = { groupAllowFrom: [ANN], groups: { 9: NO_MENTION } };
    expect(outcome(inGroup, settings, { ids: [9] })).toBe("show allowed");
    expect(outcome({ ...inGroup, chat_id: 9 }, settings, { ids: [] })).toBe("drop group_not_listed");
  });
});

describe("what is a group (POL8)", () => {
  const settings: Settings = { ...ANYBODY, groupPolicy: "disabled" };
  it.each<[string, object, "direct" | "group"]>([
    ["a row that says so", { is_group: true }, "group"],
    ["a guid that says so", { chat_guid: "iMessage;+;chat1" }, "group"],
    ["a guid of another service", { chat_guid: "x;+;chat1" }, "group"],
    ["a guid without a service", { chat_guid: "+;chat1" }, "group"],
    ["an identifier that says so", { chat_identifier: "any;+;chat1" }, "group"],
    ["anything else is direct", {}, "direct"],
  ])("POL8 %s", (_, change, expected) => {
    const decision = decided({ ...fromAnn, ...change }, settings);
    expect(decision.chat_type).toBe(expected);
    expect(decision.reason).toBe(expected === "group" ? "group_disabled" : "allowed");
  });

  it("POL8 a chat with its own entry in an active registry is one, whatever the row says", () => {
    for (const key of ["3", `chat_guid:any;-;${ANN}`]) {
      expect(decided(fromAnn, { ...ANYBODY, groups: { [key]: {} } }).chat_type).toBe("group");
      expect(outcome(fromAnn, { ...ANYBODY, groupAllowFrom: [], groups: { [key]: {} } })).toBe(
        "drop group_list_empty",
      );
    }
  });

  it("POL8 * makes no group of a direct chat", () => {
    expect(decided(fromAnn, { ...ANYBODY, groups: { "*": {} } }).chat_type).toBe("direct");
  });
});
