import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { configurationPage, EXAMPLE } from "../../host/configuration-page.ts";
import { readDocument } from "../../shared/config/document.ts";
import { documentWarnings } from "../../shared/config/effective.ts";
import { SETTING_NAMES } from "../../shared/config/settings.ts";

const FILE = path.resolve(import.meta.dirname, "../../docs/configuration.md");

describe("docs/configuration.md", () => {
  it("is what the table of settings says today; else run `npm run docs`", () => {
    expect(readFileSync(FILE, "utf8")).toBe(configurationPage());
  });

  it("has a row for every setting, each in one section", () => {
    const rows = configurationPage().match(/^\| `\w+` \|(?=[^|]*\|[^|]*\|[^|]*\|$)/gm) ?? [];
    expect(rows.map((row) => String(/\w+/.exec(row)?.[0])).sort()).toEqual([...SETTING_NAMES].sort());
  });

  it("shows an example that a relay takes, with the one warning that it is to show", () => {
    const read = readDocument(JSON.parse(EXAMPLE));
    expect(read).toMatchObject({ ok: true });
    expect(documentWarnings(read.ok ? read.value : {}).map((warning) => warning.path)).toEqual([
      "accounts.acc_0123456789abcdef.dmPolicy",
    ]);
  });
});
