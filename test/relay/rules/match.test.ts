import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  matchRows,
  type Horizon,
  type OwnRow,
  type UnknownPart,
} from "../../../relay/account/sending/match.ts";
import { laneOf, Turns } from "../../../relay/account/sending/turns.ts";
import { ROW_EARLY_MS, ROW_LATE_MS } from "../../../shared/limits.ts";

const part = (operation: string, change: Partial<UnknownPart> = {}): UnknownPart => ({
  operation,
  part: 0,
  chat: "-;+15550001",
  text_hash: "a",
  from: 100_000,
  until: 110_000,
  seq: 10,
  ...change,
});
const row = (guid: string, change: Partial<OwnRow> = {}): OwnRow => ({
  guid,
  chat: "-;+15550001",
  text_hash: "a",
  date: 105_000,
  seq: 11,
  ...change,
});
const EVERYTHING = { seq: 0, from: 0 };
const found = (parts: readonly UnknownPart[], rows: readonly OwnRow[]): string[] =>
  matchRows(parts, rows, EVERYTHING).map(
    (match) => `${match.part.operation}.${match.part.part}=${match.guid}`,
  );

describe("which row is whose (SEND6)", () => {
  it.each<[string, Partial<OwnRow>, boolean]>([
    ["just before it was given", { date: 100_000 - ROW_EARLY_MS }, true],
    ["too long before", { date: 99_999 - ROW_EARLY_MS }, false],
    ["just after it was given up", { date: 110_000 + ROW_LATE_MS }, true],
    ["too long after", { date: 110_001 + ROW_LATE_MS }, false],
    ["logged before it was given", { seq: 10 }, false],
    ["another text", { text_hash: "b" }, false],
    ["another chat", { chat: "-;+15550002" }, false],
  ])("SEND6 a row %s", (_, change, isFound) => {
    expect(found([part("A")], [row("1", change)])).toEqual(isFound ? ["A.0=1"] : []);
  });

  it("SEND6 as many rows as parts: each has one, in order", () => {
    const two = [part("B", { from: 101_000 }), part("A")];
    expect(found(two, [row("2", { date: 106_000 }), row("1")])).toEqual(["A.0=1", "B.0=2"]);
    const parts = [part("A", { part: 1 }), part("A")];
    expect(found(parts, [row("1", { seq: 11 }), row("2", { seq: 12 })])).toEqual(["A.0=1", "A.1=2"]);
  });

  it("SEND6 fewer rows, or more, decide nothing", () => {
    expect(found([part("A"), part("B")], [row("1")])).toEqual([]);
    expect(found([part("A")], [row("1"), row("2")])).toEqual([]);
  });

  it("SEND6 while one alike is under way nothing is decided", () => {
    expect(found([part("A"), part("B", { until: null })], [row("1"), row("2")])).toEqual([]);
  });

  it.each<[string, Partial<UnknownPart>, string]>([
    ["not known", { chat: null }, "-;+15550001"],
    ["not known, and the row is of a group", { chat: null }, "+;chat7"],
    ["a contact's, by name", { chat: "-;Mum" }, "-;+15550001"],
  ])("SEND6 a send whose chat is %s may have any row there: nothing is decided", (_, change, chat) => {
    expect(found([part("A", { chat })], [row("1", { chat })])).toEqual(["A.0=1"]);
    expect(found([part("A", { chat }), part("B", change)], [row("1", { chat })])).toEqual([]);
    expect(found([part("B", change)], [row("1", { chat })])).toEqual([]);
  });

  it("SEND6 a row whose text was not kept may be of any send there, and proves none", () => {
    expect(found([part("A")], [row("1", { text_hash: null })])).toEqual([]);
    expect(found([part("A")], [row("1"), row("2", { text_hash: null })])).toEqual([]);
    expect(found([part("A")], [row("1"), row("2", { text_hash: null, chat: "+;chat7" })])).toEqual(["A.0=1"]);
  });

  it("SEND6 where rows were forgotten, or sends, nothing is decided", () => {
    const decided = (known: Horizon): number => matchRows([part("A")], [row("1")], known).length;
    expect(decided({ seq: 10, from: 100_000 - ROW_EARLY_MS })).toBe(1);
    expect(decided({ seq: 11, from: 0 })).toBe(0);
    expect(decided({ seq: 0, from: 100_001 - ROW_EARLY_MS })).toBe(0);
  });

  it("SEND6 what does not hang together is decided on its own", () => {
    const parts = [part("A"), part("B", { text_hash: "b" }), part("C", { text_hash: "b" })];
    expect(found(parts, [row("1"), row("2", { text_hash: "b" })])).toEqual(["A.0=1"]);
    const apart = [part("A"), part("B", { from: 900_000, until: 910_000 })];
    expect(found(apart, [row("1"), row("2", { date: 905_000 })])).toEqual(["A.0=1", "B.0=2"]);
    expect(found(apart, [row("1")])).toEqual(["A.0=1"]);
  });

  it("SEND6 no row is two parts', whatever the order in which they are looked at", () => {
    const few = fc.constantFrom("a", "b");
    const at = fc.integer({ min: 0, max: 4 }).map((n) => 100_000 + n * ROW_LATE_MS);
    const parts = fc.array(fc.record({ text_hash: few, from: at, until: at }), { maxLength: 5 });
    const rows = fc.array(fc.record({ text_hash: few, date: at }), { maxLength: 6 });
    fc.assert(
      fc.property(parts, rows, (askedParts, askedRows) => {
        const all = askedParts.map((change, n) => part(`P${n}`, change));
        const shown = askedRows.map((change, n) => row(`R${n}`, { ...change, seq: 11 + n }));
        const once = matchRows(all, shown, EVERYTHING);
        expect(new Set(once.map(({ guid }) => guid)).size).toBe(once.length);
        expect(new Set(once.map((match) => match.part.operation)).size).toBe(once.length);
        // Of those that are quite alike either may have either.
        const again = matchRows(all.toReversed(), shown.toReversed(), EVERYTHING);
        expect(new Set(again.map(({ guid }) => guid))).toEqual(new Set(once.map(({ guid }) => guid)));
        expect(new Set(again.map((match) => match.part.operation))).toEqual(
          new Set(once.map((match) => match.part.operation)),
        );
      }),
    );
  });
});

describe("whose turn it is (SEND3)", () => {
  it.each([
    ["-;+15550001234", "-;0001234"],
    ["-;+5550001234", "-;0001234"],
    ["-;+12345", "-;12345"],
    ["-;a@b.c", "-;a@b.c"],
    ["+;chat7", "+;chat7"],
    [null, "op_1"],
  ])("SEND3 what goes to %s goes in lane %s", (chat, lane) => {
    expect(laneOf({ id: "op_1", chat })).toBe(lane);
  });

  it("SEND3 one of a chat at a time, in order; as many chats as are allowed", () => {
    const turns = new Turns(2);
    for (const id of ["a1", "a2", "b1", "c1"]) turns.add(id, id.slice(0, 1));
    expect(turns.start()).toEqual(["a1", "b1"]);
    expect(turns.start()).toEqual([]);
    expect(turns.waiting).toBe(2);
    turns.end("a1");
    expect(turns.start()).toEqual(["a2"]);
    turns.end("b1");
    turns.end("a2");
    expect(turns.start()).toEqual(["c1"]);
  });

  it("SEND3 one that is taken back makes room for the next of its chat", () => {
    const turns = new Turns(2);
    turns.resume("a1", "a");
    turns.add("a2", "a");
    turns.add("a3", "a");
    turns.end("a2");
    turns.end("a1");
    expect(turns.start()).toEqual(["a3"]);
  });
});
