import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { byteLength, isOver, parseJson } from "../../shared/json.ts";
import { MAX_JSON_DEPTH } from "../../shared/limits.ts";

const nested = (depth: number, inner = ""): string => "[".repeat(depth) + inner + "]".repeat(depth);

describe("depth", () => {
  it("LINK7 64 levels are taken, 65 are not", () => {
    expect(MAX_JSON_DEPTH).toBe(64);
    expect(parseJson(nested(64))).toMatchObject({ ok: true });
    expect(parseJson(nested(65))).toEqual({ ok: false, error: "too_deep" });
    expect(parseJson(`{"a":`.repeat(65) + "1" + "}".repeat(65))).toEqual({ ok: false, error: "too_deep" });
  });

  it("LINK7 a hundred thousand levels overflow nothing, closed or not", () => {
    expect(parseJson(nested(100_000))).toEqual({ ok: false, error: "too_deep" });
    expect(parseJson("[".repeat(100_000))).toEqual({ ok: false, error: "too_deep" });
  });

  it.each(['"', String.raw`\"`, String.raw`\\`, "[[[[", String.raw`\\\"[`, "]]]]"])(
    "brackets inside strings do not count: %j",
    (inner) => {
      const text = JSON.stringify({ a: inner.repeat(40), b: [inner] });
      expect(parseJson(text, 2)).toEqual({ ok: true, value: JSON.parse(text) });
    },
  );

  it("siblings do not add up", () => {
    expect(parseJson(`[${Array.from({ length: 500 }, () => "[]").join(",")}]`, 2)).toMatchObject({
      ok: true,
    });
  });

  it("agrees with JSON.parse for every value, and with its depth", () => {
    const depthOf = (value: unknown): number =>
      typeof value === "object" && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (text) => {
        const value: unknown = JSON.parse(text);
        const depth = depthOf(value);
        expect(parseJson(text, depth)).toEqual({ ok: true, value });
        expect(parseJson(text, depth - 1).ok).toBe(false);
      }),
    );
  });

  it("whatever is no JSON is a value that says so, never a throw", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(() => parseJson(text)).not.toThrow();
      }),
    );
    for (const text of ["", "{", "nul", '"', '"\\', "]".repeat(200), "{'a':1}", "NaN", "1 2"])
      expect(parseJson(text)).toEqual({ ok: false, error: "not_json" });
  });
});

describe("size", () => {
  it("bytes are those of UTF-8", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(byteLength(text)).toBe(Buffer.byteLength(text));
      }),
    );
  });

  it("over is over, for every text and limit", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 30 }), fc.nat(100), (text, limit) => {
        expect(isOver(text, limit)).toBe(Buffer.byteLength(text) > limit);
      }),
    );
    expect([isOver("字".repeat(10), 30), isOver("字".repeat(10), 29)]).toEqual([false, true]);
  });
});
