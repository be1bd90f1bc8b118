import { abortAllDurableObjects, runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Agent, knock, row, signedHello } from "./support/agent.ts";
import { bearer, Gateway } from "./support/gateway.ts";
import { newKey, statusOf } from "./support/http.ts";
import { alarmAt, evict, freeze, inside, pass, stubOf } from "./support/object.ts";
import { mac, scene } from "./support/scene.ts";
import { dial } from "./support/socket.ts";

afterEach(() => void vi.useRealTimers());

const HOUR = 3_600_000;

describe("survival", () => {
  it("LINK9 I5 what was acknowledged outlives the death of every object", async () => {
    const { account, agent, gateway } = await scene();
    await agent.show([row(1), row(2)], { resume: 2 });
    const id = gateway.request("send", { to: "x", text: "y" }, { idempotency_key: "k" });
    const { operation } = await agent.call();
    await abortAllDurableObjects();
    await expect(gateway.answer(id)).rejects.toThrow("closed");
    const back = await Agent.connect(account);
    expect(back.welcome).toMatchObject({ epoch: 2, resume: 2, identity: [{ guid: "G-2" }, { guid: "G-1" }] });
    expect(await back.call()).toMatchObject({ operation });
    back.answer({ call: operation, operation }, { result: { guid: "A" } });
    await back.sock.next();
    const again = await Gateway.connect(account, { key: gateway.key });
    expect(await again.call("send", { to: "x", text: "y" }, { idempotency_key: "k" })).toMatchObject({
      result: { guid: "A" },
    });
    await again.subscribe({ since_rowid: 1 });
    expect(await again.rows(1)).toEqual([2]);
  });

  it("LINK5 the death of the object is one account.offline, seen at the next question", async () => {
    const { account } = await scene();
    await abortAllDurableObjects();
    expect(await statusOf(account)).toMatchObject({
      agent: { state: "offline" },
      log: { last_seq: 2 },
      gateways: 0,
    });
    expect(await statusOf(account)).toMatchObject({ log: { last_seq: 2 } });
  });

  it("LINK2 a challenge outlives an eviction", async () => {
    const account = await mac();
    const sock = await knock(account);
    const { nonce } = await sock.next();
    await evict(account);
    sock.send(await signedHello(account, String(nonce)));
    expect(await sock.next()).toMatchObject({ t: "welcome" });
  });

  it("LINK8 the number of frames outlives an eviction", async () => {
    const { account, agent } = await scene();
    await agent.show([row(1)]);
    await evict(account);
    await agent.show([row(2)]);
    agent.sock.send({ t: "events", n: 2, database: 0, resume: 2, rows: [] });
    expect(await agent.sock.closed).toMatchObject({ code: 4002 });
  });

  it("I4 an idle account with readers is not woken, and its one alarm is the log's, a week away", async () => {
    const { account, agent, gateway } = await scene();
    await gateway.subscribe();
    const woken = async (): Promise<number> =>
      ((await statusOf(account)) as { usage: { wakes: number } }).usage.wakes;
    const before = await woken();
    for (let at = 0; at < 5; at += 1) {
      for (const { sock } of [agent, gateway]) {
        sock.send("ping");
        await sock.text();
      }
    }
    expect(await woken()).toBe(before + 1);
    expect(await alarmAt(account)).toBeGreaterThan(Date.now() + 7 * 24 * 3_600_000);
  });
});

describe("one socket a client", () => {
  it("RPC16 a newer socket of the same name closes the older with 4006, and what still comes over that is ignored", async () => {
    const account = await mac();
    const agent = await Agent.connect(account);
    const older = await Gateway.connect(account, { client: "bot-1_A" });
    await older.subscribe();
    await evict(account);
    const newer = await Gateway.connect(account, { client: "bot-1_A" });
    expect(await older.sock.closed).toMatchObject({ code: 4006 });
    older.request("send", { to: "x", text: "y" });
    await older.sock.handled();
    await agent.settled();
    await newer.leftovers();
    expect(await statusOf(account)).toMatchObject({ gateways: 1, subscriptions: 0, operations_open: 0 });
  });

  it("RPC16 a reading that goes on in another turn does not bring the older socket back", async () => {
    freeze();
    const account = await mac();
    const agent = await Agent.connect(account);
    // More of another chat than is looked at in one turn.
    for (let from = 1; from <= 2_500; from += 500)
      await agent.show(Array.from({ length: 500 }, (_, at) => row(from + at)));
    const { log } = (await statusOf(account)) as { log: { id: string } };
    const older = await Gateway.connect(account, { client: "bot", v1: true });
    await older.subscribe({ chat_id: 2, relay_after: `${log.id}.0` });
    await Gateway.connect(account, { client: "bot", v1: true });
    expect(await older.sock.closed).toMatchObject({ code: 4006 });
    await pass(account, 1);
    older.request("send", { to: "x", text: "y" });
    await older.sock.handled();
    await agent.settled();
    expect(await statusOf(account)).toMatchObject({ gateways: 1, subscriptions: 0, operations_open: 0 });
  });

  it("RPC16 another name, another key and no name are others", async () => {
    const account = await mac();
    const key = await newKey(account.tenant);
    const all = [
      await Gateway.connect(account, { client: "a" }),
      await Gateway.connect(account, { client: "b" }),
      await Gateway.connect(account, { client: "a", key }),
      await Gateway.connect(account),
      await Gateway.connect(account),
    ];
    for (const gateway of all) expect(await gateway.leftovers()).toEqual([]);
    expect(await statusOf(account)).toMatchObject({ gateways: 5 });
  });

  it.each(["", "x".repeat(65), "a%20b", "%C3%A4", "a.b"])("RPC16 %j is no name", async (client) => {
    const account = await mac();
    const { credential } = await newKey(account.tenant);
    const response = await dial(`/v1/accounts/${account.account}/rpc?client=${client}`, bearer(credential));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: "invalid_request" });
  });
});

describe("alarms", () => {
  it("one alarm serves the named deadlines, the nearest first, and is armed again on construct", async () => {
    freeze();
    const { account, agent, gateway } = await scene();
    const start = Date.now();
    const id = gateway.request("send", { to: "x", text: "y" });
    agent.answer(await agent.call(), { result: {} });
    await gateway.answer(id);
    await agent.sock.next();
    expect(await alarmAt(account)).toBe(start + 25 * HOUR);
    await gateway.subscribe();
    await agent.show(Array.from({ length: 257 }, (_, at) => row(at + 1)));
    expect(await alarmAt(account)).toBe(start + 60_000);
    await inside(account, (_, { storage }) => storage.deleteAlarm());
    await evict(account);
    expect(await alarmAt(account)).toBe(start + 60_000);
    await pass(account, 60_000);
    await runDurableObjectAlarm(stubOf(account));
    // What was used is told by the hour (TEN10), before the sends are pruned.
    expect(await alarmAt(account)).toBe(start + HOUR);
  });

  it("an alarm before its time does nothing, and is armed again", async () => {
    freeze();
    const { account, agent, gateway } = await scene();
    await gateway.subscribe();
    await agent.show(Array.from({ length: 257 }, (_, at) => row(at + 1)));
    const armed = await alarmAt(account);
    await pass(account, 59_000);
    await runDurableObjectAlarm(stubOf(account));
    // For the same millisecond it would be taken for the one that rings (relay/account/schedule.ts).
    expect(await alarmAt(account)).toBe(Number(armed) + 1);
    await gateway.leftovers();
  });

  it("an alarm never throws, whatever is stored, and the other deadlines are kept", async () => {
    freeze();
    const { account, gateway } = await scene();
    await inside(account, (_, { storage }) => {
      storage.sql.exec(
        "INSERT INTO deadline (name, at) VALUES ('operations', 1), ('later', 2), ('probe', ?)",
        Date.now() + HOUR,
      );
      storage.sql.exec(
        "INSERT INTO operation (id, request_hash, method, journal, created_at, deadline) VALUES ('op_bad', 'h', 'send', 'j', 1, 1)",
      );
      storage.sql.exec("UPDATE operation SET settled_at = 1, outcome = 'nonsense', answer = 'not json'");
      return storage.setAlarm(Date.now() + 2 * HOUR);
    });
    expect(await runDurableObjectAlarm(stubOf(account))).toBe(true);
    expect(await alarmAt(account)).not.toBeNull();
    await gateway.leftovers();
  });
});
