import { expect, it } from "vitest";
import { bytesInWords, durationInWords, grouped } from "../../../shared/terminal/progress-words.ts";

it.each([
  [0, "0"],
  [999, "999"],
  [1_000, "1,000"],
  [1_234_567, "1,234,567"],
])("%i is written %s", (count, text) => {
  expect(grouped(count)).toBe(text);
});

it.each([
  [0, "0 s"],
  [0.4, "0.4 s"],
  [12.3, "12 s"],
  [99, "99 s"],
  [100, "2 min"],
  [3_600, "60 min"],
  [6_000, "1 h 40 min"],
  [7_200, "2 h"],
])("%d seconds are %s", (seconds, text) => {
  expect(durationInWords(seconds)).toBe(text);
});

it.each([
  [0, "0 B"],
  [999, "999 B"],
  [1_000, "1.0 kB"],
  [4_249_999, "4.2 MB"],
  [99_949_999, "99.9 MB"],
  [99_950_000, "100 MB"],
  [999_499_999, "999 MB"],
  [999_500_000, "1.0 GB"],
  [5e15, "5000 TB"],
])("%i bytes are %s", (bytes, text) => {
  expect(bytesInWords(bytes)).toBe(text);
});
