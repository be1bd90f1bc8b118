import { describe, expect, it } from "vitest";
import { nearest } from "../../../shared/config/nearest.ts";
import { SETTING_NAMES } from "../../../shared/config/settings.ts";

describe("the nearest name", () => {
  it.each([
    ["dmpolicy", "dmPolicy"],
    ["dm_policy", "dmPolicy"],
    ["dmPoilcy", "dmPolicy"],
    ["allowForm", "allowFrom"],
    ["group", "groups"],
    ["mentionPattern", "mentionPatterns"],
    ["historyLimits", "historyLimit"],
    ["webhooks", undefined],
    ["x", undefined],
    ["", undefined],
  ])("%s → %s", (word, name) => {
    expect(nearest(word, SETTING_NAMES)).toBe(name);
  });

  it("a word that nobody typed costs nothing", () => {
    expect(nearest("y".repeat(1_000_000), SETTING_NAMES)).toBeUndefined();
  });

  it("a swap of neighbours counts once, and the least change wins", () => {
    expect(nearest("nmae", ["name"])).toBe("name");
    expect(nearest("nxxe", ["name"])).toBeUndefined();
    expect(nearest("abcdef", ["abcxyf", "abcdxf"])).toBe("abcdxf");
  });
});
