import { expect, it } from "vitest";
import { glyphsFor } from "../../../shared/terminal/terminal-kind.ts";

const UTF8 = { LANG: "en_US.UTF-8", TERM: "xterm-256color" };

it.each([
  ["what is no terminal", UTF8, false],
  ["TERM=dumb", { ...UTF8, TERM: "dumb" }, true],
  ["CI", { ...UTF8, CI: "true" }, true],
  ["CI=1", { ...UTF8, CI: "1" }, true],
])("nothing moves for %s", (_, environment, isTTY) => {
  expect(glyphsFor(environment, isTTY, "linux")).toBeUndefined();
});

it.each([
  ["", true],
  ["false", true],
  ["0", true],
])("CI=%j is no CI", (CI, expected) => {
  expect(glyphsFor({ ...UTF8, CI }, true, "linux") !== undefined).toBe(expected);
});

it("NO_COLOR takes the colour and leaves the bar", () => {
  expect(glyphsFor({ ...UTF8, NO_COLOR: "1" }, true, "linux")?.paint("x")).toBe("x");
  expect(glyphsFor({ ...UTF8, NO_COLOR: "" }, true, "linux")?.paint("x")).toBe("\u001B[36mx\u001B[39m");
});

it.each([
  [{ LANG: "C" }, "linux", "#"],
  [{}, "linux", "#"],
  [{}, "darwin", "█"],
  [{ LC_ALL: "C", LANG: "en_US.UTF-8" }, "darwin", "#"],
  [{ LC_CTYPE: "UTF-8" }, "darwin", "█"],
  [{ LANG: "de_DE.utf8" }, "linux", "█"],
] as const)("%o on %s draws with %s", (environment, platform, full) => {
  expect(glyphsFor(environment, true, platform)?.full).toBe(full);
});
