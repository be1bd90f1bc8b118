import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readContentDisposition, writeContentDisposition } from "../../shared/content-disposition.ts";

describe("a file's name in a header (ATT2)", () => {
  it.each([
    ["photo.jpg", 'attachment; filename="photo.jpg"'],
    ["two words.txt", 'attachment; filename="two words.txt"'],
    ["€ rates.txt", "attachment; filename=\"_ rates.txt\"; filename*=UTF-8''%E2%82%AC%20rates.txt"],
    ['a"b\\c.txt', "attachment; filename=\"a_b_c.txt\"; filename*=UTF-8''a%22b%5Cc.txt"],
    ["100%25.txt", "attachment; filename=\"100_25.txt\"; filename*=UTF-8''100%2525.txt"],
    ["it's (1)*.é", "attachment; filename=\"it's (1)*._\"; filename*=UTF-8''it%27s%20%281%29%2A.%C3%A9"],
    ["a\r\nb", "attachment; filename=\"a__b\"; filename*=UTF-8''a%0D%0Ab"],
    ["half\uD83D", "attachment; filename=\"half_\"; filename*=UTF-8''half%EF%BF%BD"],
  ])("ATT2 %j is written %s", (name, header) => {
    expect(writeContentDisposition(name)).toBe(header);
  });

  it("ATT2 says that it may be shown where it may", () => {
    expect(writeContentDisposition("a.png", "inline")).toBe('inline; filename="a.png"');
  });

  it.each([
    ["attachment", "attachment", undefined],
    ["INLINE; FileName=a.txt", "inline", "a.txt"],
    ['attachment; filename="a;b=c.txt"', "attachment", "a;b=c.txt"],
    ['attachment ; filename = "a b.txt" ; size=7', "attachment", "a b.txt"],
    ['attachment; filename="a\\"b\\\\c.txt"', "attachment", 'a"b\\c.txt'],
    ["attachment; filename=\"EURO.txt\"; filename*=UTF-8''%e2%82%ac.txt", "attachment", "€.txt"],
    ["attachment; filename*=utf-8'en'%c2%a3.txt; filename=x", "attachment", "£.txt"],
    ["attachment; filename*=iso-8859-1''%a3.txt", "attachment", "£.txt"],
    ["attachment; filename*=UTF-8''%ff%fe; filename=b.txt", "attachment", "b.txt"],
    ["attachment; filename*=UTF-8''%4; filename=b.txt", "attachment", "b.txt"],
    ["attachment; filename*=koi8-r''%c1; filename=b.txt", "attachment", "b.txt"],
    ["attachment; filename*=b.txt", "attachment", undefined],
    ['attachment; filename="\u00C3\u00A9.txt"', "attachment", "é.txt"],
    ['attachment; filename="\u00E9.txt"', "attachment", "é.txt"],
    ['attachment; filename="日本.txt"', "attachment", "日本.txt"],
    ['attachment; filename=""', "attachment", undefined],
    ["attachment;", "attachment", undefined],
    ['form-data; name="file"; filename="a.txt"', "form-data", "a.txt"],
  ])("ATT2 %s is read", (header, kind, name) => {
    expect(readContentDisposition(header)).toEqual({ kind, name });
  });

  it.each([
    "",
    '"attachment"',
    '; filename="a.txt"',
    'attachment filename="a.txt"',
    "attachment; filename",
    'attachment; filename="a.txt',
    'attachment; filename="a.txt" b',
    "attachment; filename=a; filename=b",
    "attachment; filename=a b.txt",
  ])("ATT2 %j is none", (header) => {
    expect(readContentDisposition(header)).toBeUndefined();
  });

  it("ATT2 reads back every name that it writes, in characters that any header may hold", () => {
    const name = fc.oneof(
      fc.string({ unit: "grapheme", minLength: 1 }),
      fc.string({ unit: "binary", minLength: 1 }),
    );
    fc.assert(
      fc.property(name, (text) => {
        const header = writeContentDisposition(text);
        expect(header).toMatch(/^[\x20-\x7e]*$/);
        expect(readContentDisposition(header)).toEqual({ kind: "attachment", name: text });
      }),
    );
  });

  it("ATT2 reads anything in linear time", () => {
    for (const hostile of [
      '"'.repeat(50_000),
      "\\".repeat(50_000),
      "; ".repeat(25_000),
      "%".repeat(50_000),
    ]) {
      const start = performance.now();
      readContentDisposition(`attachment; filename="${hostile}`);
      readContentDisposition(`attachment; filename*=UTF-8''${hostile}`);
      expect(performance.now() - start).toBeLessThan(1_000);
    }
  });
});
