import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Calls, type Outcome } from "../../shared/calls.ts";
import { Peer, type PeerHandlers } from "../../shared/peer.ts";
import { VirtualClock } from "./virtual.ts";

const kindsOf = (outcomes: readonly Outcome[]): string[] => outcomes.map(({ kind }) => kind);

describe("calls", () => {
  const open = () => {
    const clock = new VirtualClock();
    const calls = new Calls(clock);
    const outcomes: Outcome[] = [];
    calls.open("a", 100, (outcome) => outcomes.push(outcome));
    return { clock, calls, outcomes };
  };

  it("LINK13 an answer settles once, and whatever comes later finds nobody", () => {
    const { clock, calls, outcomes } = open();
    expect(calls.answer("a", { result: 1 })).toBe(true);
    expect([calls.answer("a", { result: 2 }), calls.cancel("a"), calls.answer("b", { result: 3 })]).toEqual([
      false,
      false,
      false,
    ]);
    calls.close();
    clock.pass(1_000);
    expect(outcomes).toEqual([{ kind: "answer", answer: { result: 1 } }]);
    expect([calls.size, clock.timers]).toEqual([0, 0]);
  });

  it("LINK13 a deadline is reached at its time and not before", () => {
    const { clock, calls, outcomes } = open();
    clock.pass(99);
    expect(outcomes).toEqual([]);
    clock.pass(1);
    expect(kindsOf(outcomes)).toEqual(["deadline"]);
    expect(calls.answer("a", { result: 1 })).toBe(false);
    expect(clock.timers).toBe(0);
  });

  it("LINK13 cancel and close settle everybody once", () => {
    const { clock, calls, outcomes } = open();
    calls.open("b", 50, (outcome) => outcomes.push(outcome));
    calls.open("c", 10, (outcome) => outcomes.push(outcome));
    expect(calls.cancel("b")).toBe(true);
    calls.close();
    calls.close();
    expect(kindsOf(outcomes)).toEqual(["cancelled", "closed", "closed"]);
    expect([calls.size, clock.timers]).toEqual([0, 0]);
  });

  it("one timer waits, for the nearest deadline", () => {
    const { clock, calls, outcomes } = open();
    for (const [id, ms] of [
      ["b", 50],
      ["c", 200],
      ["d", 50],
    ] as const)
      calls.open(id, ms, (outcome) => outcomes.push(outcome));
    expect(clock.timers).toBe(1);
    clock.pass(50);
    expect(outcomes).toHaveLength(2);
    expect(clock.timers).toBe(1);
    clock.pass(150);
    expect(outcomes).toHaveLength(4);
    expect(clock.timers).toBe(0);
  });

  it("a deadline in the past or of zero is reached, not forgotten", () => {
    const clock = new VirtualClock();
    const calls = new Calls(clock);
    const outcomes: Outcome[] = [];
    for (const ms of [0, -5]) calls.open(`${ms}`, ms, (outcome) => outcomes.push(outcome));
    clock.pass(0);
    expect(kindsOf(outcomes)).toEqual(["deadline", "deadline"]);
  });

  it("an id that is open cannot be opened again", () => {
    const { calls } = open();
    expect(() => calls.open("a", 1, () => undefined)).toThrow("already open");
    expect(calls.has("a")).toBe(true);
  });

  it("a call may be opened while another settles, also at a deadline", () => {
    const clock = new VirtualClock();
    const calls = new Calls(clock);
    const outcomes: Outcome[] = [];
    calls.open("a", 10, () => calls.open("a", 10, (outcome) => outcomes.push(outcome)));
    clock.pass(10);
    expect([calls.size, clock.timers, outcomes.length]).toEqual([1, 1, 0]);
    clock.pass(10);
    expect(kindsOf(outcomes)).toEqual(["deadline"]);
    expect(clock.timers).toBe(0);
  });

  it("whatever happens in whatever order, each settles exactly once and no timer is left", () => {
    const step = fc.tuple(
      fc.constantFrom("open", "answer", "cancel", "pass", "close"),
      fc.nat(5),
      fc.nat(40),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const clock = new VirtualClock();
        const calls = new Calls(clock);
        const settled: number[] = [];
        for (const [what, id, ms] of steps) {
          if (what === "open" && !calls.has(`${id}`)) {
            const at = settled.push(0) - 1;
            calls.open(`${id}`, ms, () => (settled[at] = (settled[at] ?? 0) + 1));
          }
          if (what === "answer") calls.answer(`${id}`, { result: null });
          if (what === "cancel") calls.cancel(`${id}`);
          if (what === "pass") clock.pass(ms);
          if (what === "close") calls.close();
          expect(clock.timers).toBe(calls.size === 0 ? 0 : 1);
        }
        clock.pass(100);
        expect(settled.every((times) => times === 1)).toBe(true);
        expect([calls.size, clock.timers]).toEqual([0, 0]);
      }),
    );
  });
});

/** Two peers whose texts wait until they are let through. */
function pair(left: PeerHandlers = {}, right: PeerHandlers = {}) {
  const clock = new VirtualClock();
  const wire: { to: "one" | "two"; text: string }[] = [];
  const one = new Peer(clock, (text) => wire.push({ to: "two", text }), left);
  const two = new Peer(clock, (text) => wire.push({ to: "one", text }), right);
  const flush = (at = 0): void => {
    const [frame] = wire.splice(at, 1);
    if (frame !== undefined) (frame.to === "one" ? one : two).receive(frame.text);
  };
  const flushAll = (): void => {
    while (wire.length > 0) flush();
  };
  return { clock, wire, one, two, flush, flushAll };
}

describe("peer", () => {
  it("RPC2 answers are matched by id, in whatever order they come", async () => {
    const asked: unknown[] = [];
    const { wire, one, two, flush, flushAll, clock } = pair(
      {},
      { onRequest: ({ id, method }) => (asked.push(method), two.reply(id, { result: method })) },
    );
    const outcomes = ["a", "b", "c"].map((method) => one.call(method, {}, 100));
    for (let at = 0; at < 3; at += 1) flush();
    expect(wire).toHaveLength(3);
    flush(2);
    flush(0);
    flushAll();
    expect(await Promise.all(outcomes)).toEqual(
      ["a", "b", "c"].map((result) => ({ kind: "answer", answer: { result } })),
    );
    expect([one.pending, clock.timers, asked]).toEqual([0, 0, ["a", "b", "c"]]);
  });

  it("RPC2 keys in any order, and more of them than expected", async () => {
    const { one, wire } = pair();
    const outcome = one.call("m", undefined, 100);
    expect(JSON.parse(wire[0]?.text ?? "")).toEqual({ jsonrpc: "2.0", id: 1, method: "m" });
    one.receive('{"result":{"a":1},"later":1,"id":1,"jsonrpc":"2.0"}');
    expect(await outcome).toEqual({ kind: "answer", answer: { result: { a: 1 } } });
  });

  it("a settle runs in the turn of its answer", () => {
    const { one } = pair();
    const order: string[] = [];
    one.ask("m", {}, 100, () => order.push("settled"));
    one.receive('{"id":1,"result":1}');
    order.push("after");
    expect(order).toEqual(["settled", "after"]);
  });

  it("LINK13 a late, a doubled and a foreign answer are strays", async () => {
    const strays: string[] = [];
    const { clock, one } = pair({ onStray: (why) => strays.push(why) });
    const outcome = one.call("m", {}, 100);
    clock.pass(100);
    expect(await outcome).toEqual({ kind: "deadline" });
    for (const text of [
      '{"id":1,"result":1}',
      '{"id":99,"result":1}',
      '{"id":null,"error":{"code":-32700,"message":"Parse error"}}',
    ])
      one.receive(text);
    expect(strays).toEqual([
      "nobody waits for this answer",
      "nobody waits for this answer",
      "nobody waits for this answer",
    ]);
  });

  it("what is no JSON-RPC is a stray, and the conversation goes on", async () => {
    const strays: string[] = [];
    const { one } = pair({ onStray: (why) => strays.push(why) });
    const outcome = one.call("m", {}, 100);
    for (const text of ["", "{", "[]", "5", `${"[".repeat(65)}${"]".repeat(65)}`, "{}"]) one.receive(text);
    expect(strays).toEqual([
      "not_json",
      "not_json",
      "request must be an object",
      "request must be an object",
      "too_deep",
      "method is required",
    ]);
    one.receive('{"id":1,"result":1}');
    expect(await outcome).toMatchObject({ kind: "answer" });
  });

  it("requests and notifications reach their handlers, with what else they carry", () => {
    const seen: unknown[] = [];
    const { one, two, flushAll } = pair(
      {},
      {
        onRequest: (request) => seen.push(request),
        onNotification: (method, params) => seen.push([method, params]),
      },
    );
    void one.call("m", { a: 1 }, 100, { idempotency_key: "k" });
    one.notify("n", [1]);
    flushAll();
    expect(seen).toMatchObject([{ id: 1, method: "m", params: { a: 1 }, idempotency_key: "k" }, ["n", [1]]]);
    two.close();
  });

  it("LINK13 after close every pending and every later call is closed, and nothing is sent", async () => {
    const { clock, one, wire } = pair();
    const pending = one.call("m", {}, 100);
    one.close();
    const sent = wire.length;
    one.notify("n", {});
    one.reply(1, { result: 1 });
    expect([await pending, await one.call("m", {}, 100)]).toEqual([{ kind: "closed" }, { kind: "closed" }]);
    expect([wire.length, one.pending, clock.timers]).toEqual([sent, 0, 0]);
  });

  it("LINK13 cancel stops the wait, once", async () => {
    const { clock, one } = pair();
    const { outcome, cancel } = one.start("m", {}, 100);
    cancel();
    cancel();
    one.receive('{"id":1,"result":1}');
    expect(await outcome).toEqual({ kind: "cancelled" });
    expect(clock.timers).toBe(0);
  });

  it("an answer may be given by hand, for one too long to be read", async () => {
    const { one } = pair();
    const outcome = one.call("m", {}, 100);
    expect([one.answer("1", { result: 1 }), one.answer("1", { result: 2 })]).toEqual([true, false]);
    expect(await outcome).toEqual({ kind: "answer", answer: { result: 1 } });
  });

  it("a text id is not the number it looks like to anybody else, but finds its call", async () => {
    const { one } = pair();
    const outcome = one.call("m", {}, 100);
    one.receive('{"id":"1","result":1}');
    expect(await outcome).toMatchObject({ kind: "answer" });
  });

  it("RPC2 any interleaving of two ends that ask each other: every call is answered, none twice", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(10)), { maxLength: 40 }), (steps) => {
        const settled: number[] = [];
        const made = pair(
          { onRequest: ({ id }) => made.one.reply(id, { result: id }) },
          { onRequest: ({ id }) => made.two.reply(id, { result: id }) },
        );
        for (const [isOne, at] of steps) {
          const index = settled.push(0) - 1;
          (isOne ? made.one : made.two).ask("m", {}, 1_000, ({ kind }) => {
            expect(kind).toBe("answer");
            settled[index] = (settled[index] ?? 0) + 1;
          });
          made.flush(at);
        }
        made.flushAll();
        expect(settled.every((times) => times === 1)).toBe(true);
        expect([made.one.pending, made.two.pending, made.clock.timers]).toEqual([0, 0, 0]);
      }),
    );
  });
});
