import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkPattern, compileMentions, MENTION_END_CHARS } from "../../../shared/policy/mention.ts";
import { sizeOf } from "../../../shared/policy/pattern-program.ts";
import { parsePattern } from "../../../shared/policy/pattern-syntax.ts";
import { isMatch, isMention, programOf, sourceOf } from "./patterns.ts";

describe("what a mention is (POL15)", () => {
  it.each([
    ["\\bbot\\b", "hey Bot!", true],
    ["\\bbot\\b", "robots", false],
    ["@?jarvis", "ask @JARVIS about it", true],
    ["hey (sam|samantha)", "Hey Samantha", true],
    ["hey (sam|samantha)", "hi Samantha", false],
    ["^claw[,: ]", "claw: are you there", true],
    ["^claw[,: ]", "the claw: are you there", false],
    ["\\bhey\\s+bot\\b", "HEY \n bot", true],
    ["bot$", "are you there, bot", true],
    ["bot$", "bot, are you there", false],
    ["привет, бот", "ПРИВЕТ, БОТ!", true],
    ["🤖", "psst 🤖", true],
    ["[🤖🦞]", "🦞 hello", true],
  ])("POL15 %j on %j: %j", (pattern, text, expected) => {
    expect(checkPattern(pattern)).toBeUndefined();
    expect(isMention(pattern, text)).toBe(expected);
    expect(isMatch(pattern, text)).toBe(expected);
  });

  it("POL15 invisible characters in a text or a pattern do not hide a name", () => {
    expect(isMention("@jarvis", "\u2068@jar\u200Bvis\u2069")).toBe(true);
    expect(isMention("@jar\u200Bvis", "@jarvis")).toBe(true);
  });

  it("POL15 any of several patterns is enough, and none of none", () => {
    const mentions = compileMentions(["\\bann\\b", "\\bbob\\b"]);
    expect([mentions.test("Bob?"), mentions.test("Ann?"), mentions.test("Cid?")]).toEqual([
      true,
      true,
      false,
    ]);
    expect(compileMentions([])).toMatchObject({ isEmpty: true });
  });

  it("POL15 an unusable pattern is left out, and the others count", () => {
    expect(compileMentions(["(", "(?=x)"]).isEmpty).toBe(true);
    expect(compileMentions(["(", "bot"]).test("bot")).toBe(true);
  });

  it("POL15 of a long text both ends are looked at", () => {
    const paste = "x".repeat(3 * MENTION_END_CHARS);
    expect(isMention("\\bbot\\b", `${paste} bot`)).toBe(true);
    expect(isMention("\\bbot\\b", `bot ${paste}`)).toBe(true);
    expect(isMention("\\bbot\\b", `${paste} bot ${paste}`)).toBe(false);
  });
});

describe("which patterns are refused (POL16)", () => {
  it.each([
    ["(", "is no regular expression"],
    ["a**", "is no regular expression"],
    ["[b-a]", "is no regular expression"],
    ["\u200B", "is empty"],
    ["(?=bot)", "looks ahead"],
    ["(?!bot)x", "looks ahead"],
    ["(?<=a)b", "looks ahead or behind"],
    ["(?<!a)b", "looks ahead or behind"],
    ["(a+)\\1", "refers back"],
    ["(?<name>a+)\\k<name>", "\\k"],
    ["\\p{L}+", "\\p"],
    ["\\u{1F916}", "\\u{…}"],
    ["(a{100}){100}", "too large"],
    ["a{501}", "too large"],
    ["(((a{9}){9}){9}){9}", "too large"],
    [`a{${"9".repeat(400)}}`, "too large"],
    [`a{${"9".repeat(200)},${"9".repeat(200)}}`, "too large"],
  ])("POL16 %j: %s", (pattern, why) => {
    expect(checkPattern(pattern)).toContain(why);
  });

  it("POL16 a pattern without counts has no more steps than characters", () => {
    fc.assert(
      fc.property(sourceOf({ counts: false }), (source) => {
        const read = parsePattern(source);
        expect(read.ok && sizeOf(read.value) <= source.length).toBe(true);
      }),
    );
  });

  it("POL16 a program has as many steps as were counted before it was written", () => {
    fc.assert(
      fc.property(sourceOf({ counts: true }), (source) => {
        const read = parsePattern(source);
        // One more is the match itself.
        expect(programOf(source).steps.length).toBe(read.ok && sizeOf(read.value) + 1);
      }),
    );
  });

  it("POL16 nothing repeated without end is nothing", () => {
    expect(checkPattern("(){1000000000}x")).toBeUndefined();
    expect(isMention("(){1000000000}x", "x")).toBe(true);
    expect(isMention("((){99999}a{0}){99999}x", "x")).toBe(true);
  });
});
