// Messages that wait: for the Mac, for their turn in their chat.
import { describe, expect, it, vi } from "vitest";
import { bot, call, channel, post, type Bot } from "./support/channel.ts";
import { Agent } from "./support/agent.ts";
import { statusOf, type Json } from "./support/http.ts";
import { evict, freeze, inside, pass } from "./support/object.ts";
import { byKey, operation, operations, told } from "./support/operations.ts";
import { CHATS, noted, refused } from "./support/sending.ts";

const SENT: Json = { result: { guid: "S" } };
const wish = (text: string, change: Json = {}): Json => ({ to: "+15550001", text, queue: true, ...change });
const textOf = ({ params }: Json): unknown => (params as Json)["text"];

/** With the Mac away: the operation that was queued. */
async function queued(of: Bot, body: Json, key?: string): Promise<Json> {
  const response = await post(of, body, key === undefined ? {} : { "idempotency-key": key });
  expect(response.status).toBe(202);
  return response.json();
}

/** A bot whose Mac was here, noted its chats, and left. */
async function left(): Promise<Bot> {
  const of = await channel();
  await noted(of, CHATS);
  of.agent.sock.close();
  await of.agent.sock.closed;
  return of;
}

describe("queue: true with the Mac away", () => {
  it("SEND4 is 202 at once, waits, and goes in order when the Mac is back", async () => {
    const of = await bot();
    const first = await queued(of, wish("one"));
    expect(first).toMatchObject({ state: "queued", outcome: null, final: false, delivered: 0, guid: null });
    await queued(of, wish("two"));
    await queued(of, wish("elsewhere", { to: "+15550002" }));
    await evict(of.account);
    expect((await operations(of, "state=queued")).length).toBe(3);
    expect(await statusOf(of.account)).toMatchObject({ sends: { queued: 3, open: 0 } });
    const agent = await Agent.connect(of.account);
    const [one, other] = [await agent.call(), await agent.call()];
    expect([one, other].map(textOf)).toEqual(["one", "elsewhere"]);
    agent.answer(one, SENT);
    expect((await agent.sock.next())["operations"]).toEqual([one["operation"]]);
    expect(textOf(await agent.call())).toBe("two");
    expect(await operation(of, first["operation"])).toMatchObject({ outcome: "sent", guid: "S" });
  });

  it("SEND8 nobody waits for its answer, so an event tells it", async () => {
    const of = await bot();
    const { operation: id } = await queued(of, wish("one"), "k-1");
    const agent = await Agent.connect(of.account);
    await agent.run(SENT);
    expect(await told(of, "message.outcome")).toEqual([
      {
        operation: id,
        outcome: "sent",
        final: true,
        delivered: 1,
        parts: 1,
        guids: ["S"],
        guid: "S",
        idempotency_key: "k-1",
      },
    ]);
  });

  it("SEND8 who was told that it waits is told its outcome by an event, though another was answered", async () => {
    const of = await bot();
    await queued(of, wish("one"), "k");
    const agent = await Agent.connect(of.account);
    const given = await agent.call();
    const second = post(of, wish("one"), { "idempotency-key": "k" });
    // It waits by the time a request after it is answered.
    await operations(of);
    agent.answer(given, SENT);
    expect((await second).status).toBe(200);
    expect(await told(of, "message.outcome")).toMatchObject([{ outcome: "sent", idempotency_key: "k" }]);
  });

  it("SEND4 I7 the same key again finds it where it is: waiting, under way, sent", async () => {
    const of = await bot();
    const first = await queued(of, wish("one"), "k-1");
    expect(await queued(of, wish("one"), "k-1")).toEqual(first);
    expect(await refused(of, wish("two"), { "idempotency-key": "k-1" })).toMatchObject([409, {}]);
    const agent = await Agent.connect(of.account);
    const given = await agent.call();
    const again = post(of, wish("one"), { "idempotency-key": "k-1" });
    agent.answer(given, SENT);
    expect((await again).status).toBe(200);
    expect(await (await again).json()).toMatchObject({ operation: first["operation"], outcome: "sent" });
    // Who was told that it waits is told the end, though somebody else was answered.
    expect(await told(of, "message.outcome")).toMatchObject([{ outcome: "sent", idempotency_key: "k-1" }]);
  });

  it("SEND4 without queue it is refused at once, and nothing waits", async () => {
    const of = await bot();
    expect(await refused(of, { to: "+15550001", text: "now" })).toMatchObject([
      503,
      { code: "agent_offline", retryable: true },
    ]);
    expect(await operations(of)).toEqual([]);
  });

  it("SEND4 what waited longer than its time to live is not sent, by alarm and without a Mac", async () => {
    freeze();
    const of = await bot();
    const { operation: id } = await queued(of, wish("one", { ttl_s: 60 }));
    const { operation: later } = await queued(of, wish("two", { ttl_s: 120 }));
    await evict(of.account);
    await pass(of.account, 60_000);
    await inside(of.account, (object) => object.alarm());
    expect(await operation(of, id)).toMatchObject({
      state: "settled",
      outcome: "not_sent",
      final: true,
      error: { code: "deadline_exceeded" },
    });
    expect(await told(of, "message.outcome")).toMatchObject([{ operation: id, outcome: "not_sent" }]);
    const agent = await Agent.connect(of.account);
    expect((await agent.call())["operation"]).toBe(later);
  });

  it("SEND4 what waits can be taken back, once; what the Mac has cannot", async () => {
    const of = await bot();
    const { operation: id } = await queued(of, wish("one"));
    const { operation: kept } = await queued(of, wish("two"));
    expect(await call(200, of, "DELETE", `operations/${String(id)}`)).toMatchObject({
      outcome: "not_sent",
      error: { code: "gone", detail: expect.stringContaining("cancelled") },
    });
    await call(409, of, "DELETE", `operations/${String(id)}`);
    const agent = await Agent.connect(of.account);
    expect((await agent.call())["operation"]).toBe(kept);
    await call(409, of, "DELETE", `operations/${String(kept)}`);
  });

  it("SEND4 LINK11 of a database that was replaced meanwhile, what named a chat by row id is not sent", async () => {
    const of = await left();
    const { operation: byId } = await queued(of, wish("one", { to: "chat_id:7" }));
    const { operation: byGuid } = await queued(of, wish("two", { to: "chat_guid:iMessage;+;chat7" }));
    await inside(of.account, (_, { storage }) => storage.sql.exec("UPDATE state SET database = 1"));
    await evict(of.account);
    const agent = await Agent.connect(of.account);
    expect((await agent.call())["operation"]).toBe(byGuid);
    expect(await operation(of, byId)).toMatchObject({ outcome: "not_sent", error: { code: "gone" } });
  });

  it("SEND4 a thousand long texts are never read at once: to list them, to count them, to give them up", async () => {
    freeze();
    const of = await bot();
    const text = "x".repeat(3_000);
    for (const to of ["+15550001", "+15550002", "+15550003"]) await queued(of, wish(text, { to }));
    let longest = 0;
    await inside(of.account, (_, { storage }) => {
      const exec = storage.sql.exec.bind(storage.sql);
      vi.spyOn(storage.sql, "exec").mockImplementation((...asked: Parameters<typeof exec>) => {
        const rows = exec(...asked).toArray();
        longest = Math.max(longest, JSON.stringify(rows).length);
        return { toArray: () => rows } as ReturnType<typeof exec>;
      });
    });
    expect(await operations(of, "state=queued")).toHaveLength(3);
    await evict(of.account);
    await statusOf(of.account);
    await pass(of.account, 3_600_001);
    await inside(of.account, (object) => object.alarm());
    expect(await operations(of, "state=queued")).toHaveLength(0);
    vi.restoreAllMocks();
    expect(longest).toBeLessThan(2 * text.length);
  });

  it("SEND4 no more than 1,000 wait", async () => {
    const of = await bot();
    await queued(of, wish("one"));
    // As if 999 more had come.
    await inside(of.account, (_, { storage }) => {
      storage.sql.exec(
        `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 999)
         INSERT INTO operation (id, request_hash, method, params, journal, created_at, deadline, origin, turn)
         SELECT 'x' || i, '', 'send', '[]', '', 0, 9e15, 'channel', 1 + i FROM n`,
      );
    });
    await evict(of.account);
    expect(await refused(of, wish("one more"))).toMatchObject([429, { code: "rate_limited" }]);
  });
});

describe("turns", () => {
  it("SEND3 the messages of one chat go one after the other, those of others meanwhile", async () => {
    const of = await channel();
    await noted(of, CHATS);
    void post(of, { to: "+15550001", text: "one" }, { "idempotency-key": "1" });
    const first = await of.agent.call();
    // The same chat by its guid.
    void post(of, { to: "chat_guid:any;-;+15550001", text: "two" }, { "idempotency-key": "2" });
    void post(of, { to: "+15550002", text: "elsewhere" });
    expect(textOf(await of.agent.call())).toBe("elsewhere");
    expect(await byKey(of, "2")).toMatchObject({ state: "queued" });
    of.agent.answer(first, SENT);
    await of.agent.sock.next();
    expect(textOf(await of.agent.call())).toBe("two");
  });

  it("SEND3 sixteen chats at once, and the next when one of them is done", async () => {
    const of = await bot();
    for (let chat = 0; chat < 17; chat += 1)
      await queued(of, wish(`for ${chat}`, { to: `+1555000${String(chat).padStart(2, "0")}` }));
    const agent = await Agent.connect(of.account);
    const calls: Json[] = [];
    for (let chat = 0; chat < 16; chat += 1) calls.push(await agent.call());
    await agent.settled();
    agent.answer(calls[3] ?? {}, SENT);
    await agent.sock.next();
    expect(textOf(await agent.call())).toBe("for 16");
  });

  it("SEND3 one whose turn does not come in time is not sent, and says so", async () => {
    freeze();
    const of = await channel();
    void post(of, { to: "+15550001", text: "slow" });
    await of.agent.call();
    const response = post(of, { to: "+15550001", text: "behind it" }, { "idempotency-key": "k" });
    await expect.poll(async () => (await byKey(of, "k"))?.["state"]).toBe("queued");
    await pass(of.account, 175_000);
    expect((await response).status).toBe(504);
    expect(await (await response).json()).toMatchObject({ code: "deadline_exceeded", outcome: "not_sent" });
    // That is its end, and no event besides; the other's is still open.
    expect(await told(of, "message.outcome")).toEqual([]);
  });

  it("SEND3 a number without its country waits for the same one with it", async () => {
    const of = await channel();
    void post(of, { to: "+15550001234", text: "one" });
    const first = await of.agent.call();
    void post(of, { to: "+15550001234", text: "two" }, { "idempotency-key": "2" });
    await expect.poll(async () => (await byKey(of, "2"))?.["state"]).toBe("queued");
    void post(of, { to: "(555) 000-1234", text: "three" }, { "idempotency-key": "3" });
    await expect.poll(async () => (await byKey(of, "3"))?.["state"]).toBe("queued");
    await evict(of.account);
    of.agent.answer(first, SENT);
    await of.agent.sock.next();
    expect(textOf(await of.agent.call())).toBe("two");
  });

  it("SEND3 whoever waits is answered when the time is over, though nothing can be stored", async () => {
    freeze();
    const of = await channel();
    const response = post(of, { to: "+15550001", text: "one" });
    const given = await of.agent.call();
    const spoilt = await inside(of.account, (_, { storage }) => {
      const full = (): never => {
        throw new Error("database or disk is full");
      };
      return vi.spyOn(storage, "transactionSync").mockImplementation(full);
    });
    await pass(of.account, 175_000);
    expect((await response).status).toBe(202);
    spoilt.mockRestore();
    expect(await operation(of, given["operation"])).toMatchObject({ state: "open" });
  });
});

describe("operations", () => {
  it("SEND5 are found by id, by key and by state; those of others are not", async () => {
    const of = await bot();
    const other = await bot();
    const { operation: id } = await queued(of, wish("one"), "k/1?&");
    expect(await byKey(of, encodeURIComponent("k/1?&"))).toEqual(await operation(of, id));
    expect(await operations(of, "state=open")).toEqual([]);
    expect(await operations(of, "limit=1")).toMatchObject([{ operation: id }]);
    expect(await operations(of, "idempotency_key=none")).toEqual([]);
    await call(404, other, "GET", `operations/${String(id)}`);
    await call(404, other, "DELETE", `operations/${String(id)}`);
    for (const query of ["state=lost", "limit=0", "limit=201", "idempotency_key="])
      await call(400, of, "GET", `operations?${query}`);
  });
});
