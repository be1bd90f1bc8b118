import { afterEach, describe, expect, it, vi } from "vitest";
import { alone, call, channel, post, type Bot, type Channel } from "./support/channel.ts";
import { Gateway } from "./support/gateway.ts";
import { get, newKey, statusOf } from "./support/http.ts";
import { evict, freeze, pass } from "./support/object.ts";
import { noted, refused, sent } from "./support/sending.ts";

afterEach(() => void vi.useRealTimers());

const TO = { to: "+15550001", text: "hello" };

describe("claims", () => {
  const two = async (): Promise<{ of: Channel; other: Channel; gateway: Gateway }> => {
    const of = await channel();
    await noted(of);
    const key = await newKey(of.account.tenant, ["send", "rpc"]);
    return { of, other: { ...of, key }, gateway: await Gateway.connect(of.account, { key }) };
  };
  const CHAT = { chat: "-;+15550001" };
  const claims = async (of: Bot): Promise<unknown> => (await call(200, of, "GET", "claims"))["claims"];

  it("EVT11 a claimed chat is answered by its owner alone, however it is named, at both ways in", async () => {
    const { of, other, gateway } = await two();
    const made = await call(200, of, "POST", "claims", CHAT);
    expect(made).toEqual({ ...CHAT, consumer: null, mine: true, expires_at: expect.any(Number) });
    expect(await claims(of)).toEqual([made]);
    expect(await claims(other)).toEqual([{ ...made, mine: false }]);
    await evict(of.account);
    for (const to of [
      "+15550001",
      "tel:+1 555-0001",
      "imessage:+15550001",
      "chat_guid:SMS;-;+15550001",
      "chat_id:1",
      "chat_identifier:+15550001",
    ])
      expect([to, ...(await refused(other, { to, text: "x" }))]).toMatchObject([
        to,
        409,
        { code: "chat_claimed" },
      ]);
    for (const params of [
      { to: "+1 (555) 0001" },
      { chat_id: 1 },
      { chat_guid: "any;-;+15550001" },
      { chat_identifier: "+15550001" },
    ])
      expect(await gateway.call("send", { ...params, text: "x" })).toMatchObject({
        error: { code: -32_046, data: { code: "chat_claimed", disposition: "not_started" } },
      });
    expect((await sent(of, TO)).status).toBe(200);
    const free = post(other, { to: "+15550002", text: "x" });
    await of.agent.run({ result: { guid: "S-2" } });
    expect((await free).status).toBe(200);
  });

  it("EVT11 other mutations of that chat are refused as well, reads are not", async () => {
    const { of, gateway } = await two();
    await call(200, of, "POST", "claims", { chat: "+;chat7" });
    for (const method of ["send.rich", "tapback", "message.edit", "group.rename"])
      expect([
        method,
        await gateway.call(method, { chat_guid: "iMessage;+;chat7", text: "x" }),
      ]).toMatchObject([method, { error: { code: -32_046 } }]);
    const id = gateway.request("messages.history", { chat_id: 7 });
    of.agent.answer(await of.agent.call(), { result: { messages: [] } });
    expect(await gateway.answer(id)).toMatchObject({ result: {} });
  });

  it("EVT11 naming another chat beside it, or a number that is none, does not get round a claim", async () => {
    const { of, gateway } = await two();
    await call(200, of, "POST", "claims", CHAT);
    for (const params of [
      { to: "+15550001", chat_guid: "iMessage;+;chat7" },
      { to: "+15550002", chat_id: 1 },
      { chat_identifier: "+15550001", chat_id: "7" },
      { to: "+15550001", chat_id: 99 },
      { chat: "any;-;+15550001", chat_guid: "iMessage;+;chat7" },
    ])
      expect(await gateway.call("send", { ...params, text: "x" })).toMatchObject({
        error: { code: -32_046 },
      });
    await of.agent.settled();
  });

  it("EVT11 a direct chat is claimed under its address however that is written", async () => {
    const { of, other } = await two();
    const made = await call(200, of, "POST", "claims", { chat: "-;Ann.Field@Example.com" });
    expect(made).toMatchObject({ chat: "-;ann.field@example.com" });
    expect(await refused(other, { to: "ann.field@example.com", text: "x" })).toMatchObject([
      409,
      { code: "chat_claimed" },
    ]);
    expect(await claims(of)).toHaveLength(1);
    await call(200, of, "DELETE", `claims?chat=${encodeURIComponent("-;ANN.field@example.com")}`);
    expect(await claims(of)).toEqual([]);
  });

  it("EVT11 I7 what was sent before the claim has its answer under its key, through the tunnel too", async () => {
    const { of, gateway } = await two();
    const key = { idempotency_key: "k" };
    const id = gateway.request("send", TO, key);
    await of.agent.run({ result: { guid: "S-1" } });
    await gateway.answer(id);
    await call(200, of, "POST", "claims", CHAT);
    expect(await gateway.call("send", TO, key)).toMatchObject({ result: { guid: "S-1" } });
    expect(await gateway.call("send", TO, { idempotency_key: "other" })).toMatchObject({
      error: { code: -32_046 },
    });
    await of.agent.settled();
  });

  it("EVT11 a claim of one consumer keeps the others of the same key out; one without, none of them", async () => {
    const { of } = await two();
    await call(200, of, "POST", "claims", { ...CHAT, consumer: "a" });
    for (const consumer of [undefined, null, "b"])
      expect(await refused(of, { ...TO, ...(consumer === undefined ? {} : { consumer }) })).toMatchObject([
        409,
        {},
      ]);
    expect((await sent(of, { ...TO, consumer: "a" })).status).toBe(200);
    await call(409, of, "POST", "claims", { ...CHAT, consumer: "b" });
    await call(200, of, "DELETE", "claims?chat=-;%2B15550001");
    await call(200, of, "POST", "claims", CHAT);
    expect((await sent(of, { ...TO, consumer: "b" })).status).toBe(200);
  });

  it("EVT11 ends after ttl_s to the millisecond unless it is made again; another's is 409 until then", async () => {
    freeze();
    const of = await alone();
    const other = { ...of, key: await newKey(of.account.tenant, ["send"]) };
    const start = Date.now();
    expect(await call(200, of, "POST", "claims", CHAT)).toMatchObject({ expires_at: start + 3_600_000 });
    expect(await call(200, of, "POST", "claims", { ...CHAT, ttl_s: 10 })).toMatchObject({
      expires_at: start + 10_000,
    });
    await pass(of.account, 9_999);
    expect(await call(409, other, "POST", "claims", CHAT)).toMatchObject({ code: "chat_claimed" });
    await pass(of.account, 1);
    expect(await claims(of)).toEqual([]);
    expect(await call(200, other, "POST", "claims", { ...CHAT, ttl_s: 604_800 })).toMatchObject({
      mine: true,
    });
    expect(await refused(of, TO)).toMatchObject([409, {}]);
    for (const body of [
      {},
      { chat: "" },
      { ...CHAT, ttl_s: 0 },
      { ...CHAT, ttl_s: 604_801 },
      { ...CHAT, ttl_s: 1.5 },
      { ...CHAT, consumer: "a b" },
    ])
      await call(400, of, "POST", "claims", body);
  });

  it("EVT11 with the last claim ends that numbers need their country, whoever asked in between", async () => {
    freeze();
    const { of, gateway } = await two();
    await call(200, of, "POST", "claims", CHAT);
    await call(200, of, "POST", "claims", { chat: "+;chat7", ttl_s: 20 });
    await call(200, of, "POST", "claims", { ...CHAT, ttl_s: 10 });
    const local = { to: "5550009", text: "x" };
    const isRefused = {
      error: { data: { code: "chat_claimed", detail: expect.stringContaining("country") } },
    };
    expect(await gateway.call("send", local)).toMatchObject(isRefused);
    await pass(of.account, 19_999);
    expect(await gateway.call("send", local)).toMatchObject(isRefused);
    await pass(of.account, 1);
    const id = gateway.request("send", local);
    await of.agent.run({ result: { guid: "S-1" } });
    expect(await gateway.answer(id)).toMatchObject({ result: { guid: "S-1" } });
    await call(200, of, "POST", "claims", CHAT);
    expect(await gateway.call("send", local)).toMatchObject(isRefused);
  });

  it("EVT11 its owner releases it, and so do those who manage; others do not", async () => {
    const { of, other } = await two();
    const path = "claims?chat=-;%2B15550001";
    await call(200, other, "POST", "claims", CHAT);
    const sender = { ...of, key: await newKey(of.account.tenant, ["send"]) };
    expect(await call(409, sender, "DELETE", path)).toMatchObject({ code: "chat_claimed" });
    expect(await call(200, other, "DELETE", path)).toEqual(CHAT);
    await call(404, other, "DELETE", path);
    await call(200, other, "POST", "claims", CHAT);
    expect(await call(200, of, "DELETE", path)).toEqual(CHAT);
    await call(200, other, "POST", "claims", CHAT);
    await get(200, "DELETE", `/v1/accounts/${of.account.account}/${path}`);
    expect(await claims(of)).toEqual([]);
    await get(403, "POST", `/v1/accounts/${of.account.account}/claims`, { body: CHAT });
    expect(await statusOf(of.account)).toMatchObject({ agent: { state: "online" } });
  });
});
