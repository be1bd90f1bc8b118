import { stripVTControlCharacters } from "node:util";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Spinner } from "../../../agent/doctor/spinner.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("says what is looked at, moves, and leaves an empty line and no timer behind", () => {
  let text = "";
  const spinner = new Spinner({ columns: 20, write: (more: string) => (text += more) }, true);
  spinner.show("imsg");
  expect(text).toBe("⠋ imsg");
  vi.advanceTimersByTime(100);
  expect(stripVTControlCharacters(text)).toBe("⠋ imsg\r⠙ imsg");
  spinner.show("A title that is longer than the window");
  expect(stripVTControlCharacters(text).split("\r").at(-1)).toHaveLength(19);
  spinner.stop();
  expect(text.endsWith("\r\u001B[J")).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
  const before = text;
  spinner.stop();
  expect(text).toBe(before);
});
