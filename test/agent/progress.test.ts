import { expect, it } from "vitest";
import { findEnd } from "../../agent/feed/end-of-rows.ts";
import { Pace } from "../../agent/feed/pace.ts";
import { Progress, type ProgressNote } from "../../agent/feed/progress.ts";
import type { LaneOutcome } from "../../agent/imsg/call-queue.ts";
import { LONG_CATCH_UP_ROWS, TAIL_CHATS } from "../../agent/limits.ts";
import { ACCOUNT } from "../imsg-sim/script.ts";
import { VirtualAgent } from "./support/virtual-agent.ts";

const SECOND = 1_000;
const FROM = "+15550100101";
const DAY = 86_400_000;

/** A Mac whose agent was there once and went. */
function away(dialect: "0.15" | "0.9") {
  const one = new VirtualAgent({ dialect });
  const chat = one.script.dm(FROM);
  one.script.appendText(chat, FROM, "before");
  one.started();
  one.crash();
  return { one, chat };
}

const notes = ({ relay }: VirtualAgent) =>
  relay.frames.flatMap((frame) => (frame.t === "note" && frame.kind === "progress" ? [frame] : []));
/** Times the newest chats were asked for. */
const tails = (one: VirtualAgent) =>
  one.requests("chats.list").filter(({ params }) => (params as { limit?: number }).limit === TAIL_CHATS)
    .length;
const limits = (one: VirtualAgent) =>
  one.requests("messages.after").map(({ params }) => (params as { limit?: number }).limit);

for (const dialect of ["0.15", "0.9"] as const) {
  it(`LINK12: once it is long, the total is known: never too low, and right at the end (${dialect})`, () => {
    const { one, chat } = away(dialect);
    one.script.appendBulk(chat, FROM, 9_000);
    for (let at = 0; at < 50; at += 1) one.script.delete(one.script.appendText(chat, FROM, "never mind"));
    // Each of those is a little younger than the one before.
    one.advance(60 * SECOND);
    one.script.appendBulk(chat, FROM, 3_000);
    one.start();
    one.advance(60 * SECOND);
    const told = notes(one);
    expect(told[0]).toMatchObject({ done: 1, total: null, finished: false });
    expect(told[1]).toMatchObject({ total: 12_050, finished: false });
    expect(told.at(-1)).toMatchObject({ done: 12_000, total: 12_000, finished: true });
    expect(one.events("catch_up")[0]).toMatchObject({ total: 12_050, finished: false });
    expect(one.events("catch_up").at(-1)).toMatchObject({ done: 12_000, total: 12_000, finished: true });
    expect(one.agent.status().feed).toMatchObject({ caught_up: true, catch_up: null });
  });

  it(`LINK12: a catch-up that stands still says so, and what is known of it (${dialect})`, () => {
    const { one, chat } = away(dialect);
    one.script.appendBulk(chat, FROM, 20_000);
    one.relay.ackEvents = false;
    one.start();
    one.advance(12 * SECOND);
    const now = one.agent.status().feed.catch_up;
    expect(now?.done).toBeGreaterThan(400);
    expect(now).toMatchObject({ total: 20_000, rows_per_s: 0, seconds_left: null });
    expect(now?.part).toBeCloseTo((now?.done ?? 0) / 20_000, 2);
  });

  it(`LINK12: a link that breaks ends the catch-up that is shown; the next one begins anew (${dialect})`, () => {
    const { one, chat } = away(dialect);
    one.script.appendBulk(chat, FROM, 2_000);
    one.relay.ackEvents = false;
    one.start();
    one.advance(3 * SECOND);
    expect(one.agent.status().feed.catch_up).not.toBeNull();
    one.relay.cut();
    one.advance(1);
    expect(one.agent.status().feed).toMatchObject({ caught_up: false, catch_up: null });
    one.relay.ackEvents = true;
    one.advance(30 * SECOND);
    expect(notes(one).at(-1)).toMatchObject({ done: 2_000, total: 2_000, finished: true });
  });

  it(`LINK12: an imsg that crashes on the way does not begin the count anew (${dialect})`, () => {
    const { one, chat } = away(dialect);
    one.script.appendBulk(chat, FROM, 12_000);
    one.start();
    while ((one.agent.status().feed.catch_up?.done ?? 0) < 5_000) one.advance(10);
    one.faults.set({ kind: "crash", at: "before_effect" });
    one.relay.call("chats.list", {});
    one.advance(60 * SECOND);
    expect(one.events("imsg_ready").length).toBeGreaterThan(2);
    const told = notes(one).map(({ done }) => done);
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(notes(one).at(-1)).toMatchObject({ done: 12_000, total: 12_000, finished: true });
    expect(one.relay.rows).toHaveLength(12_000);
  });

  it(`LINK12: a reconnect after which little waits asks nothing and is one line (${dialect})`, () => {
    const { one, chat } = away(dialect);
    for (let at = 0; at < 20; at += 1) one.script.appendText(chat, FROM, `missed ${at}`);
    const before = tails(one);
    one.start();
    one.advance(10 * SECOND);
    expect(limits(one)).not.toContain(1);
    expect(tails(one)).toBe(before);
    expect(one.events("catch_up")).toMatchObject([{ done: 20, total: 20, finished: true }]);
  });
}

it("LINK12: rows that a new Mac passes over move the bar and are not counted", () => {
  const one = new VirtualAgent();
  const chat = one.script.dm(FROM);
  one.started();
  one.script.appendText(chat, FROM, "logged");
  one.advance(6 * SECOND);
  one.replaceDatabase("second");
  const sender = "+15550100109";
  const from = {
    chat: one.script.dm(sender),
    sender,
    text: "old",
    guid_head: "00000000",
    destination: ACCOUNT,
  };
  one.database.append([{ op: "bulk", count: 20_000, ...from, date: one.clock.now() - 30 * DAY }]);
  one.script.appendText(from.chat, sender, "new");
  one.advance(30 * SECOND);
  const told = notes(one).slice(notes(one).findLastIndex(({ done }) => done === 0));
  expect(told[0]).toMatchObject({ done: 0, finished: false });
  expect(told[0]?.total).toBeGreaterThan(1);
  expect(told[0]?.total).toBeLessThanOrEqual(20_001);
  expect(told.at(-1)).toMatchObject({ done: 1, total: 1, finished: true });
});

it("LINK12: an old engine whose newest chats lie far below says no total instead of a wrong one", () => {
  const { one, chat } = away("0.9");
  one.script.appendText(chat, FROM, "the newest by date");
  const date = one.clock.now() - 30 * DAY;
  // An iCloud back-fill: old messages with new row ids, in the chat whose newest message is asked for.
  for (let at = 0; at < 900; at += 1) one.script.appendText(chat, FROM, `back-filled ${at}`, { date });
  one.start();
  one.advance(30 * SECOND);
  const running = notes(one).filter(({ finished }) => !finished);
  expect(running.length).toBeGreaterThan(0);
  expect(running.every(({ total }) => total === null)).toBe(true);
  expect(notes(one).at(-1)).toMatchObject({ done: 901, total: 901, finished: true });
});

it.each([
  [[], 0, 0],
  [[1], 0, 1],
  [[7, 8, 9], 9, 9],
  [[1, 500, 501], 0, 501],
  [[1, 1_000_000], 1, 1_000_000],
  [Array.from({ length: 5_000 }, (_, at) => at * 3), 100, 14_997],
])("the greatest row id is found without reading what is in between (%#)", (ids, from, greatest) => {
  let asked = 0;
  const own = (_: string, params: unknown, __: number, settle: (outcome: LaneOutcome) => void) => {
    asked += 1;
    const { since_rowid, limit } = params as { since_rowid: number; limit: number };
    const messages = ids
      .filter((id) => id > since_rowid)
      .slice(0, limit)
      .map((id) => ({ id, guid: `g${id}` }));
    const next_rowid = messages.at(-1)?.id ?? since_rowid;
    settle({ kind: "answer", answer: { result: { messages, next_rowid, has_more: messages.length > 0 } } });
    return () => undefined;
  };
  let found: number | undefined;
  findEnd({ own }, true, from, SECOND, (rowid) => (found = rowid));
  expect(found).toBe(greatest);
  expect(asked).toBeLessThan(40);
});

it("the end is unknown where imsg does not answer", () => {
  for (const pages of [true, false]) {
    let found: number | undefined | "nothing" = "nothing";
    const own = (_: string, __: unknown, ___: number, settle: (outcome: LaneOutcome) => void) => {
      settle({ kind: "lost", why: "hung" });
      return () => undefined;
    };
    findEnd({ own }, pages, 0, SECOND, (rowid) => (found = rowid));
    expect(found).toBeUndefined();
  }
});

it("LINK12: how far the end was is no news once it is reached", () => {
  const told: ProgressNote[] = [];
  const waiting: ((outcome: LaneOutcome) => void)[] = [];
  const progress = new Progress({
    clock: { now: () => 0, after: () => () => undefined },
    engine: {
      engine: { version: null, methods: null, pages: true, bridge: null },
      own: (_, __, ___, settle) => {
        waiting.push(settle);
        return () => undefined;
      },
    },
    log: () => undefined,
    times: { hangMs: SECOND },
    onProgress: (note) => told.push(note),
  });
  progress.begin();
  for (let row = 1; row <= LONG_CATCH_UP_ROWS; row += 1) {
    progress.sent();
    progress.passed(row);
  }
  progress.finish();
  // Live rows that came meanwhile lie beyond.
  while (waiting.length > 0)
    waiting.shift()?.({
      kind: "answer",
      answer: { result: { messages: [], next_rowid: 105, has_more: false } },
    });
  expect(told.at(-1)).toMatchObject({ done: LONG_CATCH_UP_ROWS, finished: true });
});

it("the pace is that of the last seconds, and 0 where nothing comes any more", () => {
  const pace = new Pace();
  expect(pace.speed(0, 0, 0)).toBeUndefined();
  pace.note(0, 0, 0);
  expect(pace.speed(100, 50, 50)).toBeUndefined();
  for (let second = 1; second <= 60; second += 1) pace.note(second * SECOND, second * 100, second * 300);
  expect(pace.speed(60 * SECOND, 6_000, 18_000)).toEqual({ rows: 100, ids: 300 });
  for (let second = 61; second <= 80; second += 1)
    pace.note(second * SECOND, 6_000 + (second - 60) * 10, 18_000 + (second - 60) * 10);
  expect(pace.speed(80 * SECOND, 6_200, 18_200)).toEqual({ rows: 10, ids: 10 });
  expect(pace.speed(200 * SECOND, 6_200, 18_200)).toEqual({ rows: 0, ids: 0 });
});
