import { afterEach, describe, expect, it, vi } from "vitest";
import { readReaderAttachment } from "../../relay/account/sockets/attachment.ts";
import { row } from "./support/agent.ts";
import { alone, channel, guids, logName, poll, rows, type Bot } from "./support/channel.ts";
import { get, newKey, statusOf } from "./support/http.ts";
import { evict, freeze, inside, pass } from "./support/object.ts";
import { kept, Reader, Stream } from "./support/readers.ts";

afterEach(() => void vi.useRealTimers());

const fail = (): never => {
  throw new Error("this socket takes nothing");
};

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

  it("EVT8 polling on where nothing came writes nothing for an hour, and seen_at is no older than that", async () => {
    freeze();
    const bot = await alone();
    await bot.agent.show(rows(1, 5));
    const { next } = await poll(bot, "consumer=c&after=beginning");
    const start = Date.now();
    const cursor = `consumer=c&after=${next}`;
    await poll(bot, cursor);
    await pass(bot.account, 3_599_999);
    await poll(bot, cursor);
    expect(await consumers(bot)).toMatchObject([{ cursor: next, seen_at: start }]);
    await pass(bot.account, 1);
    await poll(bot, cursor);
    expect(await consumers(bot)).toMatchObject([{ cursor: next, seen_at: start + 3_600_000 }]);
  });

  it("EVT8 a socket to which nothing came for an hour was seen when it closed", async () => {
    freeze();
    const bot = await alone();
    const start = Date.now();
    for (const [ms, seenAt] of [
      [3_599_999, start],
      [3_600_000, start + 7_199_999],
    ] as const) {
      const reader = await Reader.open(bot, "consumer=c");
      await pass(bot.account, ms);
      reader.sock.close();
      await reader.sock.closed;
      expect(await consumers(bot)).toMatchObject([{ connected: false, seen_at: seenAt }]);
    }
  });

  it("EVT8 by long poll, too, it begins at the tail the first time, and has its place from then on", async () => {
    const bot = await channel();
    await bot.agent.show(rows(1, 5));
    expect((await poll(bot, "consumer=c")).events).toEqual([]);
    await bot.agent.show([row(6)]);
    expect(guids((await poll(bot, "consumer=c")).events)).toEqual(["G-6"]);
  });

  it("EVT2 EVT8 one whose socket and place both fail ends alone: the others go on, and it comes back for the rest", async () => {
    const bot = await channel();
    await bot.agent.show(rows(1, 2));
    const failing = await Reader.open(bot, "consumer=c&after=beginning&kinds=message.*");
    const other = await Reader.open(bot, "after=tail");
    const [first] = await failing.take(2);
    await failing.ack(first?.id);
    await inside(bot.account, (_, state) => {
      const isFailing = (ws: WebSocket): boolean =>
        readReaderAttachment(ws.deserializeAttachment())?.consumer === "c";
      Object.assign(state.getWebSockets("reader").find(isFailing) ?? {}, { send: fail });
      state.storage.sql.exec("ALTER TABLE consumer RENAME TO away");
    });
    await bot.agent.show([row(3)]);
    expect(guids([await other.next()])).toEqual(["G-3"]);
    expect(await failing.sock.closed).toMatchObject({ code: 1011 });
    await inside(bot.account, (_, { storage }) => storage.sql.exec("ALTER TABLE away RENAME TO consumer"));
    const again = await Reader.open(bot, "consumer=c&kinds=message.*");
    expect(guids(await again.take(3))).toEqual(["G-1", "G-2", "G-3"]);
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
