import { expect, it } from "vitest";
import { DEFAULT_TIMES } from "../../agent/config/config.ts";
import type { ReaderParts } from "../../agent/feed/reader.ts";
import { ResubscribeReader } from "../../agent/feed/resubscribe-reader.ts";
import { Shown } from "../../agent/feed/shown.ts";
import type { LaneOutcome } from "../../agent/imsg/call-queue.ts";
import { VirtualClock } from "../imsg-sim/virtual-clock.ts";

it("I2: a look beyond the position asks nothing: its rows would pass for the next ones", () => {
  const asked: unknown[] = [];
  const engine = {
    incarnation: 1,
    own: (_: string, params: unknown) => {
      asked.push(params);
      return () => undefined;
    },
  };
  const reader = readerOf(engine, new VirtualClock());
  reader.start(8);
  const results: string[] = [];
  // Row 15 was shown before the link was lost; reading begins anew after row 8.
  for (const rowid of [15, 10, 9]) reader.look(rowid, (result) => results.push(result));
  expect(results).toEqual(["failed", "failed"]);
  expect(asked).toMatchObject([{ since_rowid: 8 }, { since_rowid: 8 }]);
});

it("I2: a look that ends in another imsg process unsubscribes nothing there", () => {
  for (const [incarnation, expected] of [
    [1, 1],
    [2, 0],
  ]) {
    const clock = new VirtualClock();
    const asked: string[] = [];
    const engine = {
      incarnation: 1,
      own: (method: string, _: unknown, __: number, settle: (outcome: LaneOutcome) => void) => {
        asked.push(method);
        settle({ kind: "answer", answer: { result: { subscription: 5 } } });
        return () => undefined;
      },
    };
    const reader = readerOf(engine, clock);
    let looked = "";
    reader.look(7, (result) => {
      looked = result;
    });
    engine.incarnation = incarnation ?? 0;
    clock.advance(5_000);
    expect(looked).toBe(incarnation === 1 ? "looked" : "failed");
    expect(asked.filter((method) => method === "watch.unsubscribe")).toHaveLength(expected ?? 0);
  }
});

it("LINK9: a position is complete only up to the first row that was not shown", () => {
  const shown = new Shown();
  shown.start(10);
  shown.add(11);
  expect([shown.complete, shown.hasGap]).toEqual([11, false]);
  shown.add(13);
  shown.add(14);
  expect([shown.complete, shown.hasGap, shown.has(13), shown.has(12)]).toEqual([11, true, true, false]);
  shown.checkedTo(12);
  expect([shown.complete, shown.hasGap, shown.size]).toEqual([14, false, 0]);
});

const readerOf = (engine: ReaderParts["engine"], clock: VirtualClock): ResubscribeReader =>
  new ResubscribeReader(
    {
      clock: { now: () => clock.now(), after: (ms, run) => clock.setTimer(ms, run) },
      random: () => 0.5,
      engine,
      log: () => undefined,
      debounceMs: 0,
      times: { ...DEFAULT_TIMES, hangMs: 1_000 },
    },
    {
      onRow: () => undefined,
      onSeen: () => undefined,
      onPosition: () => undefined,
      onCaughtUp: () => undefined,
      onNoGuid: () => undefined,
      onNoPages: () => undefined,
      isStale: () => false,
      isFull: () => false,
    },
  );
