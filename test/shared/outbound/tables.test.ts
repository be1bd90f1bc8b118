import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rewriteTables, widthOf } from "../../../shared/outbound/tables.ts";

const lines = (...all: string[]): string => all.join("\n");

const TABLE = lines("| Name | Price |", "| --- | ---: |", "| Apple | 1.20 |", "| Fig | 12.00 |");

describe("tables (POL23)", () => {
  it("POL23 off leaves every text alone", () => {
    expect(rewriteTables(TABLE, "off")).toBe(TABLE);
  });

  it("POL23 code makes a block of it, columns aligned; block is the same", () => {
    const expected = lines(
      "```",
      "| Name  | Price |",
      "|-------|-------|",
      "| Apple |  1.20 |",
      "| Fig   | 12.00 |",
      "```",
    );
    expect(rewriteTables(TABLE, "code")).toBe(expected);
    expect(rewriteTables(TABLE, "block")).toBe(expected);
  });

  it("POL23 bullets make an entry of every row, its first column being the title", () => {
    expect(rewriteTables(TABLE, "bullets")).toBe(
      lines("• Name: Apple", "  - Price: 1.20", "• Name: Fig", "  - Price: 12.00"),
    );
  });

  it("POL23 what stands around a table stays", () => {
    expect(rewriteTables(lines("Prices:", "", TABLE, "", "All in €."), "bullets")).toBe(
      lines(
        "Prices:",
        "",
        "• Name: Apple",
        "  - Price: 1.20",
        "• Name: Fig",
        "  - Price: 12.00",
        "",
        "All in €.",
      ),
    );
  });

  it("POL23 left, right and centre", () => {
    const table = lines("a | b | c", ":-- | --: | :-:", "x | x | x", "longer | longer | longer");
    expect(rewriteTables(table, "code")).toBe(
      lines(
        "```",
        "| a      |      b |   c    |",
        "|--------|--------|--------|",
        "| x      |      x |   x    |",
        "| longer | longer | longer |",
        "```",
      ),
    );
  });

  it("POL23 an escaped bar is part of its cell", () => {
    expect(rewriteTables(lines("| a | b |", "|---|---|", "| x \\| y | z \\||"), "bullets")).toBe(
      lines("• a: x | y", "  - b: z |"),
    );
  });

  it("POL23 empty, missing and surplus cells", () => {
    const table = lines(
      "| a | b | c |",
      "|---|---|---|",
      "| 1 | | 3 |",
      "| | 2 | |",
      "| 4 |",
      "| 5 | 6 | 7 | 8 |",
    );
    expect(rewriteTables(table, "bullets")).toBe(
      lines("• a: 1", "  - c: 3", "• b: 2", "• a: 4", "• a: 5", "  - b: 6", "  - c: 7"),
    );
    expect(rewriteTables(table, "code").split("\n").slice(3, 7)).toEqual([
      "| 1   |     | 3   |",
      "|     | 2   |     |",
      "| 4   |     |     |",
      "| 5   | 6   | 7   |",
    ]);
  });

  it("POL23 a table without rows, and one of one column", () => {
    expect(rewriteTables(lines("| a | b |", "|---|---|"), "bullets")).toBe("• a · b");
    expect(rewriteTables(lines("| a |", "|---|", "| 1 |", "| 2 |"), "bullets")).toBe(lines("• 1", "• 2"));
  });

  it("POL23 wide characters take two columns, marks none", () => {
    expect(["abc", "日本", "한", "👍", "👍🏽", "e\u0301", "ＡＢ", ""].map(widthOf)).toEqual([
      3, 4, 2, 2, 2, 1, 4, 0,
    ]);
    expect(rewriteTables(lines("| 名前 | x |", "|---|---|", "| ab | 👍 |"), "code")).toBe(
      lines("```", "| 名前 | x   |", "|------|-----|", "| ab   | 👍  |", "```"),
    );
  });

  it.each(["```", "~~~", "````", "   ```"])("POL23 a table within %s is left alone", (fence) => {
    const text = lines(`${fence}md`, TABLE, fence);
    expect(rewriteTables(text, "code")).toBe(text);
    expect(rewriteTables(lines(fence, TABLE), "code")).toBe(lines(fence, TABLE));
  });

  it("POL23 a fence ends a table, whatever bars are on its line", () => {
    const code = lines("~~~ a|b", "x | y", "~~~");
    expect(rewriteTables(lines("| a |", "|---|", "| 1 |", code), "bullets")).toBe(lines("• 1", code));
  });

  it("POL23 after the fence tables count again", () => {
    expect(rewriteTables(lines("```", TABLE, "```", TABLE), "bullets")).toBe(
      lines("```", TABLE, "```", "• Name: Apple", "  - Price: 1.20", "• Name: Fig", "  - Price: 12.00"),
    );
  });

  it.each([
    ["no second line", "| a | b |"],
    ["a second line of something else", lines("| a | b |", "| x | y |")],
    ["fewer columns in the second line", lines("| a | b |", "|---|")],
    ["a rule under a heading", lines("a title", "---", "a | b")],
    ["indented by four, which is code", lines("    | a | b |", "    |---|---|")],
    ["no bar anywhere", lines("a", "-", "b")],
  ])("POL23 no table: %s", (_, text) => {
    expect(rewriteTables(text, "bullets")).toBe(text);
  });

  it("POL23 backticks in a cell do not end the block", () => {
    const rewritten = rewriteTables(lines("| a |", "|---|", "| ```x``` |"), "code").split("\n");
    expect([rewritten.at(0), rewritten.at(-1)]).toEqual(["````", "````"]);
  });

  it("POL23 lines that end the Windows way are read too", () => {
    expect(rewriteTables("| a | b |\r\n|---|---|\r\n| 1 | 2 |\r\n", "bullets")).toBe(
      lines("• a: 1", "  - b: 2", ""),
    );
    expect(rewriteTables("a | b\r\nc", "bullets")).toBe("a | b\r\nc");
  });

  it("POL23 an endless cell does not make every row as long", () => {
    const table = lines(
      "| a | b |",
      "|---|---|",
      `| ${"x".repeat(50_000)} | 1 |`,
      ...Array<string>(1_000).fill("| y | 2 |"),
    );
    expect(rewriteTables(table, "code").length).toBeLessThan(table.length * 10);
  });

  it("POL23 rewriting twice is rewriting once, for any text", () => {
    const line = fc.oneof(
      fc.constantFrom(
        "| a | b |",
        "|---|---|",
        "| --- | :-: |",
        "```",
        "~~~",
        "text",
        "",
        "a | b",
        "    | a |",
        "| |",
      ),
      fc.string({ unit: fc.constantFrom("|", "-", ":", " ", "`", "\\", "x", "日"), maxLength: 12 }),
    );
    const text = fc.array(line, { maxLength: 12 }).map((all) => all.join("\n"));
    fc.assert(
      fc.property(text, (one) => {
        const once = rewriteTables(one, "code");
        expect(rewriteTables(once, "code")).toBe(once);
      }),
      { numRuns: 2_000 },
    );
  });

  it("POL23 a table of fifty thousand rows is rewritten", () => {
    const table = `| a | b |\n|---|---|${"\n| 1 | 2 |".repeat(50_000)}`;
    expect(rewriteTables(table, "code").split("\n")).toHaveLength(50_004);
  });

  it.each([
    ["too many cells", `${"|a".repeat(2_000)}|\n${"|-".repeat(2_000)}|${"\n|1".repeat(20_000)}`],
    ["one cell that widens every row", `|a|b|\n|-|-|\n|${"x".repeat(50_000)}|1|${"\n|1|2|".repeat(5_000)}`],
  ])("POL23 a short text is never made a huge one: %s", (_, table) => {
    expect(rewriteTables(table, "code")).toBe(table);
    expect(rewriteTables(`${table}\n\n|a|b|\n|-|-|\n|1|2|`, "code").length).toBeLessThan(table.length + 100);
  });
});
