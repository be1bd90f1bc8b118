import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_FILE_NAME_BYTES, numberedFileName, safeFileName } from "../../shared/file-name.ts";

const bytesOf = (text: string): number => Buffer.byteLength(text);

describe("a safe file name (ATT2)", () => {
  it.each([
    ["photo.jpg", "photo.jpg"],
    ["Über uns – 日本.pdf", "Über uns – 日本.pdf"],
    ["Screenshot at 1.00.00\u202FPM.png", "Screenshot at 1.00.00\u202FPM.png"],
    ["👩‍👩‍👧.heic", "👩‍👩‍👧.heic"],
    ["../../etc/passwd", "passwd"],
    ["C:\\fakepath\\photo.jpg", "photo.jpg"],
    ["folder/", "folder"],
    ["folder/..", "folder"],
    ["AC:DC.mp3", "AC_DC.mp3"],
    [".bashrc", "bashrc"],
    [" . .hidden. ", "hidden"],
    ["a\u0000b\n\u001B[31mc.txt", "ab[31mc.txt"],
    ["invoice\u202Efdp.exe", "invoicefdp.exe"],
    ["a\u2066b\u200Fc\uFEFF.txt", "abc.txt"],
    ["half\uD83D.txt", "half.txt"],
    ["e\u0301.txt", "\u00E9.txt"],
    ["", "attachment"],
    ["..", "attachment"],
    ["/\\/", "attachment"],
    ["\u202E\u200D", "attachment"],
  ])("ATT2 %j becomes %j", (name, safe) => {
    expect(safeFileName(name)).toBe(safe);
  });

  it("ATT2 is called as its reader wishes where nothing is left of it", () => {
    expect(safeFileName("...", "file.bin")).toBe("file.bin");
  });

  it("ATT2 is cut between characters and keeps its ending", () => {
    const long = safeFileName(`${"👍🏽".repeat(100)}.jpeg`);
    expect(long).toMatch(/^(?:👍🏽)+\.jpeg$/u);
    expect(bytesOf(long)).toBeGreaterThan(MAX_FILE_NAME_BYTES - 8);
    expect(bytesOf(long)).toBeLessThanOrEqual(MAX_FILE_NAME_BYTES);
    expect(safeFileName(`x${"\u0334".repeat(200)}.txt`)).toBe("attachment.txt");
    expect(safeFileName(`a.${"b".repeat(300)}`)).toBe(`a.${"b".repeat(MAX_FILE_NAME_BYTES - 2)}`);
  });

  it("ATT2 is short, one segment, visible, and safe already when it is made safe again", () => {
    const nasty = fc.constantFrom(
      ..."/\\:. \u0000\n\u202E\u2066\u200D\u200C\uD800\u0301é日👍🏽".split(""),
      "👩‍👩‍👧",
      ".tar.gz",
    );
    const name = fc.array(fc.oneof(fc.string({ unit: "binary" }), nasty), { maxLength: 60 });
    fc.assert(
      fc.property(name, fc.integer({ min: 1, max: 999 }), (parts, number) => {
        const safe = safeFileName(parts.join(""));
        expect(safe).toMatch(/^[^./\\:\s](?:[^/\\:]*[^./\\:\s])?$/u);
        expect(safe).not.toMatch(/[\p{Cc}\p{Cs}\u202A-\u202E\u2066-\u2069\u200E\u200F\u061C]/u);
        expect(bytesOf(safe)).toBeLessThanOrEqual(MAX_FILE_NAME_BYTES);
        expect(safeFileName(safe)).toBe(safe);
        const next = numberedFileName(safe, number);
        expect(next).not.toBe(safe);
        expect(bytesOf(next)).toBeLessThanOrEqual(MAX_FILE_NAME_BYTES);
      }),
    );
  });
});

describe("a numbered file name", () => {
  it.each([
    ["photo.jpg", 1, "photo (1).jpg"],
    ["photo", 2, "photo (2)"],
    ["a.b.c", 10, "a.b (10).c"],
    [`${"a".repeat(196)}.jpg`, 3, `${"a".repeat(192)} (3).jpg`],
  ])("%s, %i times there, is %s", (name, number, expected) => {
    expect(numberedFileName(name, number)).toBe(expected);
  });
});
