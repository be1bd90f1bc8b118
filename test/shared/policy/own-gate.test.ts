import { describe, expect, it } from "vitest";
import {
  ANN,
  ANYBODY,
  BOB,
  decided,
  GROUP_ID,
  inGroup,
  ME,
  outcome,
  toAnn,
  toSelf,
  type Row,
  type Settings,
} from "./support.ts";

describe("the account's own messages (POL9)", () => {
  it.each<Row>([
    ["to somebody listed", { allowFrom: [ANN] }, "show own"],
    ["to somebody approved", {}, "show own", { approved: [ANN] }],
    ["to a stranger: no code for that", {}, "drop own_elsewhere"],
    ["to somebody not listed", { dmPolicy: "allowlist", allowFrom: [BOB] }, "drop own_elsewhere"],
    ["direct messages off", { ...ANYBODY, dmPolicy: "disabled" }, "drop own_elsewhere"],
    ["own handle listed, the other not", { dmPolicy: "allowlist", allowFrom: [ME] }, "drop own_elsewhere"],
  ])("POL9 in a direct chat: %s", (_, settings, expected, memory) => {
    expect(outcome(toAnn, settings, memory)).toBe(expected);
  });

  it.each<Row>([
    ["groups off", { groupPolicy: "disabled", groups: { "*": {} } }, "drop own_elsewhere"],
    ["open", { groupPolicy: "open" }, "show own"],
    ["open, not in the registry", { groupPolicy: "open", groups: { 9: {} } }, "drop own_elsewhere"],
    ["named", { groups: { [GROUP_ID]: {} } }, "show own"],
    ["*", { groups: { "*": {} } }, "show own"],
    ["nobody and nothing listed", {}, "drop own_elsewhere"],
    ["only senders listed, one of them in it", { groupAllowFrom: [BOB] }, "show own"],
    ["only senders listed, none of them in it", { groupAllowFrom: ["+15559999999"] }, "drop own_elsewhere"],
    ["everybody listed", { groupAllowFrom: ["*"] }, "show own"],
    ["the chat listed", { groupAllowFrom: [`chat_id:${GROUP_ID}`] }, "show own"],
  ])("POL9 in a group: %s", (_, settings, expected, memory) => {
    expect(outcome({ ...inGroup, is_from_me: true, sender: ME }, settings, memory)).toBe(expected);
  });

  it("POL9 need no mention, are no command, and are shown whoever sent them", () => {
    const settings: Settings = {
      allowFrom: ["*"],
      groups: { "*": {} },
      mentionPatterns: ["bot"],
      commands: { ownerAllowFrom: [ME], names: ["reset"] },
    };
    const own = { ...inGroup, is_from_me: true, sender: ME };
    expect(outcome(own, settings)).toBe("show own");
    expect(outcome(toAnn, settings, { sent: [toAnn.guid], echoes: [toAnn.text] })).toBe("show own");
    for (const text of ["/status", "/reset"])
      expect(decided({ ...own, text }, settings)).toMatchObject({
        verdict: "show",
        reason: "own",
        command: null,
      });
  });

  it("POL9 without a sender, which old rows lack, they are own all the same", () => {
    expect(outcome({ ...toAnn, sender: "", destination_caller_id: null }, { allowFrom: [ANN] })).toBe(
      "show own",
    );
  });

  it("POL9 the chat's identifier is read from the guid where the row has none", () => {
    expect(outcome({ ...toAnn, chat_identifier: "" }, { allowFrom: [ANN] })).toBe("show own");
  });
});

describe("a chat with oneself (POL10)", () => {
  const LISTED: Settings = { allowFrom: [ME] };
  const twin = { ...toSelf, guid: "G-2", is_from_me: false };

  it("POL10 what one writes to oneself is a message to the bot", () => {
    expect(decided(toSelf, LISTED)).toMatchObject({
      verdict: "show",
      reason: "allowed",
      self_chat: true,
      sender: ME,
      chat_type: "direct",
    });
  });

  it("POL10 what this relay sent there is an echo, by guid or by text", () => {
    expect(outcome(toSelf, LISTED, { sent: [toSelf.guid] })).toBe("drop echo");
    expect(outcome(toSelf, LISTED, { echoes: [toSelf.text] })).toBe("drop echo");
  });

  it("POL10 its second row, which is not from the account, is a twin", () => {
    expect(outcome(twin, LISTED, { twins: [twin.guid] })).toBe("drop twin");
    expect(outcome(twin, LISTED)).toBe("show allowed");
  });

  it("POL10 the account's own row is no twin of itself", () => {
    expect(outcome(toSelf, LISTED, { twins: [toSelf.guid] })).toBe("show allowed");
  });

  it("POL10 nobody is asked to pair with themselves", () => {
    expect(outcome(toSelf)).toBe("drop self_not_listed");
    expect(outcome(twin)).toBe("drop self_not_listed");
    expect(outcome(toSelf, {}, { approved: [ME] })).toBe("show allowed");
  });

  it("POL10 without destination_caller_id the chat may be anybody's: own rows are own", () => {
    const unsure = { ...toSelf, sender: "", destination_caller_id: "" };
    expect(decided(unsure, LISTED)).toMatchObject({ verdict: "show", reason: "own", self_chat: false });
    expect(outcome(unsure)).toBe("drop own_elsewhere");
  });

  it("POL10 and others may be twins or echoes, also where a code would be sent", () => {
    const unsure = { ...twin, destination_caller_id: "" };
    expect(outcome(unsure, LISTED, { twins: [unsure.guid] })).toBe("drop twin");
    expect(outcome(unsure, LISTED, { echoes: [unsure.text] })).toBe("drop echo");
    expect(outcome(unsure, {}, { echoes: [unsure.text] })).toBe("drop echo");
    expect(outcome(unsure, {}, { sent: [unsure.guid] })).toBe("drop echo");
  });

  it("POL10 with another destination it is no chat with oneself", () => {
    const other = { ...twin, destination_caller_id: BOB };
    expect(decided(other, LISTED, { twins: [twin.guid] })).toMatchObject({
      reason: "allowed",
      self_chat: false,
    });
  });

  it("POL10 a group is none either", () => {
    expect(decided({ ...inGroup, sender: ME, chat_identifier: ME }, LISTED).self_chat).toBe(false);
  });

  it("POL10 handles are compared normalised", () => {
    expect(decided({ ...toSelf, destination_caller_id: "tel:+1 555 000 0001" }, LISTED).self_chat).toBe(true);
  });
});
