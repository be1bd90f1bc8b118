import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_MESSAGE_PARTS } from "../../../shared/limits.ts";
import { compose, plainTexts, type Composed, type ComposeOptions } from "../../../shared/outbound/compose.ts";
import { ok } from "../../../shared/result.ts";
import { ENDLESS, nasty } from "./texts.ts";

const USUAL: ComposeOptions = {
  tables: "code",
  chunkMode: "length",
  textChunkLimit: 4_000,
  responsePrefix: null,
  format: "markdown",
};

function composed(text: string, options: Partial<ComposeOptions> = {}): Composed {
  const result = compose(text, { ...USUAL, ...options });
  if (!result.ok) throw new Error(result.error);
  return result.value;
}
const texts = (text: string, options?: Partial<ComposeOptions>): readonly string[] =>
  plainTexts(composed(text, options));

const TABLE = "| a | b |\n|---|---|\n| 1 | 2 |";

describe("from a text to messages (TXT1)", () => {
  it("TXT1 a text becomes one message with its styles, and what it asks to quote", () => {
    expect(compose("[[reply_to:G-1]] Hello **Ann**, *you*", USUAL)).toEqual(
      ok({
        parts: [
          {
            text: "Hello Ann, you",
            formatting: [
              { start: 6, length: 3, styles: ["bold"] },
              { start: 11, length: 3, styles: ["italic"] },
            ],
          },
        ],
        replyToGuid: "G-1",
      }),
    );
  });

  it("TXT1 styles count from the beginning of their part", () => {
    expect(composed("aaaa **b**\n\n**c** dddd", { textChunkLimit: 12 }).parts).toEqual([
      { text: "aaaa b\n", formatting: [{ start: 5, length: 1, styles: ["bold"] }] },
      { text: "c dddd", formatting: [{ start: 0, length: 1, styles: ["bold"] }] },
    ]);
  });

  it("TXT1 each mode cuts as it does", () => {
    const text = "one\n\ntwo is quite long here\n\nx";
    expect(texts(text, { textChunkLimit: 12 })).toEqual(["one\n", "two is", "quite long", "here\n\nx"]);
    expect(texts(text, { textChunkLimit: 12, chunkMode: "newline" })).toEqual([
      "one",
      "two is",
      "quite long",
      "here",
      "x",
    ]);
    expect(texts(text, { textChunkLimit: 0, chunkMode: "newline" })).toEqual([text]);
  });

  it.each(["markdown", "plain"] as const)("TXT1 there is one kind of line end: %s", (format) => {
    expect(texts("a\r\nb\rc\u2028d\u2029e", { format })).toEqual(["a\nb\nc\nd\n\ne"]);
  });

  it("TXT1 a table is rewritten before the text is cut", () => {
    const code = "```\n| a   | b   |\n|-----|-----|\n| 1   | 2   |\n```";
    expect(texts(`${TABLE}\nend`)).toEqual([`${code}\nend`]);
    expect(texts(TABLE, { tables: "off" })).toEqual([TABLE]);
    expect(texts(TABLE, { tables: "bullets" })).toEqual(["• a: 1\n  - b: 2"]);
    expect(texts(TABLE, { textChunkLimit: 44 })).toEqual([
      "```\n| a   | b   |\n|-----|-----|\n```",
      "```\n| 1   | 2   |\n```",
    ]);
  });

  it("TXT1 code that was cut in the middle of a line is still code", () => {
    expect(texts("```\naaaaaaaa**b**cccc *d*\n```", { textChunkLimit: 20 })).toEqual([
      "```\naaaaaaaa**b*\n```",
      "```\n*cccc *d*\n```",
    ]);
  });

  it("TXT1 what was cut off in the middle of a line is no heading", () => {
    expect(texts("the number # 5 of all", { textChunkLimit: 12 })).toEqual(["the number", "# 5 of all"]);
  });

  it.each(["", " \n\t\u2028", "[[reply_to:G-1]]", "[[audio_as_voice]] \n"])(
    "TXT1 nothing is sent of %j, not even the prefix",
    (text) => {
      expect(composed(text, { responsePrefix: "[bot]" }).parts).toEqual([]);
    },
  );

  it("TXT2 what it asks to quote is known even of an empty text", () => {
    expect(composed("[[reply_to:G-1]]")).toEqual({ parts: [], replyToGuid: "G-1" });
  });
});

describe("the prefix (TXT1)", () => {
  it.each([
    ["before the text", "[bot]", "hello", "[bot] hello"],
    ["not where the text begins with it", "[bot]", "[bot] hello", "[bot] hello"],
    ["with a blank of its own", "bot: ", "hello", "bot: hello"],
    ["with a line end of its own", "bot:\r\n", "hello", "bot:\nhello"],
    ["on a line of its own before a list", "[bot]", "- a\n- b", "[bot]\n- a\n- b"],
    ["before a numbered one", "[bot]", "1. a", "[bot]\n1. a"],
    ["before a quotation", "[bot]", "> a", "[bot]\n> a"],
    ["before a heading", "[bot]", "## a", "[bot]\na"],
    ["before code", "[bot]", "```\na\n```", "[bot]\n```\na\n```"],
    ["before a table", "[bot]", TABLE, "[bot]\n```\n| a   | b   |\n|-----|-----|\n| 1   | 2   |\n```"],
    ["none", "", "hello", "hello"],
    ["none but blanks", "  ", "hello", "hello"],
    ["in Markdown too", "**bot**", "hello", "bot hello"],
    ["after directives", "[bot]", "[[audio_as_voice]] hello", "[bot] hello"],
  ])("TXT1 %s", (_, responsePrefix, text, expected) => {
    expect(texts(text, { responsePrefix })).toEqual([expected]);
  });

  it("TXT1 only the first part has it", () => {
    expect(texts("aaaa bbbb", { responsePrefix: "[b]", textChunkLimit: 9 })).toEqual(["[b] aaaa", "bbbb"]);
  });

  it("TXT1 in a plain text it stands before whatever there is", () => {
    expect(texts("- **a**", { responsePrefix: "**b**", format: "plain" })).toEqual(["**b** - **a**"]);
  });
});

describe("a plain text (TXT1)", () => {
  it("TXT1 nothing is read out of it", () => {
    const text = `[[reply_to:G-1]] **a** \\* [b](https://c.example)\n# d\n${TABLE}`;
    expect(composed(text, { format: "plain" })).toEqual({
      parts: [{ text, formatting: [] }],
      replyToGuid: null,
    });
  });

  it("TXT1 and nothing is put into it where it is cut", () => {
    expect(texts("```\naaaa bbbb cccc\ndddd eeee\n```", { format: "plain", textChunkLimit: 20 })).toEqual([
      "```\naaaa bbbb cccc",
      "dddd eeee\n```",
    ]);
  });
});

describe("too many parts (TXT1)", () => {
  it.each(["length", "newline"] as const)("TXT1 by %s", (chunkMode) => {
    const words = (count: number): string => Array<string>(count).fill("aaaa").join("\n\n");
    const options: ComposeOptions = { ...USUAL, chunkMode, textChunkLimit: 5 };
    expect(texts(words(MAX_MESSAGE_PARTS), options)).toHaveLength(MAX_MESSAGE_PARTS);
    expect(compose(words(MAX_MESSAGE_PARTS + 1), options)).toEqual({ ok: false, error: "too_many_parts" });
  });

  it.each(ENDLESS)("TXT8 100,000 units of %s make messages, or too many", (_, text) => {
    expect(composed(text).parts.length).toBeLessThanOrEqual(MAX_MESSAGE_PARTS);
    const tiny = compose(text, { ...USUAL, textChunkLimit: 1, format: "plain" });
    expect(tiny.ok ? tiny.value.parts.length : 0).toBeLessThanOrEqual(MAX_MESSAGE_PARTS);
  });
});

describe("any text (TXT8)", () => {
  const options: fc.Arbitrary<ComposeOptions> = fc.record({
    tables: fc.constantFrom("off", "bullets", "code", "block"),
    chunkMode: fc.constantFrom("length", "newline"),
    textChunkLimit: fc.oneof(fc.integer({ min: 2, max: 60 }), fc.constant(4_000)),
    responsePrefix: fc.constantFrom(null, "[bot]", "**b** "),
    format: fc.constantFrom("markdown", "plain"),
  });

  it("TXT8 every part is within the limit, has something to show, and ranges of its own", () => {
    fc.assert(
      fc.property(nasty, options, (text, how) => {
        const result = compose(text, how);
        const parts = result.ok ? result.value.parts : [];
        for (const part of parts) {
          expect(part.text.length).toBeLessThanOrEqual(how.textChunkLimit);
          expect(part.text.trim()).not.toBe("");
          const ends = part.formatting.map(({ start, length }) => start + length);
          expect(Math.max(0, ...ends)).toBeLessThanOrEqual(part.text.length);
        }
      }),
    );
  });

  it("TXT8 a plain text is sent as it is but for whitespace", () => {
    const shown = (text: string): string => text.replace(/\s/g, "");
    fc.assert(
      fc.property(nasty, (text) => {
        const parts = texts(text, { format: "plain", textChunkLimit: 80 });
        expect(shown(parts.join(""))).toBe(shown(text));
      }),
    );
  });
});
