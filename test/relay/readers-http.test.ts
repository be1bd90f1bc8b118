import { describe, expect, it } from "vitest";
import { row } from "./support/agent.ts";
import { call, channel, guids, logName, pages, poll, rows, shownGuids } from "./support/channel.ts";
import { get, newKey, statusOf } from "./support/http.ts";
import { Reader, Stream } from "./support/readers.ts";

describe("long poll", () => {
  it("EVT5 next is after what was looked at, filtered events included, and more says whether there is more", async () => {
    const bot = await channel();
    await bot.agent.show([...rows(1, 5), row(6, { is_from_me: true }), ...rows(7, 9)]);
    const log = await logName(bot);
    expect(await poll(bot, "after=beginning&kinds=message.sent")).toMatchObject({
      events: [{ id: `${log}.8` }],
      next: `${log}.11`,
      more: false,
    });
    expect(await poll(bot, "after=beginning&kinds=message.sent&limit=1")).toMatchObject({
      events: [{ id: `${log}.8` }],
      next: `${log}.8`,
      more: true,
    });
    expect(await poll(bot, "after=beginning&kinds=pairing.*")).toEqual({
      events: [],
      next: `${log}.11`,
      more: false,
    });
  });

  it("EVT5 100 events unless limit says otherwise, which is 1 to 200", async () => {
    const bot = await channel();
    await bot.agent.show(rows(1, 250));
    expect((await poll(bot, "")).events).toHaveLength(100);
    expect((await pages(bot, "beginning", 200)).map((page) => page.length)).toEqual([200, 52]);
    for (const query of [
      "limit=0",
      "limit=201",
      "limit=x",
      "limit=-1",
      "limit=1.5",
      "limit=",
      "wait=61",
      "wait=-1",
      "wait=a",
    ])
      expect(await call(400, bot, "GET", `events?${query}`)).toMatchObject({ code: "invalid_request" });
  });

  it("EVT5 a page ends at 4 MiB of events", async () => {
    const bot = await channel();
    const text = "x".repeat(600_000);
    await bot.agent.show(rows(1, 9, { text }));
    const sizes = (await pages(bot, "beginning", 200)).map((page) => page.length);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(11);
    expect(sizes[0]).toBe(9);
  });

  it("EVT5 a waiting poll returns with the first event that passes its filter, and holds no socket afterwards", async () => {
    const bot = await channel();
    const waiting = poll(bot, "after=tail&wait=60&kinds=message.sent");
    await expect.poll(async () => (await statusOf(bot.account))["readers"]).toBe(1);
    await bot.agent.show([row(1)]);
    expect(await statusOf(bot.account)).toMatchObject({ readers: 1 });
    await bot.agent.show([row(2, { is_from_me: true })]);
    const { events, next, more } = await waiting;
    expect(guids(events)).toEqual(["G-2"]);
    expect([next, more]).toEqual([events[0]?.id, false]);
    await expect.poll(async () => (await statusOf(bot.account))["readers"]).toBe(0);
  });

  it("EVT5 a waiting poll returns empty when its time is over, and holds no socket afterwards", async () => {
    const bot = await channel();
    const log = await logName(bot);
    expect(await poll(bot, "after=tail&wait=1")).toEqual({ events: [], next: `${log}.2`, more: false });
    await expect.poll(async () => (await statusOf(bot.account))["readers"]).toBe(0);
  });

  it("EVT5 events that are there already are not waited for", async () => {
    const bot = await channel();
    expect((await poll(bot, "after=beginning&wait=60")).events).toHaveLength(2);
    expect(await statusOf(bot.account)).toMatchObject({ readers: 0 });
  });
});

describe("who may read", () => {
  it("ID4 only scope read opens the events", async () => {
    const { account } = await channel();
    const keys = ["read", "send", "rpc", "manage"].map((scope) => newKey(account.tenant, [scope]));
    const [reading, ...others] = (await Promise.all(keys)).map((key) => ({ account, key }));
    if (reading !== undefined) await Reader.open(reading);
    for (const bot of others) {
      expect(await call(403, bot, "GET", "events")).toMatchObject({ code: "forbidden" });
      await expect(Reader.open(bot)).rejects.toThrow("403");
      await expect(Stream.open(bot)).rejects.toThrow("403");
    }
  });

  it("ID4 the operator reads nobody's messages, and without a key nobody does", async () => {
    const { account } = await channel();
    const path = `/v1/accounts/${account.account}/events`;
    for (const headers of [{}, { accept: "text/event-stream" }, { upgrade: "websocket" }]) {
      expect(await get(403, "GET", path, { headers })).toMatchObject({ code: "forbidden" });
      expect(await get(401, "GET", path, { headers, key: null })).toMatchObject({ code: "unauthenticated" });
    }
  });

  it("ID4 a key of another tenant, or restricted to another account, sees nothing", async () => {
    const [one, two] = [await channel(), await channel()];
    const restricted = await newKey(one.account.tenant, ["read"], { accounts: [two.account.account] });
    await call(403, { ...one, key: restricted }, "GET", "events");
    await expect(Reader.open({ ...one, key: restricted })).rejects.toThrow("403");
    expect(await shownGuids({ ...two, key: restricted })).toEqual([]);
  });
});
