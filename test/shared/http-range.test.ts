import * as fc from "fast-check";
import { expect, it } from "vitest";
import { selectBytes } from "../../shared/http-range.ts";

const TAG = '"v1"';
const NONE = { head: false, range: null, ifRange: null, ifNoneMatch: null };
const ranged = (range: string, size = 100): string => {
  const { status, start, length } = selectBytes({ size, etag: TAG }, { ...NONE, range });
  return status === 206 ? `${start}+${length}` : String(status);
};
const WHOLE = "200";
const UNSATISFIABLE = "416";

const RANGES: readonly (readonly [string, string])[] = [
  ["bytes=0-0", "0+1"],
  ["bytes=0-99", "0+100"],
  ["bytes=10-19", "10+10"],
  ["bytes=10-", "10+90"],
  ["bytes=99-", "99+1"],
  ["bytes=90-1000", "90+10"],
  ["bytes=90-99999999999999999999999999", "90+10"],
  ["bytes=-1", "99+1"],
  ["bytes=-100", "0+100"],
  ["bytes=-101", "0+100"],
  ["bytes=-99999999999999999999999999", "0+100"],
  ["BYTES=1-2", "1+2"],
  ["  bytes=1-2  ", "1+2"],
  ["bytes=1-2,", "1+2"],
  ["bytes=, ,1-2", "1+2"],
  ["bytes=100-", UNSATISFIABLE],
  ["bytes=100-200", UNSATISFIABLE],
  ["bytes=99999999999999999999999999-", UNSATISFIABLE],
  ["bytes=-0", UNSATISFIABLE],
  ["bytes=0-1,3-4", WHOLE],
  ["bytes=0-1,nonsense", WHOLE],
  ["bytes=2-1", WHOLE],
  ["bytes=-", WHOLE],
  ["bytes=", WHOLE],
  ["bytes", WHOLE],
  ["bytes=a-b", WHOLE],
  ["bytes=1-2-3", WHOLE],
  ["bytes=+1-2", WHOLE],
  ["bytes=1 -2", WHOLE],
  ["bytes=0x1-0x2", WHOLE],
  ["bytes=١-٢", WHOLE],
  ["chunks=0-1", WHOLE],
  ["", WHOLE],
];

for (const [range, expected] of RANGES) {
  it(`ATT3: Range "${range}" of 100 bytes is ${expected}`, () => {
    expect(ranged(range)).toBe(expected);
  });
}

it("ATT3: of an empty file no range is there, and its end is all of it", () => {
  expect(ranged("bytes=0-", 0)).toBe(UNSATISFIABLE);
  expect(ranged("bytes=-5", 0)).toBe(WHOLE);
  expect(selectBytes({ size: 0, etag: TAG }, NONE)).toEqual({ status: 200, start: 0, length: 0 });
});

it("ATT3: HEAD knows no range", () => {
  const file = { size: 100, etag: TAG };
  expect(selectBytes(file, { ...NONE, head: true, range: "bytes=0-1" })).toEqual({
    status: 200,
    start: 0,
    length: 100,
  });
  expect(selectBytes(file, { ...NONE, head: true, ifNoneMatch: TAG }).status).toBe(304);
});

const IF_RANGES: readonly (readonly [string, number])[] = [
  ['"v1"', 206],
  [' "v1" ', 206],
  ['W/"v1"', 200],
  ['"v2"', 200],
  ["v1", 200],
  ["Fri, 02 Jan 2026 03:04:05 GMT", 200],
  ["", 200],
];
for (const [ifRange, status] of IF_RANGES) {
  it(`ATT3: If-Range ${ifRange} lets a range be ${status}`, () => {
    const conditions = { ...NONE, range: "bytes=0-1", ifRange };
    expect(selectBytes({ size: 100, etag: TAG }, conditions).status).toBe(status);
  });
}

it("ATT3: where If-Range does not hold, a range that is not there is no error", () => {
  const conditions = { ...NONE, range: "bytes=500-", ifRange: '"v0"' };
  expect(selectBytes({ size: 100, etag: TAG }, conditions).status).toBe(200);
});

const NONE_MATCH: readonly (readonly [string, number])[] = [
  ['"v1"', 304],
  ['W/"v1"', 304],
  ['"v0", "v1"', 304],
  ['"v0",W/"v1" , "v2"', 304],
  ['"a,b", "v1"', 304],
  ["*", 304],
  [" * ", 304],
  ['"v2"', 200],
  ['"v1', 200],
  ["v1", 200],
  ['nonsense, "v1"', 200],
  ['"v0" "v1"', 200],
  ["", 200],
  ['"*"', 200],
];
for (const [ifNoneMatch, status] of NONE_MATCH) {
  it(`ATT3: If-None-Match ${ifNoneMatch} is ${status}`, () => {
    expect(selectBytes({ size: 100, etag: TAG }, { ...NONE, ifNoneMatch }).status).toBe(status);
  });
}

it("ATT3: If-None-Match comes before a range", () => {
  const conditions = { ...NONE, ifNoneMatch: TAG, range: "bytes=0-1" };
  expect(selectBytes({ size: 100, etag: TAG }, conditions)).toEqual({ status: 304, start: 0, length: 0 });
});

it("ATT3: whatever the headers say, the bytes lie within the file", () => {
  const header = fc.option(
    fc.oneof(
      fc.string(),
      fc.tuple(fc.bigInt({ min: 0n }), fc.bigInt({ min: 0n })).map(([a, b]) => `bytes=${a}-${b}`),
      fc.tuple(fc.nat(200), fc.nat(200)).map(([a, b]) => `bytes=${a}-${b}`),
      fc.nat(200).map((n) => `bytes=-${n}`),
      fc.constantFrom(TAG, `W/${TAG}`, "*"),
    ),
  );
  fc.assert(
    fc.property(
      fc.nat(150),
      fc.boolean(),
      header,
      header,
      header,
      (size, head, range, ifRange, ifNoneMatch) => {
        const { status, start, length } = selectBytes(
          { size, etag: TAG },
          { head, range, ifRange, ifNoneMatch },
        );
        expect(start >= 0 && length >= 0 && start + length <= size).toBe(true);
        expect(status !== 206 || length > 0).toBe(true);
        expect(status !== 200 || (start === 0 && length === size)).toBe(true);
      },
    ),
    { seed: 5, numRuns: 2_000 },
  );
});

it("ATT3: reading a long header takes no time", () => {
  const began = performance.now();
  selectBytes(
    { size: 100, etag: TAG },
    { ...NONE, ifNoneMatch: '"a",'.repeat(125), range: `bytes=${",".repeat(490)}` },
  );
  selectBytes({ size: 100, etag: TAG }, { ...NONE, ifNoneMatch: ` ${",".repeat(498)}x` });
  expect(performance.now() - began).toBeLessThan(50);
});
