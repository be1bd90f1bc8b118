import { afterEach, describe, expect, it, vi } from "vitest";
import { Agent, row } from "./support/agent.ts";
import { alone, call, channel, logName, poll, rows, type Bot } from "./support/channel.ts";
import { bearer } from "./support/gateway.ts";
import { wasHeard } from "./support/heard.ts";
import { ask, get, newKey, ORIGIN, statusOf, worker } from "./support/http.ts";
import { evict, freeze, inside, pass } from "./support/object.ts";
import { dataOf, Reader, Stream } from "./support/readers.ts";
import { dial } from "./support/socket.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Which of these were acknowledged by their own id: their places in the list. */
const acknowledged = (ids: readonly (string | undefined)[]): number[] =>
  ids.flatMap((id, at) => (wasHeard(JSON.stringify({ t: "ack", id })) ? [at] : []));

describe("event streams", () => {
  it("EVT6 is an event stream that no proxy keeps: retry and the place where it begins, then id, event and data on one line each", async () => {
    const bot = await channel();
    await bot.agent.show([row(1, { text: "a\r\nb\rc\n\nd: e" })]);
    const { headers, body } = await Stream.fetch(bot, "after=beginning&kinds=message.*");
    expect(headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("access-control-allow-origin")).toBeNull();
    const reader = body?.getReader();
    let text = "";
    while (!text.endsWith("}\n\n")) text += new TextDecoder().decode((await reader?.read())?.value);
    const [event] = (await poll(bot, "kinds=message.*")).events;
    const start = `${await logName(bot)}.0`;
    expect(text).toBe(
      `retry: 1000\nid: ${start}\n\nid: ${event?.id}\nevent: message.received\ndata: ${JSON.stringify(event)}\n\n`,
    );
    await reader?.cancel();
  });

  it("EVT6 Last-Event-ID counts before after, and a foreign one is a gap", async () => {
    const bot = await channel();
    await bot.agent.show(rows(1, 4));
    const log = await logName(bot);
    const streams = [
      await Stream.open(bot, "after=beginning", { "last-event-id": `${log}.4` }),
      await Stream.open(bot, "", { "last-event-id": `${log}.4` }),
      await Stream.open(bot, "after=tail", { "last-event-id": "other.4" }),
    ];
    const seen = [];
    for (const stream of streams) seen.push(dataOf((await stream.take(1))[0] ?? { data: "{}", id: "" }));
    expect(seen.map(({ id, kind }) => [id, kind])).toEqual([
      [`${log}.5`, "message.received"],
      [`${log}.5`, "message.received"],
      [`${log}.0`, "gap"],
    ]);
    for (const stream of streams) stream.close();
  });

  it("EVT6 a comment comes every 15 s", async () => {
    const real = setInterval;
    const every: unknown[] = [];
    vi.stubGlobal("setInterval", (run: () => void, ms: number) => {
      every.push(ms);
      return real(run, 10);
    });
    const stream = await Stream.open(await channel(), "after=tail");
    vi.unstubAllGlobals();
    await stream.comment();
    expect(every).toEqual([15_000]);
    expect(stream.retry).toBe(1_000);
    stream.close();
  });

  it("EVT6 a client that goes away leaves no socket behind", async () => {
    const bot = await channel();
    const streams = [await Stream.open(bot), await Stream.open(bot, "after=tail")];
    for (const stream of streams) stream.close();
    await expect.poll(async () => (await statusOf(bot.account))["readers"]).toBe(0);
  });

  it("EVT6 what the client took is acknowledged once a frame, and the last of it when the client goes", async () => {
    const bot = await channel();
    await bot.agent.show(rows(1, 200));
    const stream = await Stream.open(bot, "after=beginning&kinds=message.*");
    const ids = (await stream.take(200)).map(({ id }) => id);
    await expect.poll(() => acknowledged(ids).at(-1)).toBe(199);
    expect(acknowledged(ids)).toEqual([63, 127, 191, 199]);
    await bot.agent.show([row(201)]);
    const one = (await stream.take(1)).map(({ id }) => id);
    await expect.poll(() => acknowledged(one)).toEqual([0]);
    await bot.agent.show(rows(202, 230));
    const rest = (await poll(bot, `after=${one[0]}`)).events.map(({ id }) => id);
    await stream.take(10);
    stream.close();
    await expect.poll(() => acknowledged(rest)).toHaveLength(1);
    // Its connection may have taken a little more than it has read.
    expect(acknowledged(rest)[0]).toBeGreaterThanOrEqual(9);
    expect(acknowledged(rest)[0]).toBeLessThan(28);
  });

  it("EVT6 a client that does not read is sent no more than the window, and everything in the end", async () => {
    const bot = await channel();
    const stream = await Stream.open(bot, "after=beginning&kinds=message.*");
    for (let at = 1; at <= 1_000; at += 250) await bot.agent.show(rows(at, at + 249));
    const seen = (await stream.take(1_000)).map((event) => dataOf(event).data.message["guid"]);
    expect(seen).toEqual(Array.from({ length: 1_000 }, (_, at) => `G-${at + 1}`));
    stream.close();
  });
});

describe("tickets", () => {
  const ticketOf = async (bot: Bot, door = "events"): Promise<string> =>
    String((await call(201, bot, "POST", "tickets", { door }))["ticket"]);
  const knock = (bot: Bot, ticket: string, door = "events"): Promise<Response> =>
    dial(`/v1/accounts/${bot.account.account}/${door}?ticket=${ticket}`);
  const streamBy = (bot: Bot, ticket: string): Promise<Response> =>
    worker.fetch(`${ORIGIN}/v1/accounts/${bot.account.account}/events?after=beginning&ticket=${ticket}`, {
      headers: { accept: "text/event-stream" },
    });

  it("EVT10 stands for its key once, for a WebSocket or a stream, also after an eviction", async () => {
    const bot = await channel();
    const made = await call(201, bot, "POST", "tickets", { door: "events" });
    expect(made).toEqual({
      ticket: expect.stringMatching(/^tic_[0-9a-z]+$/),
      door: "events",
      expires_at: expect.any(Number),
    });
    await evict(bot.account);
    expect((await knock(bot, String(made["ticket"]))).status).toBe(101);
    expect((await knock(bot, String(made["ticket"]))).status).toBe(401);
    const other = await ticketOf(bot);
    const stream = await streamBy(bot, other);
    expect([stream.status, stream.headers.get("access-control-allow-origin")]).toEqual([200, "*"]);
    await stream.body?.cancel();
    expect((await streamBy(bot, other)).status).toBe(401);
    expect((await knock(bot, other)).status).toBe(401);
  });

  it("EVT10 lives 60 s", async () => {
    freeze();
    const bot = await alone();
    const [one, two] = [await ticketOf(bot), await ticketOf(bot)];
    await pass(bot.account, 59_999);
    expect((await knock(bot, one)).status).toBe(101);
    await pass(bot.account, 1);
    expect((await knock(bot, two)).status).toBe(401);
  });

  it("EVT10 is for one door, and its scope is that door's", async () => {
    const { account } = await channel();
    const bot = { account, key: await newKey(account.tenant, ["rpc", "read"]) };
    expect((await knock(bot, await ticketOf(bot, "rpc"), "events")).status).toBe(401);
    expect((await knock(bot, await ticketOf(bot, "events"), "rpc")).status).toBe(401);
    expect((await knock(bot, await ticketOf(bot, "rpc"), "rpc")).status).toBe(101);
    for (const [scope, door, status] of [
      ["read", "rpc", 403],
      ["rpc", "events", 403],
      ["send", "events", 403],
      ["manage", "events", 403],
    ] as const)
      await call(status, { account, key: await newKey(account.tenant, [scope]) }, "POST", "tickets", {
        door,
      });
    await get(403, "POST", `/v1/accounts/${account.account}/tickets`, { body: { door: "events" } });
    for (const body of [{}, { door: "agent" }, { door: ["events"] }])
      await call(400, bot, "POST", "tickets", body);
  });

  it("EVT10 is one account's: another account of the same tenant, a guessed or a changed one, are 401", async () => {
    const [one, two] = [await channel(), await channel()];
    const ticket = await ticketOf(one);
    const flipped = ticket.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
    for (const bad of [flipped, "", "tic_0", "nonsense", one.key.credential, ticket.toUpperCase()])
      expect([bad, (await knock(one, bad)).status]).toEqual([bad, 401]);
    expect((await knock(two, ticket)).status).toBe(401);
    expect((await knock(one, ticket)).status).toBe(101);
  });

  it("EVT10 at most 1,000 are unused: 429 until the oldest ends", async () => {
    const bot = await channel();
    await inside(bot.account, (_, { storage }) =>
      storage.sql.exec(
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
         INSERT INTO ticket (hash, key, door, expires_at) SELECT 'h' || i, 'key', 'events', ? FROM n`,
        Date.now() + 60_000,
      ),
    );
    const refused = await call(429, bot, "POST", "tickets", { door: "events" });
    expect(refused).toMatchObject({ code: "rate_limited", retryable: true, retry_after_s: 60 });
    await inside(bot.account, (_, { storage }) =>
      storage.sql.exec("UPDATE ticket SET expires_at = 1 WHERE hash = 'h1'"),
    );
    expect((await knock(bot, await ticketOf(bot))).status).toBe(101);
  });

  it("EVT10 a revoked or expired key's ticket opens nothing", async () => {
    freeze();
    const { account } = await alone();
    const revoked = { account, key: await newKey(account.tenant, ["read"]) };
    const expiring = {
      account,
      key: await newKey(account.tenant, ["read"], { expires_at: Date.now() + 30_000 }),
    };
    const tickets = [await ticketOf(revoked), await ticketOf(expiring)];
    await get(200, "DELETE", `/v1/tenants/${account.tenant}/keys/${revoked.key.key}`);
    await pass(account, 30_000);
    for (const ticket of tickets) expect((await knock(revoked, ticket)).status).toBe(401);
  });

  it("EVT10 what a ticket opened ends with its key", async () => {
    const { account, agent } = await channel();
    const bot = { account, key: await newKey(account.tenant, ["read"]) };
    const stream = await streamBy(bot, await ticketOf(bot));
    await get(200, "DELETE", `/v1/tenants/${account.tenant}/keys/${bot.key.key}`);
    await agent.show([row(1)]);
    expect(await stream.text()).not.toContain("G-1");
  });

  it("EVT10 a long poll takes no ticket, and a key beside a ticket does not count", async () => {
    const bot = await channel();
    const path = `/v1/accounts/${bot.account.account}/events`;
    await get(401, "GET", `${path}?ticket=${await ticketOf(bot)}`, { key: null });
    expect((await dial(`${path}?ticket=nonsense`, bearer(bot.key.credential))).status).toBe(401);
  });
});

describe("the end of a key", () => {
  const lives = async (bot: Bot): Promise<[Reader, Stream, Promise<{ events: readonly unknown[] }>]> => {
    const made = [
      await Reader.open(bot, "after=tail&consumer=c"),
      await Stream.open(bot, "after=tail"),
    ] as const;
    const waiting = poll(bot, "after=tail&wait=60");
    await expect.poll(async () => (await statusOf(bot.account))["readers"]).toBe(3);
    return [...made, waiting];
  };

  it("ID4 a revoked key's readers close with 4004, its streams end, its poll returns, its consumer keeps its place", async () => {
    const { account, agent } = await channel();
    const bot = { account, key: await newKey(account.tenant, ["read"]) };
    const [reader, stream, waiting] = await lives(bot);
    await get(200, "DELETE", `/v1/tenants/${account.tenant}/keys/${bot.key.key}`);
    expect(await reader.sock.closed).toMatchObject({ code: 4004 });
    expect(await stream.next()).toBeUndefined();
    expect(await waiting).toMatchObject({ events: [], more: false });
    await agent.show([row(1)]);
    expect(await statusOf(account)).toMatchObject({ readers: 0 });
    await expect(Reader.open(bot)).rejects.toThrow("401");
  });

  it("ID4 an expired key's readers close with 4003 before the next event is shown, and at their next ack", async () => {
    freeze();
    const { account, agent } = await alone();
    const expires_at = Date.now() + 60_000;
    const bot = { account, key: await newKey(account.tenant, ["read"], { expires_at }) };
    const [idle, busy] = [await Reader.open(bot), await Reader.open(bot)];
    const stream = await Stream.open(bot, "after=tail");
    await pass(account, 60_000);
    busy.sock.send({ t: "ack", id: String(busy.ready["after"]) });
    expect(await busy.sock.closed).toMatchObject({ code: 4003 });
    await agent.show([row(1)]);
    expect(await idle.sock.closed).toMatchObject({ code: 4003 });
    expect(idle.waiting).toBe(2);
    expect(await stream.next()).toBeUndefined();
    expect(
      (await ask("GET", `/v1/accounts/${account.account}/events`, { key: bot.key.credential })).status,
    ).toBe(401);
  });
});

describe("idle readers", () => {
  it("I4 idle readers of every kind wake nobody and construct nothing; pings are answered", async () => {
    const bot = await channel();
    const reader = await Reader.open(bot, "after=tail&consumer=c");
    const stream = await Stream.open(bot, "after=tail");
    const waiting = poll(bot, "after=tail&wait=60");
    const counts = async (): Promise<{ wakes: number; constructed: number; readers: unknown }> => {
      const { usage, readers } = (await statusOf(bot.account)) as {
        usage: { wakes: number; constructed: number };
        readers: unknown;
      };
      return { wakes: usage.wakes, constructed: usage.constructed, readers };
    };
    await expect.poll(async () => (await counts()).readers).toBe(3);
    const before = await counts();
    for (let at = 0; at < 5; at += 1) {
      reader.sock.send("ping");
      expect(await reader.sock.text()).toBe("pong");
    }
    expect(await counts()).toEqual({ ...before, wakes: before.wakes + 1 });
    await bot.agent.show([row(1)]);
    await waiting;
    stream.close();
  });

  it("LINK5 whoever comes to read is told of a dead link now", async () => {
    freeze();
    const bot = await alone();
    await pass(bot.account, 25_001);
    const reader = await Reader.open(bot, "after=beginning");
    expect((await reader.take(3)).at(-1)?.kind).toBe("account.offline");
    await Agent.connect(bot.account);
    await pass(bot.account, 25_001);
    expect((await poll(bot)).events.at(-1)?.kind).toBe("account.offline");
    expect((await poll(bot)).next).toMatch(/\.5$/);
  });
});
