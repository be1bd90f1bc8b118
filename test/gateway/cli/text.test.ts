import { describe, expect, test } from "vitest";
import { cells, cut, padded, wrapped } from "../../../gateway/cli/text-cells.ts";
import { harmless, harmlessLines, textTable } from "../../../gateway/cli/text-table.ts";

const FAMILY = "👨‍👩‍👧‍👦";
const ENGLAND = "🏴󠁧󠁢󠁥󠁮󠁧󠁿";
const ESC = "\u001b";

describe("cells of a terminal", () => {
  test.each([
    ["plain", 5],
    ["", 0],
    ["日本語", 6],
    ["한국", 4],
    ["ｆｕｌｌ", 8],
    ["ｱ", 1],
    ["e\u0301", 1],
    ["👍", 2],
    ["👍🏽", 2],
    [FAMILY, 2],
    ["🇮🇸", 2],
    [ENGLAND, 2],
    ["❤️", 2],
    ["❤", 1],
    ["…", 1],
    ["नमस्ते", 4],
    ["\u1112\u1161\u11AB", 2],
    ["\u200D", 0],
    ["Привет", 6],
  ])("%j takes %i", (text, width) => {
    expect(cells(text)).toBe(width);
  });

  test("a text is cut between characters, never within one, and says so", () => {
    expect(cut("short", 5)).toBe("short");
    expect(cut("longer than that", 8)).toBe("longer…");
    expect(cut("日本語のメッセージ", 6)).toBe("日本…");
    expect(cut(`a${FAMILY}${FAMILY}b`, 5)).toBe(`a${FAMILY}…`);
    for (let width = 1; width < 12; width += 1)
      expect(cells(cut(`日a${FAMILY}e\u0301${ENGLAND}한국`, width))).toBeLessThanOrEqual(width);
  });

  test("a tower of accents is one cell, and not longer than a character may be", () => {
    const tower = `a${"\u0301".repeat(10_000)}bc`;
    expect(cells(tower)).toBe(3);
    expect(cut(`${tower}defgh`, 5).length).toBeLessThan(60);
  });

  test("what is padded to a width has it", () => {
    for (const text of ["a", "日本", FAMILY, "👍🏽 ok"]) expect(cells(padded(text, 12))).toBe(12);
    expect(padded("longer", 3)).toBe("longer");
  });

  test("lines are wrapped between words; a word longer than a line is broken", () => {
    expect(wrapped("the quarry is in the shade", 10)).toEqual(["the quarry", "is in the", "shade"]);
    expect(wrapped("", 10)).toEqual([""]);
    expect(wrapped("  indented", 20)).toEqual(["  indented"]);
    expect(wrapped("https://example.com/abcdefgh", 10)).toEqual(["https://ex", "ample.com/", "abcdefgh"]);
    expect(wrapped("日本語のメッセージです", 8)).toEqual(["日本語の", "メッセー", "ジです"]);
    for (const line of wrapped(`${FAMILY} 日本語 ${"x".repeat(30)} ${ENGLAND.repeat(9)}`, 7))
      expect(cells(line)).toBeLessThanOrEqual(7);
  });
});

describe("texts from elsewhere", () => {
  test("nothing in them moves the cursor, colours the terminal, rings or turns a line around", () => {
    for (const evil of [
      `${ESC}[31m`,
      `${ESC}]0;title\u0007`,
      "\u009b2J",
      "\u202E",
      "\u2066",
      "\b",
      "\r",
      "\u0000",
    ])
      expect(harmless(`a${evil}b`)).not.toMatch(/[\p{Cc}\u200E-\u200F\u202A-\u202E\u2066-\u2069]/u);
    expect(harmless(`${ESC}[2J`)).toBe("?[2J");
    expect(harmless("\u{E0041}")).toBe("?");
  });

  test("emoji and letters that are joined stay what they are", () => {
    for (const text of [FAMILY, ENGLAND, "👩🏽‍💻", "می\u200Cخواهم", "❤️", "नमस्ते"])
      expect(harmless(text)).toBe(text);
  });

  test("a message keeps its lines; tabs, marks nobody sees and the place of an attachment do not confuse it", () => {
    expect(harmlessLines("one\ntwo\r\nthree\u2028four\n\n")).toEqual(["one", "two", "three", "four"]);
    expect(harmlessLines(`\uFFFCa\tb\u200E${ESC}[1m`)).toEqual(["a  b?[1m"]);
  });
});

describe("tables", () => {
  const rows = [
    ["4", "Saturday climbing in the old quarry 🧗", "+15550100111, +15550100113"],
    ["12", "日本語のグループ", "maya@example.com"],
  ];
  const head = ["ID", "NAME", "WITH"];

  test("columns stand under one another, whatever is in them", () => {
    expect(textTable(head, rows)).toEqual([
      "ID  NAME                                    WITH",
      "4   Saturday climbing in the old quarry 🧗  +15550100111, +15550100113",
      "12  日本語のグループ                        maya@example.com",
    ]);
  });

  test("for a terminal the widest elastic column gives way first, until everything fits", () => {
    expect(textTable(head, rows, { columns: 60, elastic: [1, 2] })).toEqual([
      "ID  NAME                          WITH",
      "4   Saturday climbing in the ol…  +15550100111, +15550100113",
      "12  日本語のグループ              maya@example.com",
    ]);
    for (const columns of [30, 40, 80, 120])
      for (const line of textTable(head, rows, { columns, elastic: [1, 2] }))
        expect(cells(line)).toBeLessThanOrEqual(columns);
  });

  test("no column vanishes on a terminal that is too narrow for all", () => {
    expect(textTable(head, rows, { columns: 5, elastic: [1, 2] })[1]).toBe("4   Saturda…  +155501…");
  });
});
