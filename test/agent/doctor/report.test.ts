import { readFileSync } from "node:fs";
import path from "node:path";
import { stripVTControlCharacters } from "node:util";
import { expect, it } from "vitest";
import { CHECK_IDS } from "../../../agent/doctor/check-ids.ts";
import type { Finding } from "../../../agent/doctor/examine.ts";
import { report } from "../../../agent/doctor/report.ts";
import { reportJson } from "../../../agent/doctor/report-json.ts";
import { broken, fine, run, say, skipped, warning } from "../../../agent/doctor/verdict.ts";

const FINDINGS: readonly Finding[] = [
  { id: "node", title: "Node", ...fine("v22.21.0", ["/usr/local/bin/node"]) },
  {
    id: "sleep",
    title: "Sleep",

    ...warning("this Mac sleeps after 10 min", { remedy: [run("sudo pmset -c sleep 0")] }),
  },
  {
    id: "full_disk_access",
    title: "Full Disk Access",

    ...broken("Terminal may not read /Users/ada/Library/Messages/chat.db", {
      reason: "full_disk_access_missing",
      why: "macOS keeps its permissions by the program's path and signature, and an upgrade changes both of them.",
      remedy: [
        run("open /Users/ada/somewhere/with/a/path/that/is/longer/than/the/window/by/a/good/deal/indeed"),
        say("Once more."),
      ],
    }),
  },
  { id: "clock", title: "Clock", ...skipped("needs Relay", "relay") },
  { id: "version", title: "Version", ...skipped("needs Relay", "relay") },
];
const LOOK = { columns: 80, isColoured: false, isUnicode: true, isVerbose: false, home: "/Users/ada" };

it("what is broken comes first with its remedy, then what is odd, then a line for each thing that is well", () => {
  const text = report(FINDINGS, LOOK);
  expect(text.match(/^\S.*$/gm)).toEqual([
    "✗ Full Disk Access  Terminal may not read ~/Library/Messages/chat.db",
    "! Sleep             this Mac sleeps after 10 min",
    "✓ Node              v22.21.0",
    "– not looked at: Clock, Version (needs Relay)",
    "1 broken, 1 to look at, 1 well.",
  ]);
  expect(text).toContain("    → Open System Settings > Privacy & Security > Full Disk Access");
  expect(text).toContain("    $ sudo pmset -c sleep 0\n");
});

it("text folds within the window and never beyond 100 columns; a command stays whole and is never shortened", () => {
  for (const columns of [60, 80, 120, 300]) {
    const lines = report(FINDINGS, { ...LOOK, columns }).split("\n");
    const commands = lines.filter((line) => line.startsWith("    $ "));
    expect(commands).toContain(
      "    $ open /Users/ada/somewhere/with/a/path/that/is/longer/than/the/window/by/a/good/deal/indeed",
    );
    const longest = lines.filter((line) => !commands.includes(line)).map((line) => line.length);
    expect(Math.max(...longest)).toBeLessThanOrEqual(Math.min(columns, 100));
  }
});

it("--verbose says what was seen; without colour and Unicode there is none of either", () => {
  expect(report(FINDINGS, { ...LOOK, isVerbose: true })).toContain("    /usr/local/bin/node\n");
  const plain = report(FINDINGS, { ...LOOK, isUnicode: false });
  expect(plain).toMatch(/^[\x20-\x7E\n]*$/);
  expect(plain).toContain("x Full Disk Access");
  const coloured = report(FINDINGS, { ...LOOK, isColoured: true });
  expect(coloured).toContain("\u001B[31m✗\u001B[0m");
  expect(stripVTControlCharacters(coloured)).toBe(report(FINDINGS, LOOK));
});

it("what others say does not reach the terminal raw", () => {
  const nasty = "\u001B[2J\u202Ex\ny";
  const finding = {
    id: "relay",
    title: "Relay",

    ...broken(nasty, { why: nasty, remedy: [run(nasty)], detail: [nasty] }),
  } as const;
  const text = report([finding], { ...LOOK, isVerbose: true });
  expect(text.match(/\?\[2J\?x\?y/g)).toHaveLength(4);
  expect(text).not.toMatch(/[^\P{C}\n]/u);
});

it("docs/doctor.md has a line for every check", () => {
  const page = readFileSync(path.join(import.meta.dirname, "../../../docs/doctor.md"), "utf8");
  expect(page.match(/(?<=^\| `)\w+(?=` \|)/gm)).toEqual([...CHECK_IDS]);
});

it("DOC3: --json is one object with every check by its id", () => {
  const json: unknown = JSON.parse(reportJson(FINDINGS, { profile: "default", agent: "0.1.0" }));
  expect(json).toMatchObject({
    version: 1,
    ok: false,
    profile: "default",
    agent: "0.1.0",
    checks: [
      { id: "node", state: "ok", summary: "v22.21.0", reason: null, why: null, remedy: [], because: null },
      { id: "sleep", state: "warning", remedy: [{ run: "sudo pmset -c sleep 0" }] },
      {
        id: "full_disk_access",
        state: "broken",
        reason: "full_disk_access_missing",
        remedy: [{ say: expect.any(String) }, {}, {}],
      },
      { id: "clock", state: "skipped", because: "relay" },
      { id: "version", state: "skipped", because: "relay" },
    ],
  });
});
