import { afterEach, describe, expect, it, vi } from "vitest";
import { row } from "./support/agent.ts";
import { alone, channel, guids, logName, poll, rows, type Bot } from "./support/channel.ts";
import { get, newKey, statusOf, type Json } from "./support/http.ts";
import { evict, freeze, inside, pass } from "./support/object.ts";
import { EVENTS_V1, Reader, Stream } from "./support/readers.ts";
import { dial } from "./support/socket.ts";

afterEach(() => void vi.useRealTimers());

interface Consumer {
  readonly name: string;
  readonly cursor: string;
  readonly behind: number;
  readonly connected: boolean;
}

async function consumers({ account, key }: Bot): Promise<readonly Consumer[]> {
  const path = `/v1/accounts/${account.account}/consumers`;
  const { consumers } = await get(200, "GET", path, { key: key.credential });
  return consumers as Consumer[];
}

/** A consumer's place as it is written. */
const kept = (bot: Bot, name = "c"): Promise<number> =>
  inside(bot.account, (_, { storage }) =>
    Number(storage.sql.exec("SELECT cursor FROM consumer WHERE name = ?", name).toArray()[0]?.["cursor"]),
  );

describe("frames and the window", () => {
  it("EVT7 the subprotocol is spoken by those who offer it, and ready comes first", async () => {
    const { account, key } = await channel();
    const path = `/v1/accounts/${account.account}/events`;
    const authorization = `Bearer ${key.credential}`;
    const response = await dial(path, { authorization, "sec-websocket-protocol": `other, ${EVENTS_V1}` });
    expect(response.headers.get("sec-websocket-protocol")).toBe(EVENTS_V1);
    expect((await dial(path, { authorization })).headers.get("sec-websocket-protocol")).toBeNull();
  });

  it("EVT7 a frame has at most 64 events", async () => {
    const bot = await channel();
    await bot.agent.show(rows(1, 198));
    const reader = await Reader.open(bot);
    const sizes = [];
    for (let at = 0; at < 4; at += 1) sizes.push((await reader.frame()).length);
    expect(sizes).toEqual([64, 64, 64, 8]);
  });

  it("EVT7 a frame ends at 256 KiB, and one event longer than that comes alone", async () => {
    const bot = await channel();
    await bot.agent.show([
      ...rows(1, 4, { text: "ü".repeat(50_000) }),
      row(5, { text: "x".repeat(1_500_000) }),
      row(6),
    ]);
    const reader = await Reader.open(bot, "after=beginning&kinds=message.*");
    const frames = [];
    for (let count = 0; count < 6;) {
      const events = await reader.frame();
      count += events.length;
      frames.push(guids(events));
      await reader.ack(events.at(-1)?.id);
    }
    expect(frames[0]).toEqual(["G-1", "G-2", "G-3"]);
    expect(frames.flat()).toEqual(["G-1", "G-2", "G-3", "G-4", "G-5", "G-6"]);
  });

  it("EVT7 at most 256 are unacknowledged; an ack is cumulative, one of less than all lets as many more through", async () => {
    const bot = await channel();
    await bot.agent.show(rows(1, 400));
    const reader = await Reader.open(bot, "after=beginning&kinds=message.*");
    const first = await reader.take(256);
    await reader.sock.handled();
    await bot.agent.show([row(401)]);
    expect(reader.waiting).toBe(0);
    await reader.ack(first[99]?.id);
    const more = await reader.take(100);
    expect(reader.waiting).toBe(0);
    await reader.ack(first[0]?.id);
    await reader.ack(first[99]?.id);
    expect(reader.waiting).toBe(0);
    await reader.ack(more.at(-1)?.id);
    expect(guids([...first, ...more, ...(await reader.take(45))])).toEqual(
      Array.from({ length: 401 }, (_, at) => `G-${at + 1}`),
    );
  });

  it("EVT7 at most 1 MiB is unacknowledged, but for the event that goes over it", async () => {
    const bot = await channel();
    await bot.agent.show(rows(1, 9, { text: "x".repeat(300_000) }));
    const reader = await Reader.open(bot, "after=beginning&kinds=message.*");
    const first = await reader.take(4);
    await bot.agent.show([row(10)]);
    expect(reader.waiting).toBe(0);
    await reader.ack(first.at(-1)?.id);
    expect(guids(await reader.take(4))).toEqual(["G-5", "G-6", "G-7", "G-8"]);
  });

  it("EVT7 the window outlives an eviction: nothing is sent twice, nothing before it was acknowledged", async () => {
    const bot = await channel();
    await bot.agent.show(rows(1, 400));
    const reader = await Reader.open(bot, "after=beginning&kinds=message.*");
    const first = await reader.take(256);
    await evict(bot.account);
    await bot.agent.show([row(401)]);
    expect(reader.waiting).toBe(0);
    await reader.ack(first[9]?.id);
    await evict(bot.account);
    await reader.ack(first.at(-1)?.id);
    expect(guids(await reader.take(145)).at(-1)).toBe("G-401");
    expect(reader.waiting).toBe(0);
  });

  it("EVT7 an ack of what was never sent counts for what was: nothing is passed over", async () => {
    const bot = await channel();
    await bot.agent.show(rows(1, 300));
    const log = await logName(bot);
    const reader = await Reader.open(bot, "after=beginning&kinds=message.*&consumer=c");
    await reader.take(256);
    await reader.ack(`${log}.99999`);
    expect(guids(await reader.take(44)).at(-1)).toBe("G-300");
    reader.sock.close();
    await expect.poll(() => kept(bot)).toBe(258);
  });

  it("EVT7 a reader that never acknowledges holds up nobody: not the Mac, not the other readers", async () => {
    const bot = await channel();
    await bot.agent.show(rows(1, 200));
    const slow = await Reader.open(bot);
    const fast = await Reader.open(bot);
    const stream = await Stream.open(bot, "after=tail");
    await fast.ack((await fast.until("G-200")).at(-1)?.id);
    for (let at = 201; at <= 500; at += 100) {
      await bot.agent.show(rows(at, at + 99));
      await fast.ack((await fast.until(`G-${at + 99}`)).at(-1)?.id);
    }
    expect(await slow.take(256)).toHaveLength(256);
    expect(slow.waiting).toBe(0);
    expect((await stream.take(300)).length).toBe(300);
    stream.close();
  });

  it("EVT7 pings are answered, and anything but an ack of this log closes with 4002", async () => {
    const bot = await channel();
    const pinged = await Reader.open(bot, "after=tail");
    pinged.sock.send("ping");
    expect(await pinged.sock.text()).toBe("pong");
    const log = await logName(bot);
    for (const bad of [
      "{",
      "[]",
      "null",
      "Ping",
      { t: "ack" },
      { t: "ack", id: 3 },
      { t: "ack", id: "3" },
      { t: "ack", id: "other.3" },
      { t: "ack", id: `${log}.-1` },
      { t: "subscribe" },
      { t: "ack", id: `${log}.1`, more: "x".repeat(1_100_000) },
      new ArrayBuffer(3),
    ] as (string | Json | ArrayBuffer)[]) {
      const reader = await Reader.open(bot, "after=tail");
      reader.sock.send(bad);
      expect(await reader.sock.closed).toMatchObject({ code: 4002 });
    }
    pinged.sock.send({ t: "ack", id: `${log}.1`, later: "fields are ignored" });
    await bot.agent.show([row(1)]);
    expect(guids([await pinged.next()])).toEqual(["G-1"]);
  });
});

describe("named consumers", () => {
  it("EVT8 begins at after, else the tail; from then on where its acks say, also after an eviction", async () => {
    const bot = await channel();
    await bot.agent.show(rows(1, 5));
    const log = await logName(bot);
    const fresh = await Reader.open(bot, "consumer=fresh");
    expect(fresh.ready).toEqual({ t: "ready", after: `${log}.7`, consumer: "fresh" });
    const reader = await Reader.open(bot, `consumer=c&after=${log}.3`);
    expect(reader.ready).toMatchObject({ after: `${log}.3` });
    const events = await reader.take(4);
    await reader.ack(events[1]?.id);
    await evict(bot.account);
    reader.sock.close();
    await expect.poll(() => kept(bot)).toBe(5);
    await evict(bot.account);
    const again = await Reader.open(bot, "consumer=c");
    expect(again.ready).toMatchObject({ after: `${log}.5` });
    expect(await again.take(2)).toEqual(events.slice(2));
  });

  it("EVT8 EVT4 one that begins with a gap is told again until it acknowledges it, and then has its place", async () => {
    const bot = await channel();
    await bot.agent.show(rows(1, 3));
    const first = await Reader.open(bot, "consumer=c&after=other.9");
    expect((await first.next()).kind).toBe("gap");
    first.sock.close();
    await expect.poll(async () => (await statusOf(bot.account))["readers"]).toBe(0);
    const second = await Reader.open(bot, "consumer=c&after=other.9");
    const events = await second.take(6);
    expect(events.map(({ kind }) => kind).slice(0, 2)).toEqual(["gap", "config.changed"]);
    await second.ack(events[3]?.id);
    second.sock.close();
    await expect.poll(async () => (await statusOf(bot.account))["readers"]).toBe(0);
    await bot.agent.show([row(4)]);
    const third = await Reader.open(bot, "consumer=c");
    expect(guids(await third.take(3))).toEqual(["G-2", "G-3", "G-4"]);
  });

  it("EVT8 what its filter passes over is dealt with as soon as everything shown is acknowledged", async () => {
    const bot = await channel();
    const reader = await Reader.open(bot, "consumer=c&kinds=message.sent");
    await bot.agent.show([row(1), row(2, { is_from_me: true }), row(3)]);
    const [sent] = await reader.take(1);
    expect(await consumers(bot)).toMatchObject([{ name: "c", behind: 3, connected: true }]);
    await reader.ack(sent?.id);
    expect(await consumers(bot)).toMatchObject([{ behind: 0 }]);
  });

  it("EVT8 its place is written at most every 64 events or 5 seconds, and when the socket closes", async () => {
    freeze();
    const bot = await alone();
    const reader = await Reader.open(bot, "consumer=c&after=tail");
    const start = await kept(bot);
    await bot.agent.show(rows(1, 100));
    const events = await reader.take(100);
    await reader.ack(events[62]?.id);
    expect(await kept(bot)).toBe(start);
    await reader.ack(events[63]?.id);
    expect(await kept(bot)).toBe(start + 64);
    await pass(bot.account, 4_999);
    await reader.ack(events[64]?.id);
    expect(await kept(bot)).toBe(start + 64);
    await pass(bot.account, 1);
    await reader.ack(events[65]?.id);
    expect(await kept(bot)).toBe(start + 66);
    await reader.ack(events[70]?.id);
    reader.sock.close();
    await expect.poll(() => kept(bot)).toBe(start + 71);
  });

  it("EVT8 a newer socket closes the older with 4001 and goes on where that one acknowledged", async () => {
    const bot = await channel();
    const older = await Reader.open(bot, "consumer=c&after=beginning");
    await bot.agent.show(rows(1, 10));
    const events = await older.take(12);
    await older.ack(events[5]?.id);
    await evict(bot.account);
    const newer = await Reader.open(bot, "consumer=c");
    expect(await older.sock.closed).toMatchObject({ code: 4001 });
    expect(newer.ready).toMatchObject({ after: events[5]?.id });
    expect(await newer.take(6)).toEqual(events.slice(6));
    older.sock.send({ t: "ack", id: events[11]?.id });
    await older.sock.handled();
    expect(await consumers(bot)).toMatchObject([{ name: "c", cursor: events[5]?.id, connected: true }]);
    expect(await statusOf(bot.account)).toMatchObject({ readers: 1 });
  });

  it("EVT8 readers without a name, and other names, are left alone", async () => {
    const bot = await channel();
    const all = [];
    for (const query of ["after=tail", "after=tail", "consumer=a", "consumer=b", "consumer=A"])
      all.push(await Reader.open(bot, query));
    await bot.agent.show([row(1)]);
    for (const reader of all) expect(guids([await reader.next()])).toEqual(["G-1"]);
  });

  it("EVT8 by long poll its place is the after it gives; without one it goes on there, and the same again", async () => {
    const bot = await channel();
    await bot.agent.show(rows(1, 5));
    const first = await poll(bot, "consumer=c&after=beginning&limit=2");
    expect((await poll(bot, "consumer=c&limit=2")).events).toEqual(first.events);
    const second = await poll(bot, `consumer=c&limit=2&after=${first.next}`);
    await evict(bot.account);
    expect((await poll(bot, "consumer=c&limit=2")).events).toEqual(second.events);
    expect(await consumers(bot)).toMatchObject([
      { name: "c", cursor: first.next, behind: 5, connected: false },
    ]);
  });

  it("EVT8 by long poll, too, it begins at the tail the first time, and has its place from then on", async () => {
    const bot = await channel();
    await bot.agent.show(rows(1, 5));
    expect((await poll(bot, "consumer=c")).events).toEqual([]);
    await bot.agent.show([row(6)]);
    expect(guids((await poll(bot, "consumer=c")).events)).toEqual(["G-6"]);
  });

  it("EVT8 at most 64 an account; a known one still comes in, and one that is removed makes room", async () => {
    const bot = await channel();
    for (let at = 0; at < 64; at += 1) await poll(bot, `consumer=c${at}&after=tail`);
    const { key, account } = bot;
    const path = `/v1/accounts/${account.account}`;
    const refused = { code: "too_large", detail: "at most 64 consumers an account" };
    expect(await get(413, "GET", `${path}/events?consumer=one-more`, { key: key.credential })).toMatchObject(
      refused,
    );
    await expect(Reader.open(bot, "consumer=one-more")).rejects.toThrow("413");
    const known = await Reader.open(bot, "consumer=c0");
    const { credential } = await newKey(account.tenant, ["read"]);
    await get(403, "DELETE", `${path}/consumers/c0`, { key: credential });
    await get(200, "DELETE", `${path}/consumers/c0`, { key: key.credential });
    expect(await known.sock.closed).toMatchObject({ code: 4001 });
    await get(404, "DELETE", `${path}/consumers/c0`, { key: key.credential });
    await Reader.open(bot, "consumer=one-more");
    expect((await consumers(bot)).length).toBe(64);
  });

  it("EVT8 a name has 1 to 64 of A-Z a-z 0-9 - _, and an event stream has none", async () => {
    const bot = await channel();
    for (const name of ["", "x".repeat(65), "a.b", "a%20b", "%C3%A4"])
      await expect(Reader.open(bot, `consumer=${name}`)).rejects.toThrow("400");
    await Reader.open(bot, `consumer=${"x".repeat(62)}-_`);
    await expect(Stream.open(bot, "consumer=c")).rejects.toThrow("Last-Event-ID");
  });
});
