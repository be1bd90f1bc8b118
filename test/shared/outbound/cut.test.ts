import { describe, expect, it } from "vitest";
import { cutByLength } from "../../../shared/outbound/cut-length.ts";
import { cutByNewline } from "../../../shared/outbound/cut-newline.ts";
import { FAMILY } from "./texts.ts";

const byLength = (text: string, limit: number, isMarkdown = true): string[] =>
  Array.from(cutByLength(text, { limit, isMarkdown }), (piece) => piece.text);
const byNewline = (text: string, limit: number, isMarkdown = true): string[] =>
  Array.from(cutByNewline(text, { limit, isMarkdown }), (piece) => piece.text);

describe("the worked examples of the channel that we stand in for (TXT3, TXT4)", () => {
  const LETTERS = "abcdefghijklmnopqrstuvwxyz";
  const FENCE = "```js\nconst a = 1;\nconst b = 2;\nconst c = 3;\n```\nafter";
  const FENCES = ["```js\nconst a = 1;\n```", "```js\nconst b = 2;\n```", "```js\nconst c = 3;\n```\nafter"];
  const LONG = "one\n\ntwo is quite long here\n\nx";

  it.each<[string, number, string[], string[]?]>([
    ["alpha beta gamma delta", 12, ["alpha beta", "gamma delta"]],
    ["line one\nline two is long\nend", 14, ["line one", "line two is", "long\nend"]],
    ["call f(a, b, c) now please", 15, ["call", "f(a, b, c) now", "please"]],
    [LETTERS, 10, ["abcdefghij", "klmnopqrst", "uvwxyz"]],
    ["P1\n\nP2\n\nP3", 4000, ["P1\n\nP2\n\nP3"]],
    ["P1\n\nP2\n\nP3", 7, ["P1\n\nP2", "P3"]],
    [LONG, 12, ["one\n", "two is", "quite long", "here\n\nx"], ["one", "two is", "quite long", "here", "x"]],
    ["hello   world foo", 8, ["hello  ", "world", "foo"]],
    ["😀😀😀😀", 5, ["😀😀", "😀😀"]],
    [FENCE, 30, FENCES],
  ])("TXT3 TXT4 %j at %i", (text, limit, length, newline = length) => {
    expect(byLength(text, limit)).toEqual(length);
    expect(byNewline(text, limit)).toEqual(newline);
  });
});

describe("by length (TXT3)", () => {
  it.each([
    ["a text that fits stays as it is", " a\n\n b \n", 8, [" a\n\n b \n"]],
    ["a line end goes before a later blank", "ab\ncd ef gh", 9, ["ab", "cd ef gh"]],
    ["nothing is cut at the first character", "\nabcdef", 4, ["\nabc", "def"]],
    ["brackets that never close are cut where they are full", "a (b c d e", 6, ["a", "(b c d", "e"]],
    ["what a bracket closes that none opened counts for nothing", ")(a b) c d", 6, [")(a b)", "c d"]],
    ["line ends after the cut go, blanks stay", "abcd\n\n\n  ef", 6, ["abcd\n", "  ef"]],
    ["one blank goes after a full piece", "abcdef  gh", 6, ["abcdef", " gh"]],
    ["pieces of nothing are none", `a${" ".repeat(20)}b`, 5, ["a   ", " b"]],
    ["a limit of 0 or less splits nothing", "a b c", 0, ["a b c"]],
    ["nor does one below 0", "a b c", -1, ["a b c"]],
    ["nor one of less than a unit", "a b c", 0.5, ["a b c"]],
    ["a broken limit counts whole units", "abcdef", 4.9, ["abcd", "ef"]],
    ["nothing", "", 5, []],
    ["nothing but whitespace", " \n ".repeat(9), 5, []],
  ] satisfies [string, string, number, string[]][])("TXT3 %s", (_, text, limit, expected) => {
    expect(byLength(text, limit)).toEqual(expected);
  });

  it.each([
    ["a family stays together", `ab${FAMILY}`, 9, ["ab", FAMILY]],
    ["a letter keeps its accent", "abce\u0301", 4, ["abc", "e\u0301"]],
    ["flags come in pairs", "🇩🇪🇫🇷", 6, ["🇩🇪", "🇫🇷"]],
    ["a blank with an accent is no place to cut", "ab \u0301cdef", 6, ["ab \u0301cd", "ef"]],
    ["nor is one that a sign in front joins", "ab\u0600 cdef", 6, ["ab\u0600 cd", "ef"]],
    ["what is longer than the limit is cut, pairs stay whole", FAMILY, 4, ["👩\u200D", "👩\u200D", "👧"]],
    ["at a limit of 1 a pair is a piece of 2", "a😀b", 1, ["a", "😀", "b"]],
    ["half pairs are units like others", "\uD83D\uD83D\uD83D", 2, ["\uD83D\uD83D", "\uD83D"]],
  ] satisfies [string, string, number, string[]][])("TXT6 %s", (_, text, limit, expected) => {
    expect(byLength(text, limit)).toEqual(expected);
  });

  it("TXT3 says which pieces begin a line", () => {
    const pieces = [...cutByLength("aaa bbb\nccc ddd", { limit: 4, isMarkdown: true })];
    expect(pieces).toEqual([
      { text: "aaa", startsLine: true },
      { text: "bbb", startsLine: false },
      { text: "ccc", startsLine: true },
      { text: "ddd", startsLine: false },
    ]);
  });
});

describe("fences (TXT5)", () => {
  it.each([
    [
      "one that fits the next piece goes there whole, brackets or not",
      "text(with\n```\ncode here\n```",
      24,
      ["text(with", "```\ncode here\n```"],
    ],
    [
      "its first line is left whole where the piece before it is just full",
      "(aaaaaaaaaaaaaaaa\n  ```\ncode\n  ```",
      18,
      ["(aaaaaaaaaaaaaaaa", "  ```\ncode\n  ```"],
    ],
    [
      "nothing in one is a place to cut, as long as there is another",
      "some words\n```\na b c d e f g\n```",
      26,
      ["some words", "```\na b c d e f g\n```"],
    ],
    [
      "an endless line is cut where it is full",
      "```\nabcdefghijklmnopqrstuvwxyz\n```",
      24,
      ["```\nabcdefghijklmnop\n```", "```\nqrstuvwxyz\n```"],
    ],
    [
      "a line end after nothing is no place to cut",
      "```\n\nabcdefghijklmnopqrstuvwxyz\n```",
      24,
      ["```\n\nabcdefghijklmno\n```", "```\npqrstuvwxyz\n```"],
    ],
    [
      "the closing line of what was just closed is left out",
      "```\nabcdefghijklm\n```````\nxy",
      21,
      ["```\nabcdefghijklm\n```", "xy"],
    ],
    [
      "the bare mark opens it again where the first line is long",
      "~~~typescript\nabc\ndef\nghi\njkl\n~~~",
      24,
      ["~~~typescript\nabc\n~~~", "~~~\ndef\nghi\njkl\n~~~"],
    ],
    [
      "its indentation is kept",
      "  ```js\n  abcdef\n  ghijkl\n  mnopqr\n  ```",
      32,
      ["  ```js\n  abcdef\n  ghijkl\n  ```", "  ```js\n  mnopqr\n  ```"],
    ],
    [
      "one that is not closed is, but for its last piece",
      "```\nabcdef\nghijkl\nmnopqr",
      20,
      ["```\nabcdef\n```", "```\nghijkl\nmnopqr"],
    ],
    [
      "code keeps its blank lines and blanks",
      "```\nabcdef  \n\n\n  ghijkl mn\n```",
      20,
      ["```\nabcdef  \n\n\n```", "```\n  ghijkl mn\n```"],
    ],
    [
      "a character goes to the next piece whole",
      `\`\`\`\nabcdefgh${FAMILY}ij\n\`\`\``,
      23,
      ["```\nabcdefgh\n```", `\`\`\`\n${FAMILY}ij\n\`\`\``],
    ],
    [
      "tildes within backticks are code",
      "```\n~~~\nabcdefghi\n~~~\n```",
      20,
      ["```\n~~~\n```", "```\nabcdefghi\n```", "```\n~~~\n```"],
    ],
    ["below 16 units there is no room for marks", "```\nab cd ef gh\n```", 15, ["```", "ab cd ef gh\n```"]],
    [
      "nor where the first line leaves none",
      "```a-very-long-language\nab cd\n```",
      26,
      ["```a-very-long-language", "ab cd\n```"],
    ],
  ] satisfies [string, string, number, string[]][])("TXT5 %s", (_, text, limit, expected) => {
    expect(byLength(text, limit)).toEqual(expected);
  });

  it("TXT5 in a plain text they are text, and nothing is added to it", () => {
    const text = "```\nabcdef ghijkl\nmnopqr stuvwx\n\n```";
    expect(byLength(text, 20, false)).toEqual(["```\nabcdef ghijkl", "mnopqr stuvwx\n\n```"]);
    expect(byNewline(text, 20, false)).toEqual(["```\nabcdef ghijkl", "mnopqr stuvwx", "```"]);
  });
});

describe("by paragraphs (TXT4)", () => {
  const CODE = "```\na\n\nb\n```";

  it.each([
    ["as many to a piece as fit", "a\n\nb\n\nc\n\nd", 7, ["a\n\nb\n\nc", "d"]],
    ["what stood between them stays", "a\n \t\n\nb", 9, ["a\n \t\n\nb"]],
    ["blanks at their ends do not", "a  \n\nb\t\n\nc ", 30, ["a\n\nb\n\nc"]],
    ["nor blank lines around all", "\n \na\n\nb\n\n", 30, ["a\n\nb"]],
    ["nor a paragraph of blanks", "a\n\n\u00A0\n\nb", 30, ["a\n\nb"]],
    ["indentation stays", "a\n\n  b", 30, ["a\n\n  b"]],
    ["single line ends split nothing", "a\nb\n\nc\nd", 4, ["a\nb", "c\nd"]],
    ["without blank lines nothing changes", " a\nb ", 9, [" a\nb "]],
    ["nothing is joined to the rest of a long one", "aaa bbb\n\nc", 5, ["aaa", "bbb", "c"]],
    ["a limit of 0 splits nothing", "a \n\nb", 0, ["a \n\nb"]],
    ["blank lines in code are no end of a paragraph", `x\n\n${CODE}`, 13, ["x", CODE]],
    [
      "a long paragraph is cut after its code",
      "```\na\n```\naa bb\ncc dd ee ff\n\ny",
      24,
      ["```\na\n```", "aa bb\ncc dd ee ff", "y"],
    ],
    [
      "as late as fits",
      `${CODE}\nx\n${CODE}\nlonger words here\n\ny`,
      30,
      [`${CODE}\nx\n${CODE}`, "longer words here", "y"],
    ],
    [
      "code that does not fit is cut, closed and opened again",
      "x\n\n```\nabcdef\n\nghijkl\n\nmnopqr\n```\n\ny",
      24,
      ["x", "```\nabcdef\n\nghijkl\n\n```", "```\nmnopqr\n```", "y"],
    ],
  ] satisfies [string, string, number, string[]][])("TXT4 %s", (_, text, limit, expected) => {
    expect(byNewline(text, limit)).toEqual(expected);
  });
});
