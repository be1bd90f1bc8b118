import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { LAST_WORDS_BYTES, LOG_FILE_BYTES, LOG_FILES } from "../../agent/limits.ts";
import { takeLastWords } from "../../agent/node/last-words.ts";
import { lastLines, LogFollower } from "../../agent/node/log-reader.ts";
import { RotatingFile, rotatedNames } from "../../agent/node/rotating-file.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "rotating-"));
  file = path.join(folder, "a.log");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const line = (n: number): string => `line ${String(n).padStart(4, "0")}\n`;

it("a log is bounded in size and number, and its newest lines are all there, in order", () => {
  const log = new RotatingFile(file, 100);
  for (let n = 0; n < 200; n += 1) log.write(line(n));
  const names = rotatedNames(file);
  expect(names).toHaveLength(LOG_FILES);
  for (const name of names) expect(statSync(name).size).toBeLessThanOrEqual(100);
  expect(existsSync(`${file}.${LOG_FILES}`)).toBe(false);
  const kept = names
    .toReversed()
    .map((name) => readFileSync(name, "utf8"))
    .join("");
  expect(kept.endsWith(line(198) + line(199))).toBe(true);
  const first = Number(kept.slice(5, 9));
  expect(kept).toBe(Array.from({ length: 200 - first }, (_, at) => line(first + at)).join(""));
});

it("what an earlier life left counts, a line longer than a file has one of its own", () => {
  writeFileSync(file, "x".repeat(95));
  const log = new RotatingFile(file, 100);
  log.write(line(1));
  expect([readFileSync(file, "utf8"), statSync(`${file}.1`).size]).toEqual([line(1), 95]);
  log.write("y".repeat(300));
  log.write(line(2));
  expect([readFileSync(file, "utf8"), statSync(`${file}.1`).size]).toEqual([line(2), 300]);
});

it("the usual size is that of the limits", () => {
  writeFileSync(file, Buffer.alloc(LOG_FILE_BYTES - 5));
  new RotatingFile(file).write(line(1));
  expect(statSync(`${file}.1`).size).toBe(LOG_FILE_BYTES - 5);
});

it("a folder that is gone, or comes back, ends nobody", () => {
  const log = new RotatingFile(path.join(folder, "not", "there.log"));
  expect(() => log.write("x\n")).not.toThrow("anything");
});

it("the last lines are found over all files, and of no file at all nothing is said", () => {
  expect(lastLines(file, 5)).toBeUndefined();
  const log = new RotatingFile(file, 50);
  for (let n = 0; n < 12; n += 1) log.write(line(n));
  expect(lastLines(file, 3)).toEqual(["line 0009", "line 0010", "line 0011"]);
  expect(lastLines(file, 7)).toHaveLength(7);
  expect(lastLines(file, 7)?.[0]).toBe("line 0005");
  expect(lastLines(file, 0)).toEqual([]);
  expect(lastLines(file, 1_000)).toHaveLength(12);
});

it("a log that is followed says every line once, whatever is written, and wherever it moves, at any moment", () => {
  const said: string[] = [];
  const begun = (): LogFollower => {
    const follower = new LogFollower(file);
    said.splice(0, said.length, ...(follower.begin(3) ?? ["none"]));
    return follower;
  };
  const goneOn = (follower: LogFollower): string[] => {
    follower.goOn((text) => void said.push(text));
    follower.look();
    follower.stop();
    return said;
  };
  const unborn = begun();
  writeFileSync(file, "first\nsec");
  expect(goneOn(unborn)).toEqual(["none", "first"]);
  const half = begun();
  appendFileSync(file, "ond\nthird\n");
  expect(goneOn(half)).toEqual(["first", "second", "third"]);
  const moved = begun();
  appendFileSync(file, "fourth\n");
  renameSync(file, `${file}.1`);
  writeFileSync(file, "fifth\n");
  expect(goneOn(moved)).toEqual(["first", "second", "third", "fourth", "fifth"]);
  renameSync(`${file}.1`, `${file}.2`);
  renameSync(file, `${file}.1`);
  const between = begun();
  writeFileSync(file, "sixth\n");
  expect(goneOn(between)).toEqual(["third", "fourth", "fifth", "sixth"]);
});

it("last words are taken once, their end where they are long, and the file is emptied in place", () => {
  expect(takeLastWords(file)).toEqual([]);
  writeFileSync(file, `${"x".repeat(LAST_WORDS_BYTES)}\nError: why\n\n    at once\n`);
  const { ino } = statSync(file);
  expect(takeLastWords(file).slice(-2)).toEqual(["Error: why", "    at once"]);
  expect([statSync(file).size, statSync(file).ino]).toEqual([0, ino]);
  expect(takeLastWords(file)).toEqual([]);
});
