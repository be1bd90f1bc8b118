import { expect, it } from "vitest";
import { barLine, catchUpInWords, caughtUpInWords } from "../../agent/catch-up-words.ts";

const PLAIN = { full: "#", empty: "-", paint: (text: string) => text };
const HALF = { done: 31_000, total: 50_000, part: 0.62, rows_per_s: 4_166, seconds_left: 5 };
const UNKNOWN = { done: 31_000, total: null, part: null, rows_per_s: 4_166, seconds_left: null };
const FIRST = { done: 101, total: 50_000, part: 0, rows_per_s: null, seconds_left: null };

it.each([
  [HALF, "31,000 of ~50,000 messages, 4,166/s, 5 s left"],
  [UNKNOWN, "31,000 messages, 4,166/s"],
  [FIRST, "101 of ~50,000 messages"],
  [{ ...HALF, part: 1, seconds_left: 0 }, "31,000 of ~50,000 messages, 4,166/s"],
])("a line says what is known and nothing else: %o", (now, text) => {
  expect(catchUpInWords(now)).toBe(text);
});

it.each([
  [1, 0.3, "1 message in 0.3 s"],
  [50_000, 12.2, "50,000 messages in 12 s"],
])("the summary of %i rows in %d s is %s", (done, seconds, text) => {
  expect(caughtUpInWords(done, seconds)).toBe(text);
});

it.each([
  [
    119,
    HALF,
    "catching up  ########################----------------   62%  31,000 of ~50,000  4,166/s   5 s left",
  ],
  [79, HALF, "catching up  ###########-------   62%  31,000 of ~50,000  4,166/s   5 s left"],
  [59, HALF, "######-----   62%  31,000 of ~50,000  4,166/s   5 s left"],
  [49, HALF, "######-----   62%  31,000 of ~50,000  5 s left"],
  [39, HALF, "########------   62%  31,000 of ~50,000"],
  [20, HALF, "########------   62%"],
  [9, HALF, "62%"],
  [2, HALF, "62"],
  [79, UNKNOWN, "catching up  31,000 messages  4,166/s"],
  [30, UNKNOWN, "31,000 messages"],
  [5, UNKNOWN, "31,00"],
  [59, { ...HALF, done: 50_000, part: 1, seconds_left: 0 }, "###########  100%  50,000 of ~50,000  4,166/s"],
  [39, FIRST, "--------------    0%     101 of ~50,000"],
])("in %i columns the bar says as much as fits", (columns, now, line) => {
  expect(barLine(now, columns, PLAIN)).toBe(line);
});

it("whatever the numbers and the width, the bar is one line that fits", () => {
  for (let columns = 0; columns <= 130; columns += 1)
    for (const part of [null, 0, 0.333, 0.9999, 1])
      for (const total of [7, 12_345_678]) {
        const now = {
          done: 7,
          total: part === null ? null : total,
          part,
          rows_per_s: 123_456,
          seconds_left: 98_765,
        };
        expect(barLine(now, columns, PLAIN).length).toBeLessThanOrEqual(columns);
      }
});

it("only what is full is coloured", () => {
  const line = barLine(HALF, 59, { ...PLAIN, paint: (text) => `<${text}>` });
  expect(line).toMatch(/^<#{6}>-{5} {3}62%/);
});
