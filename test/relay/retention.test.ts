import { runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Agent, row } from "./support/agent.ts";
import {
  alone,
  channel,
  guids,
  logName,
  OPEN,
  poll,
  rows,
  type Bot,
  type Channel,
} from "./support/channel.ts";
import { Gateway } from "./support/gateway.ts";
import { statusOf } from "./support/http.ts";
import { alarmAt, evict, freeze, inside, logOf, pass, stubOf } from "./support/object.ts";
import { dataOf, Reader, Stream } from "./support/readers.ts";

afterEach(() => void vi.useRealTimers());

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const seqs = async (bot: Bot): Promise<number[]> => (await logOf(bot.account)).map(({ seq }) => seq);

/** The link's silence is no matter here: the Mac comes again. */
async function later(bot: Channel, ms: number): Promise<void> {
  await pass(bot.account, ms);
  await runDurableObjectAlarm(stubOf(bot.account));
}

/** As if that many had been logged after the present ones; the object learns of it when it wakes. */
async function fill(bot: Bot, count: number): Promise<void> {
  await inside(bot.account, (_, { storage }) => {
    storage.sql.exec(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
       INSERT INTO event (seq, kind, database, logged_at, delayed, backfilled, body)
       SELECT (SELECT last_seq FROM state) + i, 'config.changed', 0, ?, 0, 0, '{"version":0,"by":"x"}' FROM n`,
      count,
      Date.now(),
    );
    storage.sql.exec("UPDATE state SET last_seq = last_seq + ?", count);
  });
  await evict(bot.account);
}

describe("by age", () => {
  it("LOG6 an event is kept for 7 days, and goes within 6 hours after", async () => {
    freeze();
    const bot = await alone();
    await bot.agent.show([row(1)]);
    await pass(bot.account, HOUR);
    const again = await Agent.connect(bot.account);
    await again.show([row(2)]);
    expect(await seqs(bot)).toEqual([1, 2, 3, 4, 5, 6]);
    const due = await inside(bot.account, (_, { storage }) =>
      Number(storage.sql.exec("SELECT at FROM deadline WHERE name = 'retention'").one()["at"]),
    );
    expect(due).toBe(Date.now() - HOUR + 7 * DAY + 6 * HOUR);
    await later(bot, 7 * DAY + 5 * HOUR - 1);
    expect(await seqs(bot)).toEqual([1, 2, 3, 4, 5, 6]);
    await later(bot, 1);
    expect(await seqs(bot)).toEqual([]);
    expect(await statusOf(bot.account)).toMatchObject({ log: { first_seq: 7 } });
  });

  it("LOG6 what is younger stays, and has its own day; an eviction in between changes nothing", async () => {
    freeze();
    const bot = await alone();
    await bot.agent.show([row(1)]);
    await pass(bot.account, 3 * DAY);
    await (await Agent.connect(bot.account)).show([row(2)]);
    const second = Date.now();
    await evict(bot.account);
    await later(bot, 4 * DAY + 6 * HOUR);
    expect(await seqs(bot)).toEqual([4, 5, 6]);
    expect(await statusOf(bot.account)).toMatchObject({ log: { first_seq: 4 } });
    expect(await alarmAt(bot.account)).toBe(second + 7 * DAY + 6 * HOUR);
  });

  it("LOG6 an old log goes 5,000 events at a time, oldest first", async () => {
    freeze();
    const bot = await alone();
    await fill(bot, 7_000);
    await bot.agent.show([row(1)]);
    await later(bot, 7 * DAY + 6 * HOUR);
    expect((await seqs(bot))[0]).toBe(5_001);
    expect(await alarmAt(bot.account)).toBe(Date.now() + 1_000);
    await later(bot, 1_000);
    expect(await seqs(bot)).toEqual([]);
  });

  it("LOG6 LINK11 the database is known again when nothing of it is left in the log", async () => {
    freeze();
    const bot = await alone();
    await bot.agent.show([row(41), row(42)], { resume: 42 });
    await later(bot, 7 * DAY + 6 * HOUR);
    await evict(bot.account);
    expect((await Agent.connect(bot.account)).welcome).toMatchObject({
      resume: 42,
      identity: [{ rowid: 42, guid: "G-42" }],
    });
  });

  it("LOG6 POL15 what is kept as context goes with its chat's last message, and is not counted as missing", async () => {
    freeze();
    const group = { chat_guid: "iMessage;+;g", is_group: true };
    const bot = await alone({ ...OPEN, mentionPatterns: ["@bot"] });
    await bot.agent.show([row(1, { ...group, text: "held" })]);
    await later(bot, 7 * DAY + 6 * HOUR);
    const back = await Agent.connect(bot.account);
    await back.show([row(2, { ...group, text: "@bot", created_at: new Date().toISOString() })]);
    const [event] = (await poll(bot, "kinds=message.*")).events;
    expect(event?.data).toMatchObject({ mentioned: true, context: [], context_missing: 0 });
  });

  it("LOG6 LOG1 numbers go on after everything was deleted", async () => {
    freeze();
    const bot = await alone();
    await bot.agent.show([row(1)]);
    await later(bot, 7 * DAY + 6 * HOUR);
    await evict(bot.account);
    await Agent.connect(bot.account);
    expect(await seqs(bot)).toEqual([4, 5]);
  });
});

describe("by number", () => {
  it("LOG6 at most 100,000 are kept, exceeded by 1,000 at the most", async () => {
    const bot = await channel();
    await fill(bot, 100_996);
    await bot.agent.show([row(1)]);
    expect(await statusOf(bot.account)).toMatchObject({ log: { first_seq: 1, last_seq: 100_999 } });
    await bot.agent.show([row(2)]);
    expect(await statusOf(bot.account)).toMatchObject({ log: { first_seq: 1_001, last_seq: 101_000 } });
    const log = await logName(bot);
    expect((await poll(bot, `after=${log}.1&limit=2`)).events).toMatchObject([
      { kind: "gap", data: { from: `${log}.1`, to: `${log}.1000`, count: 999, why: "retention" } },
      { id: `${log}.1001` },
    ]);
  });
});

describe("readers that fell behind", () => {
  const fallen = async (): Promise<{ bot: Channel; log: string; gap: unknown }> => {
    freeze();
    const bot = await alone();
    await bot.agent.show(rows(1, 10));
    await pass(bot.account, 4 * DAY);
    await (await Agent.connect(bot.account)).show(rows(11, 12));
    const log = await logName(bot);
    const gap = {
      id: `${log}.12`,
      kind: "gap",
      chat: null,
      rowid: null,
      data: { from: `${log}.5`, to: `${log}.12`, count: 7, why: "retention" },
    };
    return { bot, log, gap };
  };

  it("EVT4 get one gap first, whose id is the place to go on from, at every door, whatever they chose", async () => {
    const { bot, log, gap } = await fallen();
    await later(bot, 3 * DAY + 6 * HOUR);
    const query = `after=${log}.5&kinds=message.*&chats=-;%2B15550001`;
    const { events, next } = await poll(bot, query);
    expect(events).toMatchObject([gap, {}, {}]);
    expect(guids(events.slice(1))).toEqual(["G-11", "G-12"]);
    expect(next).toBe((await poll(bot)).next);
    expect(await (await Reader.open(bot, query)).take(3)).toMatchObject([gap, events[1], events[2]]);
    const stream = await Stream.open(bot, query);
    expect((await stream.take(3)).map(dataOf)).toMatchObject([gap, events[1], events[2]]);
    stream.close();
    expect((await poll(bot, `after=${log}.12&kinds=message.*`)).events).toEqual(events.slice(1));
    expect((await poll(bot, `after=beginning&kinds=message.*`)).events).toEqual(events.slice(1));
    expect((await poll(bot, `after=${log}.11&limit=1`)).events).toMatchObject([
      { kind: "gap", data: { from: `${log}.11`, to: `${log}.12`, count: 1 } },
    ]);
    expect((await poll(bot, `${query}&limit=1`)).events).toMatchObject([gap]);
    expect((await poll(bot, `${query}&limit=1`)).next).toBe(`${log}.12`);
  });

  it("EVT4 a gap stands in no log, and is told anew to whoever never went on from it", async () => {
    const { bot, log, gap } = await fallen();
    await later(bot, 3 * DAY + 6 * HOUR);
    for (let at = 0; at < 2; at += 1)
      expect((await poll(bot, `after=${log}.5`)).events[0]).toMatchObject(gap as object);
    expect((await logOf(bot.account)).map(({ kind }) => kind)).not.toContain("gap");
  });

  it("EVT4 a socket whose window was full while the log went on is told when it reads again", async () => {
    freeze();
    const bot = await alone();
    const reader = await Reader.open(bot, "after=beginning&consumer=c");
    await bot.agent.show(rows(1, 300));
    const log = await logName(bot);
    const first = await reader.take(256);
    await later(bot, 7 * DAY + 6 * HOUR);
    await evict(bot.account);
    await reader.ack(first.at(-1)?.id);
    expect(await reader.next()).toMatchObject({
      kind: "gap",
      id: `${log}.302`,
      data: { from: `${log}.256`, to: `${log}.302`, count: 46 },
    });
    await reader.ack(`${log}.302`);
    await (await Agent.connect(bot.account)).show([row(301)]);
    expect((await reader.take(3)).map(({ kind }) => kind)).toEqual([
      "account.offline",
      "account.online",
      "message.received",
    ]);
  });

  it("EVT4 EVT8 a named consumer's place that is not kept any more is a gap too", async () => {
    const { bot, log, gap } = await fallen();
    await poll(bot, `consumer=c&after=${log}.5`);
    await later(bot, 3 * DAY + 6 * HOUR);
    const reader = await Reader.open(bot, "consumer=c");
    expect(await reader.next()).toMatchObject(gap as object);
    expect((await poll(bot, "consumer=c")).events[0]).toMatchObject(gap as object);
  });

  it("LOG7 a tunnel client that fell behind is told with relay.gap, if it can understand it", async () => {
    const { bot, log } = await fallen();
    await later(bot, 3 * DAY + 6 * HOUR);
    const v1 = await Gateway.connect(bot.account, { v1: true });
    const n = await v1.subscribe({ relay_after: `${log}.5` });
    const [gap, ...messages] = await v1.leftovers();
    expect(gap).toEqual({
      jsonrpc: "2.0",
      method: "relay.gap",
      params: { subscription: n, from: `${log}.5`, to: `${log}.12`, count: 7, why: "retention" },
    });
    expect(messages.map(({ method }) => method)).toEqual(["message", "message"]);
    const plain = await Gateway.connect(bot.account);
    await plain.subscribe({ relay_after: `${log}.5` });
    expect((await plain.leftovers()).map(({ method }) => method)).toEqual(["message", "message"]);
  });
});
