import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readValue } from "../../../shared/config/patch.ts";
import { formatPath, parsePath } from "../../../shared/config/path.ts";

describe("a path", () => {
  it.each<[string, string[]]>([
    ["dmPolicy", ["dmPolicy"]],
    [" commands.config ", ["commands", "config"]],
    ["accounts.acc_x.dmPolicy", ["accounts", "acc_x", "dmPolicy"]],
    ['groups["chat_guid:any;+;chat1"].requireMention', ["groups", "chat_guid:any;+;chat1", "requireMention"]],
    ["groups['chat_guid:a.b']", ["groups", "chat_guid:a.b"]],
    ["groups[“chat_guid:any;+;chat1”].requireMention", ["groups", "chat_guid:any;+;chat1", "requireMention"]],
    ["groups[‘*’]", ["groups", "*"]],
    ["groups.*.requireMention", ["groups", "*", "requireMention"]],
    ["groups.chat_guid:any;+;chat1.requireMention", ["groups", "chat_guid:any;+;chat1", "requireMention"]],
    ["groups.42", ["groups", "42"]],
    [String.raw`groups["a\"b"]`, ["groups", 'a"b']],
    ['["dmPolicy"]', ["dmPolicy"]],
  ])("%s is read", (text, path) => {
    expect(parsePath(text)).toEqual({ ok: true, value: path });
  });

  it.each([
    "",
    "  ",
    ".a",
    "a.",
    "a..b",
    "a b",
    "a[b]",
    'a["b',
    'a["b"]c',
    "a]",
    '"a"',
    "a[0]",
    String.raw`a["\x"]`,
    "a.a.a.a.a.a.a.a.a",
  ])("%j is none, and the reason is said", (text) => {
    expect(parsePath(text)).toEqual({ ok: false, error: expect.stringMatching(/./) });
  });

  it("what is written is read back, whatever the names", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" }), { minLength: 1, maxLength: 8 }), (path) => {
        expect(parsePath(formatPath(path))).toEqual({ ok: true, value: path });
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("a value that is typed", () => {
  it.each<[string, unknown]>([
    ["open", "open"],
    ["8", 8],
    ["true", true],
    [" [1, 2] ", [1, 2]],
    ['["+15551234567"]', ["+15551234567"]],
    ["[“+15551234567”]", ["+15551234567"]],
    ["{“requireMention”: false}", { requireMention: false }],
    ["+15551234567", "+15551234567"],
    ['"8"', "8"],
    ["“8”", "8"],
    ["he said “hi”", "he said “hi”"],
    ["", ""],
    ["[1", "[1"],
  ])("%j", (text, value) => {
    expect(readValue(text)).toEqual(value);
  });
});
