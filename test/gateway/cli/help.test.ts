import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { EXIT, EXIT_MEANINGS } from "../../../gateway/cli/exit-codes.ts";
import { fixedAnswer } from "../../../gateway/cli/fixed.ts";
import { helpText } from "../../../gateway/cli/help-text.ts";
import { readInvocation } from "../../../gateway/cli/invocation.ts";
import { COMMANDS } from "../../../gateway/cli/table.ts";
import { MAC_COMMANDS } from "../../../gateway/cli/table-macs.ts";
import { MESSAGE_COMMANDS } from "../../../gateway/cli/table-messages.ts";
import { TENANT_COMMANDS } from "../../../gateway/cli/table-tenants.ts";
import { WEBHOOK_COMMANDS } from "../../../gateway/cli/table-webhooks.ts";
import { cells } from "../../../gateway/cli/text-cells.ts";

const helpAt = (columns: number | undefined, ...argv: string[]): string =>
  fixedAnswer(
    readInvocation([...argv, "--help"], (name) => COMMANDS.get(name)),
    () => columns,
  )?.out ?? "";
const helpOf = (...argv: string[]): string => helpAt(110, ...argv);

const wordsOf = (text: string): string[] => text.split(/\s+/);

describe("exit codes", () => {
  test("each has one meaning, and every one is explained", () => {
    const codes = EXIT_MEANINGS.map(([code]) => code);
    expect(codes).toEqual(Object.values(EXIT));
    expect(new Set(codes).size).toBe(codes.length);
  });

  test("the README and --help show the table as it is in the code", () => {
    const readme = readFileSync("README.md", "utf8");
    const rows = [...readme.matchAll(/^\| (\d+) \| (.+) \|$/gm)].map(([, code, means]) => [
      Number(code),
      means,
    ]);
    expect(rows).toEqual(EXIT_MEANINGS);
    const help = helpOf();
    for (const [code, means] of EXIT_MEANINGS)
      expect(help).toContain(`  ${String(code).padStart(3)}  ${means}\n`);
  });
});

describe("--help", () => {
  test.each(
    [...MESSAGE_COMMANDS, ...WEBHOOK_COMMANDS, ...MAC_COMMANDS, ...TENANT_COMMANDS].map(
      ([name, entry]) => [name, entry] as const,
    ),
  )("%s names its options, gives examples, and fits the terminal", (name, { options = {} }) => {
    const help = helpOf(name);
    expect(help).toContain(`Usage: imsg-relay ${name}`);
    expect(help).toContain(`Examples:\n  `);
    for (const option of Object.keys(options)) expect(help).toContain(option);
    for (const columns of [60, 80, 110, 300]) {
      const [said = "", examples = ""] = helpAt(columns, name).split("\nExamples:\n");
      for (const line of said.split("\n")) expect(cells(line)).toBeLessThanOrEqual(Math.min(columns, 110));
      // A command that is broken in two is copied as two.
      for (const line of examples.split("\n\n")[0]?.split("\n") ?? []) expect(help).toContain(line);
      // Nothing gets lost on the way.
      expect(wordsOf(helpAt(columns, name))).toEqual(wordsOf(help));
    }
  });

  test("of the whole program is 80 columns wide where nobody knows, and names every command", () => {
    const help = helpAt(undefined);
    for (const line of help.split("\n")) expect(cells(line)).toBeLessThanOrEqual(80);
    const there = [...COMMANDS].filter(([, { refusal }]) => refusal === undefined);
    for (const [name] of there) expect(help).toMatch(new RegExp(`^  ${name} `, "m"));
    expect(help).toContain(
      "  enrol            Make a code with which one Mac joins the account, and print\n                   the command for that Mac.\n",
    );
  });

  test("columns stay columns, and paragraphs are filled", () => {
    expect(
      helpText(
        [
          "One sentence that goes on",
          "in the next line.",
          "",
          "--name NAME     what it is called by everybody who sees it",
          "                in a list",
          "a VERY LONG [HEAD]",
          "                and its words",
          "",
          "Examples:",
          "  a command that is wider than all of this terminal is",
          "",
          "The end.",
        ],
        40,
      ).split("\n"),
    ).toEqual([
      "One sentence that goes on in the next",
      "line.",
      "",
      "--name NAME     what it is called by",
      "                everybody who sees it in",
      "                a list",
      "a VERY LONG [HEAD]",
      "                and its words",
      "",
      "Examples:",
      "  a command that is wider than all of this terminal is",
      "",
      "The end.",
      "",
    ]);
  });
});
