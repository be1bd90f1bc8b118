// The guards of the account's good name: a loop between two bots, and too many strangers.
import { describe, expect, it } from "vitest";
import { Agent, row } from "./support/agent.ts";
import { bot, channel, OPEN, post, type Channel } from "./support/channel.ts";
import { Gateway } from "./support/gateway.ts";
import { statusOf, type Json } from "./support/http.ts";
import { evict, freeze, inside, pass } from "./support/object.ts";
import { CHATS, noted, refused, sent } from "./support/sending.ts";

const TO = { to: "+15550001", text: "hi" };

/** That many go; the next one is refused, and how. */
async function goes(of: Channel, count: number, body: (n: number) => Json): Promise<Json> {
  for (let n = 0; n < count; n += 1) expect((await sent(of, body(n))).status).toBe(200);
  const [status, refusal] = await refused(of, body(count));
  expect(status).toBe(429);
  return refusal;
}

describe("messagesPerMinute", () => {
  it("SEND10 thirty messages a minute to one chat, then 429 with the time to wait; others go on", async () => {
    freeze();
    const of = await bot();
    const here = { ...of, agent: await Agent.connect(of.account) };
    const refusal = await goes(here, 30, () => TO);
    expect(refusal).toMatchObject({ code: "rate_limited", retryable: true, retry_after_s: 60 });
    expect(refusal["detail"]).toContain("messagesPerMinute");
    const response = await post(of, TO);
    expect(response.headers.get("retry-after")).toBe("60");
    expect((await sent(here, { ...TO, to: "+15550009" })).status).toBe(200);
    await evict(of.account);
    expect((await refused(of, TO))[0]).toBe(429);
    expect(await statusOf(of.account)).toMatchObject({ usage: { refused_loop: expect.any(Number) } });
    await pass(of.account, 60_000);
    expect((await sent({ ...of, agent: await Agent.connect(of.account) }, TO)).status).toBe(200);
  });

  it("SEND10 it counts messages, not requests, and the tunnel's with the channel's", async () => {
    const of = await channel({ ...OPEN, messagesPerMinute: 3, textChunkLimit: 5 });
    const gateway = await Gateway.connect(of.account);
    const id = gateway.request("send", { chat_guid: "any;-;+15550001", text: "hi" });
    await of.agent.run({ result: { guid: "S" } });
    await gateway.answer(id);
    void post(of, { to: "+15550001", text: "one two" });
    const first = await of.agent.call();
    of.agent.answer(first, { result: { guid: "S" } });
    const second = await of.agent.call();
    await of.agent.sock.next();
    of.agent.answer(second, { result: { guid: "S" } });
    await of.agent.sock.next();
    expect(await refused(of, TO)).toMatchObject([429, { code: "rate_limited" }]);
    expect(await gateway.call("send", { to: "+15550001", text: "hi" })).toMatchObject({
      error: { code: -32_052, data: { disposition: "not_started", retry_safe: true } },
    });
    expect(await statusOf(of.account)).toMatchObject({ usage: { refused_loop: 2 } });
  });

  it("SEND10 however the chat is named: by its row id, or twice", async () => {
    const of = await channel({ ...OPEN, messagesPerMinute: 2 });
    await noted(of, CHATS);
    await goes(of, 2, () => ({ to: "chat_id:1", text: "hi" }));
    const gateway = await Gateway.connect(of.account);
    const twice = { chat_id: 1, chat_guid: "iMessage;-;+15550001", text: "hi" };
    expect(await gateway.call("send", twice)).toMatchObject({ error: { code: -32_052 } });
  });

  it("SEND10 it counts also where a thousand chats were written to within the minute", async () => {
    const of = await channel({ ...OPEN, messagesPerMinute: 2 });
    await inside(of.account, (_, { storage }) => {
      storage.sql.exec(
        `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1001)
         INSERT INTO operation (id, request_hash, method, journal, created_at, deadline, origin, turn, chat, text_hash)
         SELECT 'x' || i, '', 'send', 'j', ?, 9e15, 'tunnel', i, '-;+1666' || i, '' FROM n`,
        Date.now(),
      );
    });
    await evict(of.account);
    expect(await goes(of, 2, () => TO)).toMatchObject({ code: "rate_limited" });
  });

  it("SEND10 PAIR1 what the relay says itself counts once", async () => {
    const of = await channel({ dmPolicy: "pairing", messagesPerMinute: 2 });
    await evict(of.account);
    await of.agent.show([row(1)]);
    await of.agent.run({ result: { guid: "S" } });
    expect(await goes(of, 1, () => TO)).toMatchObject({ code: "rate_limited" });
  });

  it("SEND10 0 is no limit; reading and tapbacks are not counted", async () => {
    const of = await channel({ ...OPEN, messagesPerMinute: 0 });
    for (let n = 0; n < 35; n += 1) expect((await sent(of, TO)).status).toBe(200);
    const limited = await channel({ ...OPEN, messagesPerMinute: 1 });
    const gateway = await Gateway.connect(limited.account);
    for (let n = 0; n < 3; n += 1) {
      const tapback = { chat_guid: "any;-;+15550001", message_id: "G", reaction: "love" };
      const id = gateway.request("tapback", tapback);
      await limited.agent.run({ result: { ok: true } });
      await gateway.answer(id);
    }
    expect((await sent(limited, TO)).status).toBe(200);
  });

  it("SEND10 I7 a request that was made before is answered, not counted", async () => {
    const of = await channel({ ...OPEN, messagesPerMinute: 1 });
    await sent(of, TO, undefined, { "idempotency-key": "k" });
    expect((await refused(of, TO, { "idempotency-key": "k" }))[0]).toBe(200);
    expect((await refused(of, TO, { "idempotency-key": "other" }))[0]).toBe(429);
  });
});

describe("newChatsPerHour and newChatsPerDay", () => {
  const stranger = (n: number): Json => ({ to: `+1555100${String(n).padStart(4, "0")}`, text: "hi" });

  it("SEND11 so many conversations an hour, and a day; those that Messages has do not count", async () => {
    freeze();
    const of = await channel({ ...OPEN, newChatsPerHour: 3, newChatsPerDay: 4 });
    await noted(of, CHATS);
    const refusal = await goes(of, 3, stranger);
    expect(refusal).toMatchObject({ code: "rate_limited", retry_after_s: 3_600 });
    expect(refusal["detail"]).toContain("newChatsPerHour");
    // Somebody who was written to within the day is nobody new, and neither is who has a chat.
    for (const to of ["+15551000000", "+15550001", "chat_guid:any;+;chat7"])
      expect((await sent(of, { to, text: "again" })).status).toBe(200);
    await evict(of.account);
    await pass(of.account, 3_600_000);
    const back = { ...of, agent: await Agent.connect(of.account) };
    await noted(back, CHATS, back.agent);
    const daily = await goes(back, 1, (n) => stranger(n + 10));
    expect(daily).toMatchObject({
      retry_after_s: 23 * 3_600,
      detail: expect.stringContaining("newChatsPerDay"),
    });
    expect(await statusOf(of.account)).toMatchObject({ usage: { refused_new_chats: expect.any(Number) } });
  });

  it("SEND11 a chat that is made counts, too", async () => {
    const of = await channel({ ...OPEN, newChatsPerHour: 1 });
    await noted(of, CHATS);
    const gateway = await Gateway.connect(of.account);
    const id = gateway.request("chats.create", { addresses: ["+15550011", "+15550012"] });
    await of.agent.run({ result: { ok: true } });
    await gateway.answer(id);
    expect(await gateway.call("chats.create", { addresses: ["+15550013"] })).toMatchObject({
      error: { code: -32_052 },
    });
  });

  it("SEND11 before the Mac has said which chats it has, nobody is new", async () => {
    const of = await channel({ ...OPEN, newChatsPerHour: 1 });
    for (let n = 0; n < 3; n += 1) expect((await sent(of, stranger(n))).status).toBe(200);
  });
});
