import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { EXIT, EXIT_MEANINGS } from "../../../gateway/cli/exit-codes.ts";
import { fixedAnswer } from "../../../gateway/cli/fixed.ts";
import { readInvocation } from "../../../gateway/cli/invocation.ts";
import { COMMANDS } from "../../../gateway/cli/table.ts";
import { MAC_COMMANDS } from "../../../gateway/cli/table-macs.ts";
import { MESSAGE_COMMANDS } from "../../../gateway/cli/table-messages.ts";
import { TENANT_COMMANDS } from "../../../gateway/cli/table-tenants.ts";
import { WEBHOOK_COMMANDS } from "../../../gateway/cli/table-webhooks.ts";
import { cells } from "../../../gateway/cli/text-cells.ts";

const helpOf = (...argv: string[]): string =>
  fixedAnswer(readInvocation([...argv, "--help"], (name) => COMMANDS.get(name)))?.out ?? "";

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
  )("%s names its options, gives examples, and fits a terminal of 120", (name, { options = {} }) => {
    const help = helpOf(name);
    expect(help).toContain(`Usage: imsg-relay ${name}`);
    expect(help).toContain(`Examples:\n  `);
    for (const option of Object.keys(options)) expect(help).toContain(option);
    for (const line of help.split("\n")) expect(cells(line)).toBeLessThanOrEqual(120);
  });
});
