import { setTimeout } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import { Child, removeProgram } from "./child.ts";
import { InProcess } from "./in-process.ts";
import { Mac } from "./scenario.ts";
import type { Dialect } from "./host.ts";
import type { Json } from "./wire-message.ts";

const ANA = "+15550100101";
const DIALECTS: readonly Dialect[] = ["0.9", "0.15"];

function imsg(dialect: Dialect): InProcess {
  const engine = new InProcess(dialect);
  engine.script.dm(ANA);
  return engine;
}

const send = (engine: InProcess, text: string): Json | undefined =>
  engine.request("send", { chat_id: 1, text }, text);

describe.each(DIALECTS)("a fault of dialect %s strikes once, at its request", (dialect) => {
  test("hang: nothing is answered or notified any more, and the end of input does not end it", () => {
    const engine = imsg(dialect);
    engine.faults.set({ kind: "hang", method: "send" });
    engine.request("watch.subscribe", { since_rowid: -1 }, "watch");
    expect(send(engine, "one")).toBeUndefined();
    expect(engine.request("chats.list")).toBeUndefined();
    engine.script.appendText(1, ANA, "unseen");
    engine.end();
    engine.clock.advance(60_000);
    expect(engine.lines).toHaveLength(1);
    expect(engine.ended).toBeUndefined();
  });

  test.each([
    ["before_effect", 0, 0],
    ["after_effect", 1, 0],
    ["after_answer", 1, 1],
  ] as const)("crash %s: %i effects and %i answers", (at, effects, answers) => {
    const engine = imsg(dialect);
    engine.faults.set({ kind: "crash", at, method: "send" });
    send(engine, "one");
    expect(engine.ended).toBe("killed");
    expect(engine.database.effects).toHaveLength(effects);
    expect(engine.lines).toHaveLength(answers);
  });

  test("hold before the effect delays both, hold after it delays the answer only", () => {
    const engine = imsg(dialect);
    engine.faults.set({ kind: "hold", ms: 500, method: "send" });
    engine.faults.set({ kind: "hold", ms: 500, at: "after_effect", method: "send", count: 2 });
    send(engine, "one");
    send(engine, "two");
    expect(engine.database.effects).toHaveLength(0);
    engine.clock.advance(500);
    expect(engine.database.effects).toHaveLength(2);
    expect(engine.lines).toHaveLength(1);
    engine.clock.advance(500);
    expect(engine.lines).toHaveLength(2);
  });

  test("lose_answer: the effect is there, the answer never comes, the next request is served", () => {
    const engine = imsg(dialect);
    engine.faults.set({ kind: "lose_answer", method: "send" });
    expect(send(engine, "one")).toBeUndefined();
    expect(engine.database.effects).toHaveLength(1);
    expect(send(engine, "two")).toHaveProperty("result");
  });

  test("fail: the given error, no effect", () => {
    const engine = imsg(dialect);
    engine.faults.set({
      kind: "fail",
      method: "send",
      error: { code: -32603, message: "Internal error", data: "no" },
    });
    expect(send(engine, "one")).toMatchObject({ error: { code: -32603, data: "no" } });
    expect(engine.database.effects).toHaveLength(0);
  });

  test("count and times: strikes the second and third matching request", () => {
    const engine = imsg(dialect);
    engine.faults.set({ kind: "lose_answer", method: "send", count: 2, times: 2 });
    for (const text of ["one", "two", "three", "four"]) send(engine, text);
    expect(engine.messages.map(({ id }) => id)).toStrictEqual(["one", "four"]);
    expect(engine.database.effects).toHaveLength(4);
  });

  test("locked: a query waits 5 s and fails, a watch dies with an error notification", () => {
    const engine = imsg(dialect);
    engine.request("watch.subscribe", { since_rowid: -1, debounce_ms: 0 });
    engine.clock.advance(1);
    engine.faults.set({ kind: "locked", ms: 12_000, method: "chats.list" });
    expect(engine.request("chats.list", {}, "locked")).toBeUndefined();
    engine.script.appendText(1, ANA, "unseen");
    engine.clock.advance(5100);
    expect(engine.answer("locked")).toMatchObject({ error: { code: -32603 } });
    expect(engine.notifications("error")).toStrictEqual([
      { subscription: 1, error: { message: "database is locked (code: 5)" } },
    ]);
    engine.clock.advance(7000);
    expect(engine.request("chats.list")).toHaveProperty("result");
    expect(engine.shown()).toHaveLength(0);
  });

  test("stream_error: the stream is dead after its error, and unsubscribing from it is fine", () => {
    const engine = imsg(dialect);
    engine.faults.set({ kind: "stream_error", message: "disk I/O error (code: 10)" });
    engine.request("watch.subscribe", { since_rowid: -1, debounce_ms: 0 });
    engine.script.appendText(1, ANA, "unseen");
    engine.clock.advance(20_000);
    expect(engine.notifications("error")).toHaveLength(1);
    expect(engine.shown()).toHaveLength(0);
    expect(engine.request("watch.unsubscribe", { subscription: 1 })).toMatchObject({ result: { ok: true } });
  });
});

describe("faults of one dialect", () => {
  test("out_of_order: the answer comes after the next one (0.15)", () => {
    const engine = imsg("0.15");
    engine.faults.set({ kind: "out_of_order", method: "chats.list" });
    engine.request("chats.list", {}, "first");
    engine.request("chats.list", {}, "second");
    expect(engine.messages.map(({ id }) => id)).toStrictEqual(["second", "first"]);
  });

  test("overflow: the watch ends and tells where to resume (0.15)", () => {
    const engine = imsg("0.15");
    engine.script.appendText(1, ANA, "one");
    engine.faults.set({ kind: "overflow" });
    engine.request("watch.subscribe", { debounce_ms: 0 });
    engine.script.appendText(1, ANA, "two");
    engine.clock.advance(100);
    expect(engine.notifications("watch.overflow")).toMatchObject([{ resume_after_rowid: 1, terminal: true }]);
    expect(engine.shown()).toHaveLength(0);
  });

  test("stuck: the effect may come although the answer says still_in_flight (0.15)", () => {
    const engine = imsg("0.15");
    engine.faults.set({ kind: "stuck", effect: "late", ms: 300, method: "send" });
    send(engine, "one");
    engine.clock.advance(300);
    expect(engine.messages).toMatchObject([{ error: { code: -32001 } }]);
    expect(engine.database.effects).toHaveLength(1);
  });

  test("lose_tail: rows that follow the answer of a subscribe without since_rowid are lost (0.9)", () => {
    const engine = imsg("0.9");
    engine.faults.set({ kind: "lose_tail", ms: 200 });
    engine.request("watch.subscribe", { debounce_ms: 0 });
    engine.script.appendText(1, ANA, "lost");
    engine.clock.advance(300);
    engine.script.appendText(1, ANA, "seen");
    engine.clock.advance(10_000);
    expect(engine.shown().map(({ text }) => text)).toStrictEqual(["seen"]);
  });

  test("lose_tail does nothing to a subscribe that says where to start (0.9)", () => {
    const engine = imsg("0.9");
    engine.script.appendText(1, ANA, "before");
    engine.faults.set({ kind: "lose_tail", ms: 200 });
    engine.request("watch.subscribe", { debounce_ms: 0, since_rowid: 1 });
    engine.script.appendText(1, ANA, "kept");
    engine.clock.advance(10_000);
    expect(engine.shown().map(({ text }) => text)).toStrictEqual(["kept"]);
  });

  test("the races of 0.9 follow the seed: a backlog is shown before or after its subscribe answer", () => {
    const firstLine = (seed: number): boolean => {
      const engine = new InProcess("0.9", { seed, backlogFirst: 55 / 300 });
      engine.script.appendText(engine.script.dm(ANA), ANA, "backlog");
      engine.request("watch.subscribe", { since_rowid: -1 }, 1);
      engine.clock.advance(1);
      expect(engine.lines).toHaveLength(2);
      return engine.messages[0]?.["method"] === "message";
    };
    const early = Array.from({ length: 300 }, (_, seed) => firstLine(seed)).filter(Boolean).length;
    expect(early).toBeGreaterThan(30);
    expect(early).toBeLessThan(90);
  });
});

describe("faults of running child processes", () => {
  const macs: Mac[] = [];
  const children: Child[] = [];
  const start = (mac: Mac): Child => {
    const child = new Child(["rpc", "--json"], mac.env);
    children.push(child);
    return child;
  };
  const newMac = (dialect: Dialect): Mac => {
    const mac = new Mac({ settings: { dialect } });
    mac.dm(ANA);
    macs.push(mac);
    return mac;
  };
  afterAll(() => {
    for (const child of children) child.kill();
    for (const mac of macs) mac.remove();
    removeProgram();
  });

  test("a fault set while they run strikes exactly one of two processes", async () => {
    const mac = newMac("0.9");
    const [one, two] = [start(mac), start(mac)];
    await Promise.all([one.request("chats.list"), two.request("chats.list")]);
    const id = mac.fault({ kind: "crash", at: "after_effect", method: "send" });
    one.write(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "send", params: { chat_id: 1, text: "one" } }));
    expect(await one.exit()).toStrictEqual({ code: null, signal: "SIGKILL" });
    expect(mac.claimed(id)).toBe(true);
    expect(await two.request("send", { chat_id: 1, text: "two" })).toHaveProperty("result");
    expect(mac.sent().map(({ text }) => text)).toStrictEqual(["one", "two"]);
    expect(one.lines).toHaveLength(1);
  });

  test("a hung process outlives the end of its input", async () => {
    const mac = newMac("0.15");
    const child = start(mac);
    const id = mac.fault({ kind: "hang", method: "send", at: "after_effect" });
    child.write(
      JSON.stringify({ jsonrpc: "2.0", id: 1, method: "send", params: { chat_id: 1, text: "one" } }),
    );
    child.process.stdin.end();
    await mac.until(() => mac.sent().length === 1 && mac.claimed(id));
    // That something does not end can only be seen by giving it time to.
    const ended = await Promise.race([child.exit().then(() => true), setTimeout(200, false)]);
    expect(ended).toBe(false);
    child.kill();
    await child.exit();
    expect(child.lines).toHaveLength(0);
  });
});
