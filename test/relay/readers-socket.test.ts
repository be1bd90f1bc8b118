import { describe, expect, it } from "vitest";
import { row } from "./support/agent.ts";
import { channel, guids, logName, rows } from "./support/channel.ts";
import type { Json } from "./support/http.ts";
import { evict } from "./support/object.ts";
import { EVENTS_V1, kept, Reader, Stream } from "./support/readers.ts";
import { dial } from "./support/socket.ts";

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
