import { describe, expect, it } from "vitest";
import {
  ANN,
  ANYBODY,
  BOB,
  fromAnn,
  GROUP_ID,
  inGroup,
  ME,
  outcome,
  toAnn,
  toSelf,
  type Memory,
  type Row,
  type Settings,
} from "./support.ts";

describe("tapbacks (POL11)", () => {
  const tapback = { ...fromAnn, is_reaction: true, text: "Loved “hello”", reacted_to_guid: "OURS" };
  const OURS: Memory = { own: ["OURS"] };

  it.each<Row>([
    ["off", { reactionNotifications: "off" }, "drop reactions_off", OURS],
    ["own, on a message of ours", {}, "show reaction", OURS],
    ["own, on one that was sent through the relay", {}, "show reaction", { sent: ["OURS"] }],
    ["own, on another's", {}, "drop reaction_elsewhere"],
    ["all, on another's", { reactionNotifications: "all" }, "show reaction"],
    ["the sender must be allowed", { dmPolicy: "allowlist", allowFrom: [BOB] }, "drop dm_not_listed", OURS],
  ])("POL11 %s", (_, settings, expected, memory) => {
    expect(outcome(tapback, { allowFrom: [ANN], ...settings }, memory)).toBe(expected);
  });

  it("POL11 on nothing at all is not on ours", () => {
    const sent = { sent: [""], own: [""] };
    expect(outcome({ ...tapback, reacted_to_guid: "" }, ANYBODY, sent)).toBe("drop reaction_elsewhere");
  });

  it("POL11 in a group the registry counts, the mention does not", () => {
    const settings: Settings = {
      groupAllowFrom: [ANN],
      mentionPatterns: ["bot"],
      groups: { [GROUP_ID]: {} },
    };
    const inIt = { ...inGroup, is_reaction: true, reacted_to_guid: "OURS" };
    expect(outcome(inIt, settings, OURS)).toBe("show reaction");
    expect(outcome(inIt, { ...settings, groups: { 9: {} } }, OURS)).toBe("drop group_not_listed");
  });

  it.each([
    "Loved “hello”",
    'Loved "hello"',
    "Liked “hello”",
    "Disliked “hello”",
    "Laughed at “hello”",
    "Emphasized “hello”",
    "Questioned “two\nlines”",
    "Removed a heart from “hello”",
    "Removed an exclamation mark from “hello”",
    "Reacted 😂 to “hello”",
  ])("POL11 the sentence %j is a tapback, on nobody knows which message", (text) => {
    expect(outcome({ ...fromAnn, text }, { ...ANYBODY, reactionNotifications: "all" })).toBe("show reaction");
    expect(outcome({ ...fromAnn, text }, ANYBODY, OURS)).toBe("drop reaction_elsewhere");
    expect(outcome({ ...fromAnn, text }, { ...ANYBODY, reactionNotifications: "off" })).toBe(
      "drop reactions_off",
    );
  });

  it.each([
    "Loved it!",
    "Loved “hello” and more",
    "I Loved “hello”",
    "loved “hello”",
    "Liked hello",
    "Liked “",
    "Removed a heart",
    "Removed the cake from “hello”",
    "Laughed “hello”",
  ])("POL11 %j is an ordinary message", (text) => {
    expect(outcome({ ...fromAnn, text }, ANYBODY)).toBe("show allowed");
  });

  it("POL11 the account's own are shown by the same setting, in the chats that are admitted", () => {
    const own = { ...toAnn, is_reaction: true, reacted_to_guid: "OURS" };
    expect(outcome(own, ANYBODY, OURS)).toBe("show own");
    expect(outcome(own, ANYBODY)).toBe("drop reaction_elsewhere");
    expect(outcome(own, { ...ANYBODY, reactionNotifications: "off" }, OURS)).toBe("drop reactions_off");
    expect(outcome(own, {}, OURS)).toBe("drop own_elsewhere");
  });

  it("POL11 in a chat with oneself only one of the two rows counts", () => {
    const mine = { ...toSelf, is_from_me: false, is_reaction: true, reacted_to_guid: "OURS" };
    expect(outcome(mine, { allowFrom: [ME] }, { ...OURS, twins: [mine.guid] })).toBe("drop twin");
  });
});
