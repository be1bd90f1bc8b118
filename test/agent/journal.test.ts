import { beforeEach, expect, it } from "vitest";
import { COMPACT_AFTER_RECORDS, JOURNAL_MS } from "../../agent/limits.ts";
import { Journal } from "../../agent/journal.ts";
import type { Answer } from "../../shared/jsonrpc.ts";
import { VirtualClock } from "../imsg-sim/virtual-clock.ts";
import { MemoryJournal } from "./support/virtual-agent.ts";

const SENT: Answer = { result: { ok: true, guid: "G" } };
const UNKNOWN = { error: { code: -32001, data: { disposition: "may_have_completed", retry_safe: false } } };

let clock: VirtualClock;
let file: MemoryJournal;
let names: number;

beforeEach(() => {
  clock = new VirtualClock();
  file = new MemoryJournal(clock);
  names = 0;
});

const open = (): Journal =>
  new Journal({
    journal: file,
    clock: { now: () => clock.now(), after: (ms, run) => clock.setTimer(ms, run) },
    randomName: () => {
      names += 1;
      return `journal-${names}`;
    },
    log: () => undefined,
  });

function run(journal: Journal, operation: string, answer: Answer = SENT): void {
  journal.begin(operation, `call-${operation}`, 1, () => undefined);
  journal.finish(operation, `call-${operation}`, 1, answer, () => undefined);
}

it("LINK15: a journal keeps its name over a restart", () => {
  const { id } = open();
  expect(open().id).toBe(id);
});

it("LINK14: an answer outlives the process", () => {
  run(open(), "a");
  expect(open().get("a")).toMatchObject({ answer: SENT, call: "call-a", epoch: 1, acked: false });
});

it("LINK14: what was begun and never finished is unknown after a restart, and stays so", () => {
  open().begin("a", "call-a", 1, () => undefined);
  expect(open().get("a")?.answer).toMatchObject({ error: { ...UNKNOWN.error, data: { operation: "a" } } });
  expect(open().get("a")?.answer).toMatchObject(UNKNOWN);
});

it("LINK14: nothing counts as begun before the disk has it", () => {
  file.delayMs = 5;
  const journal = open();
  clock.advance(10);
  let durable: boolean | undefined;
  journal.begin("a", "call-a", 1, (ok) => {
    durable = ok;
  });
  expect([durable, file.text?.includes("begun")]).toEqual([undefined, false]);
  clock.advance(5);
  expect([durable, file.text?.includes("begun")]).toEqual([true, true]);
});

it("LINK14: a disk that refuses means not begun, and the next write mends the file", () => {
  const journal = open();
  file.failing = true;
  const heard: boolean[] = [];
  journal.begin("a", "call-a", 1, (ok) => heard.push(ok));
  file.failing = false;
  journal.begin("b", "call-b", 1, (ok) => heard.push(ok));
  expect(heard).toEqual([false, true]);
  expect(journal.get("a")).toBeUndefined();
  const again = open();
  expect([again.id, again.get("a"), again.get("b")?.answer]).toMatchObject([journal.id, undefined, UNKNOWN]);
});

for (const cut of [1, 5, 20]) {
  it(`LINK15: a journal that lost its last ${cut} characters gets a new name and keeps what can be read`, () => {
    const first = open();
    run(first, "a");
    run(first, "b");
    file.text = file.text?.slice(0, -cut);
    const second = open();
    expect(second.id).not.toBe(first.id);
    expect(file.aside).toBe(1);
    expect(second.get("a")?.answer).toEqual(SENT);
    expect(second.get("b")?.answer).toMatchObject(UNKNOWN);
    expect(open().id).toBe(second.id);
  });
}

it("LINK15: a changed byte is noticed", () => {
  const first = open();
  run(first, "a");
  file.text = file.text?.replace('"guid":"G"', '"guid":"H"');
  const second = open();
  expect([second.id === first.id, second.get("a")?.answer]).toMatchObject([false, UNKNOWN]);
});

it("LINK15: a journal that is gone gets a new name", () => {
  const first = open();
  file.text = undefined;
  expect(open().id).not.toBe(first.id);
});

it("LINK16: results are unacknowledged until acked, over restarts too", () => {
  const journal = open();
  run(journal, "a");
  run(journal, "b");
  journal.ack(["a", "never heard of"]);
  expect(journal.unacked().map(({ operation }) => operation)).toEqual(["b"]);
  expect(
    open()
      .unacked()
      .map(({ operation }) => operation),
  ).toEqual(["b"]);
});

it("I7: compaction keeps what is unacknowledged and the ids of 24 h, and nothing else", () => {
  const journal = open();
  run(journal, "old acked");
  run(journal, "old unacked");
  journal.ack(["old acked"]);
  clock.advance(JOURNAL_MS + 1);
  run(journal, "young acked");
  journal.ack(["young acked"]);
  for (let at = 0; at < COMPACT_AFTER_RECORDS; at += 1) run(journal, `filler ${at}`);
  expect(journal.get("old acked")).toBeUndefined();
  const again = open();
  expect(again.id).toBe(journal.id);
  expect(again.get("old unacked")?.answer).toEqual(SENT);
  expect(again.get("young acked")).toMatchObject({ answer: SENT, acked: true });
});

it("LINK14: a compaction in the middle of an operation does not finish it", () => {
  const journal = open();
  journal.begin("a", "call-a", 1, () => undefined);
  for (let at = 0; at < COMPACT_AFTER_RECORDS; at += 1) run(journal, `filler ${at}`);
  journal.finish("a", "call-a", 1, SENT, () => undefined);
  expect(open().get("a")?.answer).toEqual(SENT);
});

it("LINK16: a very long answer keeps what names the message", () => {
  const journal = open();
  run(journal, "a", { result: { ok: true, guid: "G", extra: "x".repeat(200_000) } });
  expect(journal.get("a")?.answer).toEqual(SENT);
});
