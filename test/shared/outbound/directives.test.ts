import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { takeDirectives } from "../../../shared/outbound/directives.ts";
import { ENDLESS, nasty } from "./texts.ts";

describe("directives (TXT2)", () => {
  it.each([
    ["at the beginning", "[[reply_to:G-1]] hello", "hello", "G-1"],
    ["at the end", "hello [[reply_to:G-1]]", "hello", "G-1"],
    ["between words", "hello [[reply_to:G-1]] world", "hello world", "G-1"],
    ["between a word and a sign", "hello [[reply_to:G-1]], world", "hello, world", "G-1"],
    ["touching both words", "a[[reply_to:G-1]]b", "ab", "G-1"],
    ["touching one", "a [[reply_to:G-1]]b", "a b", "G-1"],
    ["on a line of its own", "a\n[[reply_to:G-1]]\nb", "a\nb", "G-1"],
    ["between paragraphs", "a\n\n[[reply_to:G-1]]\n\nb", "a\n\nb", "G-1"],
    ["before a paragraph", "a\n\n[[reply_to:G-1]]\nb", "a\n\nb", "G-1"],
    ["at the end of a line", "a [[reply_to:G-1]]\nb", "a\nb", "G-1"],
    ["on a first line", "[[reply_to:G-1]]\n\n  b", "  b", "G-1"],
    ["on a last line", "a\n\n[[reply_to:G-1]]\n", "a", "G-1"],
    ["before an indented line", "a\n[[reply_to:G-1]]\n    b", "a\n    b", "G-1"],
    ["within one", "a\n    [[reply_to:G-1]] b", "a\n    b", "G-1"],
    ["with blanks in it, in capitals", "[[ Reply_To : G-1 ]] hello", "hello", "G-1"],
    ["another kind", "[[reply_to_current]] hello", "hello", null],
    ["a third", "hello [[ audio_as_voice ]]", "hello", null],
    ["several; the first one names it", "[[audio_as_voice]] [[reply_to:A]]\n[[reply_to:B]] a", "a", "A"],
    ["all around", "[[reply_to:A]] a [[audio_as_voice]] b [[reply_to:B]]", "a b", "A"],
    ["over two lines", "a [[audio_as_voice]]\n[[reply_to:A]] b", "a\nb", "A"],
    ["and nothing else", " [[reply_to:A]] \n", "", "A"],
    ["a gateway's own number", "[[reply_to:12]] a", "a", null],
    ["even before one that has a guid", "[[reply_to:12]] [[reply_to:A]] a", "a", null],
    ["without an id", "[[reply_to: ]] a", "a", null],
    ["an id with a bracket", "[[reply_to:a[b]] c", "c", null],
    ["an id with a control character", "[[reply_to:a\u0007b]] c", "c", null],
    ["an id of 256 units", `[[reply_to:${"x".repeat(256)}]] c`, "c", "x".repeat(256)],
    ["an id of 257", `[[reply_to:${"x".repeat(257)}]] c`, "c", null],
    ["a part of a message", "[[reply_to:p:0/A-B]] c", "c", "p:0/A-B"],
  ])("TXT2 %s", (_, text, expected, replyToGuid) => {
    expect(takeDirectives(text)).toEqual({ text: expected, replyToGuid });
  });

  it.each([
    ["in a block of code", "```\n[[reply_to:A]] x\n```"],
    ["in one that is not closed", "~~~\n[[reply_to:A]] x"],
    ["in inline code", "write `[[reply_to:A]]` for it"],
    ["over two lines", "[[reply_to:A\n]]"],
    ["never closed", "[[reply_to:A] x"],
    ["of another name", "[[reply_to_me]] [[reply]] [[audio]] [[wiki link]]"],
    ["without a colon", "[[reply_to]]"],
    ["in single brackets", "[reply_to:A]"],
  ])("TXT2 none: %s", (_, text) => {
    expect(takeDirectives(text)).toEqual({ text, replyToGuid: null });
  });

  it("TXT2 what is around code is none of it", () => {
    expect(takeDirectives("`a` [[reply_to:A]] `b`\n```\n[[x]]\n```\n[[audio_as_voice]]")).toEqual({
      text: "`a` `b`\n```\n[[x]]\n```",
      replyToGuid: "A",
    });
  });

  it("TXT2 one begins at the last brackets that open", () => {
    expect(takeDirectives("[[reply_to:A [[reply_to:B]] c")).toEqual({
      text: "[[reply_to:A c",
      replyToGuid: "B",
    });
  });

  it("TXT2 in any text nothing but they and whitespace go", () => {
    const shown = (text: string): string =>
      text.replace(/\[\[(?:reply_to:G-1|audio_as_voice)\]\]/g, "").replace(/\s/g, "");
    fc.assert(
      fc.property(nasty, (any) => {
        const text = any.replace(/\[\[reply_to:(?!G-1\]\])/g, "((");
        expect(shown(takeDirectives(text).text)).toBe(shown(text));
      }),
    );
  });

  it("TXT2 a text without them stays as it is", () => {
    fc.assert(
      fc.property(nasty, (any) => {
        const text = any.replaceAll("[", "(");
        expect(takeDirectives(text)).toEqual({ text, replyToGuid: null });
      }),
    );
  });

  it.each(ENDLESS)("TXT2 100,000 units of %s are read once", (_, text) => {
    expect(takeDirectives(text).text.length).toBeLessThanOrEqual(text.length);
  });
});
