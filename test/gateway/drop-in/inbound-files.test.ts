// I9: messages that wait for their files, later ones that pass them, and what is left when the process dies.
import { randomUUID } from "node:crypto";
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { HeldRows } from "../../../gateway/drop-in/held-rows.ts";
import type { Fetched } from "../../../gateway/drop-in/inbound-files.ts";
import {
  FETCH_AGAIN_MS,
  MAX_AWAY_MS,
  MAX_FETCHES,
  MAX_HELD_ROWS,
  MAX_HOLD_MS,
} from "../../../gateway/limits.ts";
import { converse } from "../support/converse.ts";
import { settle } from "../support/virtual-clock.ts";

const folder = (): string => mkdtempSync(path.join(tmpdir(), "held-"));
/** A process each time; nobody else lives. */
const mine = () => {
  const own = `7-${randomUUID()}`;
  return { own: () => own, isRunning: (name: string) => name === own };
};

const PHOTO = {
  transfer_name: "a.png",
  original_path: "/Users/x/a.png",
  filename: "~/a.png",
  missing: false,
};
const message = (n: number, files = 0): object => ({
  id: n,
  guid: `G${n}`,
  chat_id: 1,
  text: `text ${n}`,
  attachments: Array.from({ length: files }, () => PHOTO),
});

/** Fetches that end when the test says so. */
function scene(where = folder()) {
  const asked: { reference: string; name: string; end: (fetched: Fetched) => void }[] = [];
  const held = new HeldRows(where, mine());
  const conversation = converse({
    held,
    fetch: (reference, name, signal) =>
      new Promise((end) => {
        asked.push({ reference, name, end });
        signal.addEventListener("abort", () => end({ why: "it took too long" }));
      }),
  });
  const { relay, out } = conversation;
  const subscribe = async (id: number): Promise<void> => {
    conversation.ask(id, "watch.subscribe", { attachments: true });
    const frame = relay.last.asked("watch.subscribe").at(-1);
    relay.last.answer(frame, { result: { subscription: id, relay: { id: "log1.0" } } });
    await settle();
  };
  const show = async (n: number, references?: (string | null)[]): Promise<void> => {
    const note = references === undefined ? {} : { attachments: references };
    relay.last.show(1, n, message(n, references?.length), "log1", note);
    await settle();
  };
  const shown = (): unknown[] =>
    out.flatMap(({ method, params }) => (method === "message" ? [params?.["message"]] : []));
  return { ...conversation, asked, held, where, subscribe, show, shown };
}

describe("a message with a file", () => {
  test("I9 waits for its file, and is shown with a path of this machine", async () => {
    const { relay, subscribe, show, shown, asked, held } = scene();
    relay.last.open();
    await subscribe(1);
    await show(5, ["att_1"]);
    expect(asked).toMatchObject([{ reference: "att_1", name: "a.png" }]);
    expect([shown(), held.all.length]).toEqual([[], 1]);
    asked[0]?.end({ path: "/here/a.png" });
    await settle();
    expect(shown()).toMatchObject([
      { id: 5, attachments: [{ original_path: "/here/a.png", filename: "/here/a.png", missing: false }] },
    ]);
    expect(held.all).toEqual([]);
  });

  test("I9 a later one passes it, and it is on disk before that", async () => {
    const { relay, subscribe, show, shown, asked, where } = scene();
    relay.last.open();
    await subscribe(1);
    await show(5, ["att_1"]);
    const [file = ""] = readdirSync(where);
    expect(readFileSync(path.join(where, file), "utf8")).toContain('"G5"');
    await show(6);
    expect(shown()).toMatchObject([{ id: 6 }]);
    asked[0]?.end({ path: "/here/a.png" });
    await settle();
    expect(shown()).toMatchObject([{ id: 6 }, { id: 5 }]);
  });

  test("I9 what a killed process left is shown first by the next, however far the gateway's place is", async () => {
    const first = scene();
    first.relay.last.open();
    await first.subscribe(1);
    await first.show(5, ["att_1"]);
    await first.show(6);
    // As a SIGKILL in the middle of a write leaves it.
    const [left = ""] = readdirSync(first.where);
    appendFileSync(path.join(first.where, left), '{"held":{"mess');
    const next = scene(first.where);
    next.relay.last.open();
    await next.subscribe(1);
    expect(next.asked).toMatchObject([{ reference: "att_1" }]);
    next.asked[0]?.end({ path: "/here/a.png" });
    await settle();
    expect(next.shown()).toMatchObject([{ id: 5, attachments: [{ original_path: "/here/a.png" }] }]);
    expect(new HeldRows(first.where, mine()).all).toEqual([]);
  });

  test("I9 with nobody subscribed it stays held, and the next subscription has it", async () => {
    const { relay, subscribe, show, shown, asked, ask } = scene();
    relay.last.open();
    await subscribe(1);
    await show(5, ["att_1"]);
    ask(2, "watch.unsubscribe", { subscription: 1 });
    asked[0]?.end({ path: "/here/a.png" });
    await settle();
    expect(shown()).toEqual([]);
    await subscribe(3);
    asked[1]?.end({ path: "/here/a.png" });
    await settle();
    expect(shown()).toMatchObject([{ id: 5 }]);
  });

  test("a file that cannot be had is missing, and why is said; the others are there", async () => {
    const { relay, subscribe, show, shown, asked, log } = scene();
    relay.last.open();
    await subscribe(1);
    await show(5, ["att_1", null, "att_2"]);
    asked[0]?.end({ why: "it is 30 MiB, and at most 16 MiB are taken" });
    asked[1]?.end({ path: "/here/b.png" });
    await settle();
    expect(shown()).toMatchObject([
      { attachments: [{ missing: true, original_path: "" }, { missing: true }, { missing: false }] },
    ]);
    expect(log).toEqual([
      "message 5: attachment 2 is missing: it is not on the Mac",
      "message 5: attachment 1 is missing: it is 30 MiB, and at most 16 MiB are taken",
    ]);
  });

  test("is held no longer than OpenClaw would take it", async () => {
    const { relay, subscribe, show, shown, clock } = scene();
    relay.last.open();
    await subscribe(1);
    await show(5, ["att_1"]);
    await clock.pass(MAX_HOLD_MS);
    await settle();
    expect(shown()).toMatchObject([{ id: 5, attachments: [{ missing: true }] }]);
  });

  test("I9 a Mac that is away is asked again, and its file comes with the message", async () => {
    const { relay, subscribe, show, shown, asked, clock } = scene();
    relay.last.open();
    await subscribe(1);
    await show(5, ["att_1"]);
    asked[0]?.end({ why: "The Mac is not connected.", again: "when_back" });
    await clock.pass(FETCH_AGAIN_MS);
    asked[1]?.end({ path: "/here/a.png" });
    await settle();
    expect(shown()).toMatchObject([{ attachments: [{ original_path: "/here/a.png" }] }]);
  });

  test.each([
    ["when_back", MAX_AWAY_MS],
    ["when_ready", MAX_HOLD_MS],
  ] as const)("what is there again %s is waited for, and then missing with its reason", async (again, ms) => {
    const { relay, subscribe, show, shown, asked, clock, log } = scene();
    relay.last.open();
    await subscribe(1);
    const timers = clock.pending;
    await show(5, ["att_1"]);
    for (let passed = 0; passed < ms; passed += FETCH_AGAIN_MS) {
      expect(shown()).toEqual([]);
      asked.at(-1)?.end({ why: "not yet", again });
      await clock.pass(FETCH_AGAIN_MS);
    }
    asked.at(-1)?.end({ why: "not yet", again });
    await settle();
    expect(shown()).toMatchObject([{ attachments: [{ missing: true }] }]);
    expect(log).toEqual(["message 5: attachment 1 is missing: not yet"]);
    expect(clock.pending).toBe(timers);
  });

  test("so many files are fetched at once, and the next when one is there", async () => {
    const { relay, subscribe, show, asked } = scene();
    relay.last.open();
    await subscribe(1);
    for (let n = 1; n <= MAX_FETCHES + 2; n += 1) await show(n, [`att_${n}`]);
    expect(asked).toHaveLength(MAX_FETCHES);
    asked[0]?.end({ path: "/here/1" });
    await settle();
    expect(asked).toHaveLength(MAX_FETCHES + 1);
  });
});

describe("rows on disk", () => {
  const row = (n: number) => ({
    message: { id: n },
    relay: { id: `log1.${n}`, logged_at: 0, delayed: false, attachments: ["att_1"] },
  });

  test("I9 of processes that have ended are taken over, of one that lives they are left alone", () => {
    const where = folder();
    const alive = new Set<string>();
    const as = (pid: number): HeldRows => {
      alive.add(`${pid}-x`);
      return new HeldRows(where, { own: () => `${pid}-x`, isRunning: (name) => alive.has(name) });
    };
    const [one, two] = [as(1), as(2)];
    one.hold(row(1));
    two.hold(row(2));
    expect(as(3).all).toEqual([]);
    alive.delete("2-x");
    expect(as(4).all).toMatchObject([{ message: { id: 2 } }]);
    expect(as(5).all).toEqual([]);
    expect(one.all).toHaveLength(1);
  });

  test("I9 what was left by a process that ends later is there at the next subscription", () => {
    const where = folder();
    const alive = new Set(["1-x", "2-x"]);
    const as = (own: string) => new HeldRows(where, { own: () => own, isRunning: (name) => alive.has(name) });
    const [one, two] = [as("1-x"), as("2-x")];
    one.hold(row(1));
    alive.delete("1-x");
    two.takeOver();
    expect(two.all).toMatchObject([{ message: { id: 1 } }]);
    expect(readdirSync(where)).toEqual(["2-x.jsonl"]);
  });

  test("I9 taken over on a disk that is full it is not lost, and goes when it is safe", () => {
    const where = folder();
    new HeldRows(where, mine()).hold(row(1));
    const next = mine();
    // Its own file cannot be made.
    mkdirSync(path.join(where, `${next.own()}.jsonl`));
    const held = new HeldRows(where, next);
    expect(held.all).toHaveLength(1);
    expect(readdirSync(where)).toHaveLength(2);
    rmdirSync(path.join(where, `${next.own()}.jsonl`));
    expect(held.hold(row(2))).toBe(true);
    expect(readdirSync(where)).toEqual([`${next.own()}.jsonl`]);
    expect(new HeldRows(where, mine()).all).toHaveLength(2);
  });

  test("beyond so many nothing is held any more", () => {
    const held = new HeldRows(folder(), mine());
    for (let n = 0; n < MAX_HELD_ROWS; n += 1) held.hold(row(n));
    expect(held.hold(row(MAX_HELD_ROWS))).toBe(false);
    held.done("log1.5");
    expect(held.hold(row(MAX_HELD_ROWS))).toBe(true);
    expect(new HeldRows(folder(), mine()).all).toEqual([]);
  });

  test("a folder that cannot be written holds nothing", () => {
    expect(new HeldRows("/dev/null/held", mine()).hold(row(1))).toBe(false);
  });
});
