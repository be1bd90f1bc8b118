import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fencesOf } from "../../../shared/markdown-fences.ts";
import { cutByLength } from "../../../shared/outbound/cut-length.ts";
import { cutByNewline } from "../../../shared/outbound/cut-newline.ts";
import { ENDLESS, FAMILY, nasty } from "./texts.ts";

const MODES = [
  ["length", cutByLength],
  ["newline", cutByNewline],
] as const;

const limits = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 13, max: 80 }));

const words = fc
  .array(fc.constantFrom("one", "(two", "three)", "four.", "e\u0301", FAMILY, "🇩🇪"), {
    minLength: 1,
    maxLength: 9,
  })
  .map((all) => all.join(" "));
const codeLine = fc.constantFrom(
  "",
  "x = 1",
  "  indented(a, b)",
  "a_very_long_name_without_any_blanks",
  "`tick`",
);
/** As a model writes: lines, blank ones, and blocks of code that it closes. */
const block = fc
  .record({
    indent: fc.constantFrom("", " ", "   "),
    mark: fc.constantFrom("```", "````", "~~~", "~~~~~"),
    info: fc.constantFrom("", "js", "typescript"),
    code: fc.array(codeLine, { maxLength: 8 }),
  })
  .map(({ indent, mark, info, code }) =>
    [indent + mark + info, ...code.map((line) => indent + line), indent + mark].join("\n"),
  );
const documents = fc
  .array(fc.oneof(words, words, fc.constant(""), block), { maxLength: 12 })
  .map((lines) => lines.join("\n"));
/** From here on every one of those blocks can be closed and opened again. */
const FENCE_LIMIT = { min: 40, max: 120 };

const shown = (text: string): string => text.replace(/\s/g, "");
const withoutFences = (text: string): string =>
  shown(
    text
      .split("\n")
      .filter((line) => !/^ {0,3}(?:`{3}|~{3})/.test(line))
      .join("\n"),
  );

describe.each(MODES)("any text, by %s", (_, cut) => {
  const pieces = (text: string, limit: number, isMarkdown: boolean): string[] =>
    Array.from(cut(text, { limit, isMarkdown }), (piece) => piece.text);

  it("TXT8 nothing but whitespace is lost, and nothing added", () => {
    fc.assert(
      fc.property(nasty, limits, (text, limit) => {
        expect(shown(pieces(text, limit, false).join(""))).toBe(shown(text));
      }),
    );
  });

  it("TXT8 nor in Markdown, fences apart", () => {
    fc.assert(
      fc.property(documents, fc.integer(FENCE_LIMIT), (text, limit) => {
        expect(withoutFences(pieces(text, limit, true).join("\n"))).toBe(withoutFences(text));
      }),
    );
  });

  it("TXT8 no piece is blank or longer than the limit, but a surrogate pair at a limit of 1", () => {
    fc.assert(
      fc.property(nasty, limits, fc.boolean(), (text, limit, isMarkdown) => {
        const wrong = pieces(text, limit, isMarkdown).filter(
          (piece) =>
            piece.trim() === "" ||
            (piece.length > limit && !(limit === 1 && /^[\uD800-\uDBFF][\uDC00-\uDFFF]$/.test(piece))),
        );
        expect(wrong).toEqual([]);
      }),
    );
  });

  it("TXT8 no surrogate pair is cut", () => {
    fc.assert(
      fc.property(nasty, limits, fc.boolean(), (text, limit, isMarkdown) => {
        const halves = (all: string): number => (all.match(/\p{Surrogate}/gu) ?? []).length;
        const all = pieces(text, limit, isMarkdown);
        expect(all.reduce((sum, piece) => sum + halves(piece), 0)).toBe(halves(text));
      }),
    );
  });

  it("TXT5 every block of code is closed in every piece", () => {
    fc.assert(
      fc.property(documents, fc.integer(FENCE_LIMIT), (text, limit) => {
        const open = pieces(text, limit, true).filter((piece) =>
          fencesOf(piece.split("\n")).some((fence) => !fence.isClosed),
        );
        expect(open).toEqual([]);
      }),
    );
  });

  it("TXT5 a block that fits is never cut", () => {
    fc.assert(
      fc.property(words, block, words, fc.integer(FENCE_LIMIT), (before, code, after, limit) => {
        const all = pieces(`${before}\n${code}\n${after}`, limit, true);
        const isWhole = all.some((piece) => piece.includes(code));
        expect(isWhole).toBe(code.length <= limit);
      }),
    );
  });

  it("TXT8 a piece that is cut again is the same", () => {
    fc.assert(
      fc.property(documents, fc.integer(FENCE_LIMIT), (text, limit) => {
        for (const piece of pieces(text, limit, true)) expect(pieces(piece, limit, true)).toEqual([piece]);
      }),
    );
    fc.assert(
      fc.property(nasty, fc.integer({ min: 2, max: 60 }), (text, limit) => {
        for (const piece of pieces(text, limit, false)) expect(pieces(piece, limit, false)).toEqual([piece]);
      }),
    );
  });

  /** Units looked at for each of a text: the limit of what is linear. */
  const MOST = 8;
  const workOf = (text: string, limit: number, isMarkdown: boolean): number => {
    const work = { units: 0 };
    const all = cut(text, { limit, isMarkdown, work });
    while (all.next().done !== true);
    return work.units;
  };

  it("TXT8 the work grows as the text does, for any", () => {
    fc.assert(
      fc.property(nasty, limits, fc.boolean(), (text, limit, isMarkdown) => {
        expect(workOf(text, limit, isMarkdown)).toBeLessThanOrEqual(MOST * text.length);
      }),
    );
  });

  it.each(ENDLESS)("TXT8 and for 100,000 units of %s", (_name, text) => {
    const most = [4_000, 16].map((limit) => workOf(text, limit, true) / text.length);
    expect(Math.max(...most)).toBeLessThanOrEqual(MOST);
  });

  it.each(["\n", "a", "(", "`", "😀", "👩\u200D", " \u0301", "```\n"])(
    "TXT8 and for 20,000 units of %j at a limit of 1",
    (unit) => {
      const text = unit.repeat(20_000 / unit.length);
      expect(workOf(text, 1, true) / text.length).toBeLessThanOrEqual(MOST);
    },
  );

  it("TXT8 the pieces that nobody asks for are not made", () => {
    const work = { units: 0 };
    const all = cut("a".repeat(100_000), { limit: 1, isMarkdown: false, work });
    for (let count = 0; count < 50; count += 1) expect(all.next().done).toBe(false);
    expect(work.units).toBeLessThan(300_000);
  });
});

describe("any text, by length", () => {
  it("TXT8 what fits stays as it is", () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const cut = [...cutByLength(text, { limit: Math.max(1, text.length), isMarkdown: true })];
        expect(cut.map((piece) => piece.text)).toEqual(text.trim() === "" ? [] : [text]);
      }),
    );
  });

  it("TXT6 no grapheme is cut that is not longer than the limit", () => {
    const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });
    fc.assert(
      fc.property(nasty, limits, (any, limit) => {
        const text = any.replaceAll("\r", "\n");
        const graphemes = [...segmenter.segment(text)].map(({ index, segment }) => ({
          start: index,
          end: index + segment.length,
        }));
        let at = 0;
        for (const { text: piece } of cutByLength(text, { limit, isMarkdown: false })) {
          while (!text.startsWith(piece, at)) at += 1;
          const end = at + piece.length;
          const cut = graphemes.filter(
            (one) => (one.start < at && at < one.end) || (one.start < end && end < one.end),
          );
          expect(cut.filter((one) => one.end - one.start <= limit)).toEqual([]);
          at = end;
        }
      }),
    );
  });
});
