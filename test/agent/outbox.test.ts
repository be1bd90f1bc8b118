import { expect, it } from "vitest";
import type { EventRow } from "../../shared/frames.ts";
import { EVENT_WINDOW_FRAMES, MAX_EVENT_FRAME_BYTES, MAX_EVENT_ROWS } from "../../shared/limits.ts";
import { BACKLOG_ROWS } from "../../agent/limits.ts";
import { Outbox, type EventsFrame } from "../../agent/outbox.ts";

const KIB = 1024;

function box() {
  const sent: EventsFrame[] = [];
  const acked: number[] = [];
  const rooms: number[] = [];
  const outbox: Outbox = new Outbox({
    send: (frame) => sent.push(frame),
    onAcked: ({ pairs }) => acked.push(...pairs.map(({ rowid }) => rowid)),
    onRoom: () => rooms.push(outbox.backlog),
  });
  outbox.open();
  const row = (rowid: number): EventRow => ({ rowid, message: { id: rowid, guid: `g${rowid}` } });
  const add = (rowid: number, bytes = 1 * KIB, database = 1): void =>
    outbox.add(database, row(rowid), bytes, rowid);
  return { outbox, sent, acked, rooms, add };
}

it("LINK8: frames count from 1, without gaps, again on every link", () => {
  const { outbox, sent, add } = box();
  for (const rowid of [1, 2]) {
    add(rowid);
    outbox.flush();
  }
  outbox.open();
  add(3);
  outbox.flush();
  expect(sent.map(({ n }) => n)).toEqual([1, 2, 1]);
});

it("LINK8: rows of one turn share a frame of at most 500 rows", () => {
  const { outbox, sent, add } = box();
  for (let rowid = 1; rowid <= MAX_EVENT_ROWS + 1; rowid += 1) add(rowid, 1);
  outbox.flush();
  expect(sent.map(({ rows }) => rows.length)).toEqual([MAX_EVENT_ROWS, 1]);
});

it("LINK8: a frame holds about 1 MiB, and a larger row goes alone", () => {
  const { outbox, sent, add } = box();
  add(1, MAX_EVENT_FRAME_BYTES / 2);
  add(2, MAX_EVENT_FRAME_BYTES / 2);
  add(3, 1);
  add(4, MAX_EVENT_FRAME_BYTES * 2);
  add(5, 1);
  outbox.flush();
  expect(sent.map(({ rows }) => rows.map(({ rowid }) => rowid))).toEqual([[1, 2], [3], [4], [5]]);
});

it("LINK8: at most 8 frames are unacknowledged", () => {
  const { outbox, sent, add } = box();
  for (let rowid = 1; rowid <= 20; rowid += 1) {
    add(rowid);
    outbox.flush();
  }
  expect(sent).toHaveLength(EVENT_WINDOW_FRAMES);
  outbox.ack(1);
  // What had to wait goes together.
  expect(sent.at(-1)).toMatchObject({ n: 9, resume: 20 });
  expect(sent.at(-1)?.rows).toHaveLength(12);
});

it("LINK8: at most 4 MiB are unacknowledged", () => {
  const { outbox, sent, add } = box();
  for (let rowid = 1; rowid <= 8; rowid += 1) add(rowid, MAX_EVENT_FRAME_BYTES);
  outbox.flush();
  expect(sent).toHaveLength(4);
  outbox.ack(2);
  expect(sent).toHaveLength(6);
});

it("LINK9: resume never lies beyond a row that is not in this frame or one before", () => {
  const { outbox, sent, add } = box();
  for (let rowid = 1; rowid <= 30; rowid += 1) {
    add(rowid);
    outbox.flush();
  }
  for (let n = 1; n <= sent.length; n += 1) outbox.ack(n);
  let passed = 0;
  for (const { resume, rows } of sent) {
    passed = Math.max(passed, ...rows.map(({ rowid }) => rowid));
    expect(resume).toBe(passed);
  }
  expect(passed).toBe(30);
});

it("LINK9: acks are cumulative, and an ack for nothing is told apart", () => {
  const { outbox, acked, add } = box();
  for (const rowid of [1, 2, 3]) {
    add(rowid);
    outbox.flush();
  }
  expect([outbox.ack(2), acked]).toEqual([true, [1, 2]]);
  expect([outbox.ack(1), outbox.ack(4), acked]).toEqual([true, false, [1, 2]]);
});

it("LINK11: rows of two databases never share a frame", () => {
  const { outbox, sent, add } = box();
  add(10, 1, 1);
  outbox.mark(2, 0, { until: 77 });
  add(3, 1, 2);
  outbox.flush();
  add(99, 1, 3);
  outbox.flush();
  expect(
    sent.slice(0, 3).map(({ database, until, resume, rows }) => [database, until, resume, rows.length]),
  ).toEqual([
    [1, undefined, 10, 1],
    [2, 77, 0, 0],
    [2, undefined, 3, 1],
  ]);
  add(5, 1, 3);
  add(6, 1, 4);
  outbox.flush();
  expect(sent.slice(3).map(({ database, rows }) => [database, rows.length])).toEqual([
    [3, 1],
    [3, 1],
    [4, 1],
  ]);
});

it("I2: a full backlog is told, and room is announced once when half of it is gone", () => {
  const { outbox, sent, rooms, add } = box();
  for (let rowid = 1; rowid <= BACKLOG_ROWS; rowid += 1) add(rowid, 1);
  outbox.flush();
  expect(outbox.isFull).toBe(true);
  for (let n = 1; n <= sent.length; n += 1) outbox.ack(n);
  expect(outbox.isFull).toBe(false);
  expect(rooms).toEqual([0]);
  expect(outbox.isIdle).toBe(true);
});
