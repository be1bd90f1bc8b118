import { describe, expect, it } from "vitest";
import {
  ANYBODY,
  decided,
  fromAnn,
  GROUP_ID,
  GROUP_KEY,
  inGroup,
  outcome,
  type Settings,
} from "./support.ts";

describe("mentions (POL15)", () => {
  const BASE: Settings = { groupAllowFrom: ["*"], mentionPatterns: ["\\bbot\\b"] };
  const NOT = { requireMention: false };
  it.each<[string, string, Settings, string, boolean | null]>([
    ["required by default, given", "hey bot", {}, "show allowed", true],
    ["required by default, missing", "hey", {}, "hold no_mention", false],
    ["no history to keep it in", "hey", { historyLimit: 0 }, "drop no_mention", false],
    ["the chat's own entry says no", "hey", { groups: { [GROUP_ID]: NOT } }, "show allowed", false],
    [
      "the chat's own entry says nothing, nor does *",
      "hey",
      { groups: { [GROUP_ID]: {}, "*": {} } },
      "hold no_mention",
      false,
    ],
    ["* says no", "hey", { groups: { "*": NOT } }, "show allowed", false],
    [
      "* says no, the own entry nothing",
      "hey",
      { groups: { [GROUP_ID]: {}, "*": NOT } },
      "show allowed",
      false,
    ],
    [
      "* says no, the own entry yes",
      "hey",
      { groups: { [GROUP_ID]: { requireMention: true }, "*": NOT } },
      "hold no_mention",
      false,
    ],
    [
      "* says yes, the own entry no",
      "hey",
      { groups: { [GROUP_ID]: NOT, "*": { requireMention: true } } },
      "show allowed",
      false,
    ],
    [
      "by guid before by id",
      "hey",
      { groups: { [GROUP_ID]: NOT, [`chat_guid:any;${GROUP_KEY}`]: { requireMention: true } } },
      "hold no_mention",
      false,
    ],
    ["no pattern: it passes", "hey", { mentionPatterns: [] }, "show allowed", null],
    ["no usable pattern: it passes", "hey", { mentionPatterns: ["("] }, "show allowed", null],
  ])("POL15 %s", (_, text, settings, expected, mentioned) => {
    const message = { ...inGroup, text };
    expect(outcome(message, { ...BASE, ...settings })).toBe(expected);
    const said = decided(message, { ...BASE, ...settings }).mentioned;
    expect(said).toBe(mentioned);
  });

  it("POL15 direct messages need none, and are not asked", () => {
    expect(decided(fromAnn, { ...ANYBODY, mentionPatterns: ["bot"] })).toMatchObject({
      verdict: "show",
      mentioned: null,
    });
  });
});
