import { runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { row, type Agent } from "./support/agent.ts";
import { Gateway } from "./support/gateway.ts";
import { statusOf, type Json } from "./support/http.ts";
import { alarmAt, evict, freeze, pass, stubOf } from "./support/object.ts";
import { scene } from "./support/scene.ts";

afterEach(() => void vi.useRealTimers());

const show = (agent: Agent, from: number, count: number, change: Json = {}): Promise<void> =>
  agent.show(Array.from({ length: count }, (_, at) => row(from + at, change)));

/** How many messages came that were not taken. */
const left = async (gateway: Gateway): Promise<number> =>
  (await gateway.leftovers()).filter(({ method }) => method === "message").length;

describe("with subprotocol imsg-relay.v1", () => {
  it("RPC12 the door chooses the subprotocol, and notifications say where they are in the log", async () => {
    freeze();
    const { account, agent, gateway } = await scene({}, { v1: true });
    const { log } = (await statusOf(account)) as { log: { id: string } };
    expect(await gateway.call("watch.subscribe")).toMatchObject({
      result: { subscription: 1, relay: { id: `${log.id}.1` } },
    });
    await agent.show([row(1)]);
    expect((await gateway.message()).relay).toEqual({
      id: `${log.id}.2`,
      logged_at: Date.now(),
      delayed: true,
    });
  });

  it("RPC12 a client without it sees nothing of ours", async () => {
    const { agent, gateway } = await scene();
    expect((await gateway.call("watch.subscribe"))["result"]).toEqual({ subscription: 1 });
    await agent.show([row(1)]);
    expect(await gateway.message()).not.toHaveProperty("relay");
  });

  it("RPC12 after 256 notifications nothing comes until some are acknowledged, by notification or request", async () => {
    const { agent, gateway } = await scene({}, { v1: true });
    await gateway.subscribe();
    await show(agent, 1, 300);
    await gateway.rows(199);
    const { relay } = await gateway.message();
    await gateway.rows(56);
    expect(await left(gateway)).toBe(0);
    gateway.sock.send({ method: "relay.ack", params: { subscription: 1, id: relay?.["id"] } });
    expect(await gateway.rows(44)).toEqual(Array.from({ length: 44 }, (_, at) => 257 + at));
    await show(agent, 301, 300);
    const next = [];
    for (let at = 0; at < 156; at += 1) next.push((await gateway.message()).relay);
    expect(await left(gateway)).toBe(0);
    expect(await gateway.call("relay.ack", { subscription: 1, id: next.at(-1)?.["id"] })).toMatchObject({
      result: { ok: true },
    });
    expect(await gateway.rows(144)).toHaveLength(144);
  });

  it("RPC12 after 1 MiB nothing comes until some is acknowledged", async () => {
    const { agent, gateway } = await scene({}, { v1: true });
    await gateway.subscribe();
    await show(agent, 1, 5, { text: "x".repeat(300_000) });
    const seen = [];
    for (let at = 0; at < 4; at += 1) seen.push((await gateway.message()).relay?.["id"]);
    expect(await left(gateway)).toBe(0);
    gateway.sock.send({ method: "relay.ack", params: { subscription: 1, id: seen[0] } });
    expect(await gateway.rows(1)).toEqual([5]);
  });

  it("RPC12 bytes are counted as UTF-8", async () => {
    const { agent, gateway } = await scene({}, { v1: true });
    await gateway.subscribe();
    await show(agent, 1, 5, { text: "字".repeat(120_000) });
    await gateway.rows(3);
    expect(await left(gateway)).toBe(0);
  });

  it("RPC12 the window is one for all subscriptions of a socket, and none of another socket's", async () => {
    const { account, agent, gateway } = await scene({}, { v1: true });
    const other = await Gateway.connect(account, { v1: true });
    await gateway.subscribe();
    await gateway.subscribe();
    await other.subscribe();
    await show(agent, 1, 200);
    expect(await left(gateway)).toBe(256);
    expect(await left(other)).toBe(200);
  });

  it.each<[string, Json]>([
    ["a foreign log", { subscription: 1, id: "other.300" }],
    ["no id", { subscription: 1 }],
    ["nonsense", { subscription: 1, id: "nonsense" }],
    ["no subscription", { id: "x.1" }],
  ])("RPC12 an ack of %s is refused and moves nothing", async (_, params) => {
    const { agent, gateway } = await scene({}, { v1: true });
    await gateway.subscribe();
    await show(agent, 1, 257);
    await gateway.rows(256);
    gateway.sock.send({ method: "relay.ack", params });
    expect(await gateway.call("relay.ack", params)).toMatchObject({ error: { code: -32602 } });
    expect(await left(gateway)).toBe(0);
  });

  it("RPC12 the window outlives an eviction, and an ack of what came opens it again", async () => {
    const { account, agent, gateway } = await scene({}, { v1: true });
    await gateway.subscribe();
    await show(agent, 1, 256);
    for (let at = 0; at < 255; at += 1) await gateway.message();
    const last = (await gateway.message()).relay;
    await evict(account);
    await show(agent, 257, 10);
    expect(await left(gateway)).toBe(0);
    gateway.sock.send({ method: "relay.ack", params: { subscription: 1, id: last?.["id"] } });
    expect(await gateway.rows(10)).toHaveLength(10);
  });

  it("RPC12 after an eviction the ack of the last message of a quiet chat counts, though other chats went on", async () => {
    const { account, agent, gateway } = await scene({}, { v1: true });
    await gateway.subscribe({ chat_id: 2 });
    await gateway.subscribe({ chat_id: 3 });
    await show(agent, 1, 200, { chat_id: 2 });
    await gateway.rows(199);
    const last = (await gateway.message()).relay;
    await show(agent, 201, 1, { chat_id: 4 });
    await evict(account);
    await gateway.call("relay.ack", { subscription: 1, id: last?.["id"] });
    await show(agent, 301, 256, { chat_id: 3 });
    expect(await left(gateway)).toBe(256);
  });

  it("RPC12 one slow reader holds up nobody", async () => {
    const { account, agent, gateway } = await scene({}, { v1: true });
    await gateway.subscribe();
    await show(agent, 1, 300);
    const other = await Gateway.connect(account);
    await other.subscribe();
    await show(agent, 301, 5);
    expect(await other.rows(5)).toEqual([301, 302, 303, 304, 305]);
    const id = gateway.request("chats.list");
    agent.answer(await agent.call(), { result: {} });
    await gateway.answer(id);
  });
});

describe("a plain client", () => {
  it.each<[string, Json]>([
    ["a result", { result: {} }],
    ["an error", { error: { code: -32601, message: "Method not found" } }],
  ])("RPC13 after 256 notifications it is asked, and gets the rest when it answers %s", async (_, answer) => {
    const { agent, gateway } = await scene();
    await gateway.subscribe();
    await show(agent, 1, 300);
    await gateway.rows(256);
    const id = await gateway.probe();
    expect(id).toBe("relay:1");
    expect(await left(gateway)).toBe(0);
    for (const other of ["relay:2", "relay:0", 1]) gateway.sock.send({ id: other, result: {} });
    gateway.sock.send({ method: "relay.ack", params: { subscription: 1, id: "x.1" } });
    expect(await left(gateway)).toBe(0);
    gateway.sock.send({ id, ...answer });
    expect(await gateway.rows(44)).toHaveLength(44);
    await show(agent, 301, 300);
    await gateway.rows(212);
    expect(await gateway.probe()).toBe("relay:2");
  });

  it("RPC13 after 1 MiB it is asked", async () => {
    const { agent, gateway } = await scene();
    await gateway.subscribe();
    await show(agent, 1, 5, { text: "x".repeat(300_000) });
    await gateway.rows(4);
    gateway.sock.send({ id: await gateway.probe(), result: null });
    expect(await gateway.rows(1)).toEqual([5]);
  });

  it("RPC13 a question goes on being open over an eviction", async () => {
    const { account, agent, gateway } = await scene();
    await gateway.subscribe();
    await show(agent, 1, 257);
    const id = await gateway.probe();
    await gateway.rows(256);
    await evict(account);
    await show(agent, 258, 1);
    expect(await left(gateway)).toBe(0);
    gateway.sock.send({ id, result: {} });
    expect(await gateway.rows(2)).toEqual([257, 258]);
  });

  it("RPC13 who does not answer within 60 s is closed by the alarm, who answers is not", async () => {
    freeze();
    const { account, agent, gateway } = await scene();
    const other = await Gateway.connect(account);
    await gateway.subscribe();
    await show(agent, 1, 257);
    await gateway.probe();
    const asked = Date.now();
    expect(await alarmAt(account)).toBe(asked + 60_000);
    await pass(account, 20_000);
    await agent.settled();
    await other.subscribe({ since_rowid: -1 });
    // This engine has older rows; it says that there are none.
    await other.leftovers();
    await evict(account);
    await pass(account, 40_000);
    await runDurableObjectAlarm(stubOf(account));
    expect(await gateway.sock.closed).toMatchObject({ code: 4006 });
    expect(await alarmAt(account)).toBe(asked + 80_000);
    await other.leftovers();
    expect(await statusOf(account)).toMatchObject({ gateways: 1 });
  });
});
