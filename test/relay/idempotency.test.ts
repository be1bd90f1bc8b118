import { runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Agent } from "./support/agent.ts";
import { Gateway } from "./support/gateway.ts";
import { get, statusOf, type Account, type Json } from "./support/http.ts";
import { alarmAt, evict, freeze, pass, stubOf } from "./support/object.ts";
import { mac, scene } from "./support/scene.ts";

afterEach(() => void vi.useRealTimers());

const HELLO = { to: "+15550001", text: "hi" };
const SENT = { result: { ok: true, guid: "A" } };
const HOUR = 3_600_000;

const post = (
  account: Account,
  { credential }: { credential: string },
  params: Json,
  key?: string,
): Promise<Json> =>
  get(200, "POST", `/v1/accounts/${account.account}/rpc`, {
    key: credential,
    body: { id: 1, method: "send", params },
    headers: key === undefined ? {} : { "idempotency-key": key },
  });

describe("idempotency (I7)", () => {
  it("RPC6 the same key and body again is the same answer, sent once, over the socket and over HTTP", async () => {
    const { account, agent, gateway } = await scene();
    const id = gateway.request("send", HELLO, { idempotency_key: "k" });
    await agent.run(SENT);
    expect(await gateway.answer(id)).toMatchObject(SENT);
    expect(await gateway.call("send", HELLO, { idempotency_key: "k" })).toMatchObject(SENT);
    expect(await post(account, gateway.key, HELLO, "k")).toMatchObject(SENT);
    await evict(account);
    expect(await gateway.call("send", HELLO, { idempotency_key: "k" })).toMatchObject(SENT);
    await agent.settled();
  });

  it("RPC6 in flight it is joined, and everybody is answered", async () => {
    const { account, agent, gateway } = await scene();
    const other = await Gateway.connect(account);
    const one = gateway.request("send", HELLO, { idempotency_key: "k" });
    const call = await agent.call();
    const two = gateway.request("send", HELLO, { idempotency_key: "k" });
    const three = other.request("send", HELLO, { idempotency_key: "k" });
    const four = post(account, gateway.key, HELLO, "k");
    await vi.waitFor(async () =>
      expect(await gateway.call("relay.outcome", { idempotency_key: "k" })).toMatchObject({
        result: { state: "open", operation: call["operation"] },
      }),
    );
    await other.leftovers();
    agent.answer(call, SENT);
    const answers = [
      await gateway.answer(one),
      await gateway.answer(two),
      await other.answer(three),
      await four,
    ];
    for (const answer of answers) expect(answer).toMatchObject(SENT);
    await agent.sock.next();
    await agent.settled();
  });

  it.each<[string, string, Json]>([
    ["other params", "send", { ...HELLO, text: "other" }],
    ["another method", "send.rich", HELLO],
  ])("RPC6 the same key with %s is a conflict, settled or not", async (_, method, params) => {
    const { agent, gateway } = await scene();
    const id = gateway.request("send", HELLO, { idempotency_key: "k" });
    const call = await agent.call();
    const conflict = { error: { code: -32045, data: { code: "conflict" } } };
    expect(await gateway.call(method, params, { idempotency_key: "k" })).toMatchObject(conflict);
    agent.answer(call, SENT);
    await gateway.answer(id);
    expect(await gateway.call(method, params, { idempotency_key: "k" })).toMatchObject(conflict);
    await agent.sock.next();
    await agent.settled();
  });

  it("RPC6 a key belongs to its account", async () => {
    const [one, other] = [await scene(), await scene()];
    for (const { agent, gateway } of [one, other]) {
      const id = gateway.request("send", HELLO, { idempotency_key: "k" });
      await agent.run(SENT);
      expect(await gateway.answer(id)).toMatchObject(SENT);
    }
  });

  it("RPC6 without a key nothing is joined", async () => {
    const { agent, gateway } = await scene();
    gateway.request("send", HELLO);
    gateway.request("send", HELLO);
    expect((await agent.call())["operation"]).not.toBe((await agent.call())["operation"]);
  });

  it("RPC6 a refusal before dispatch uses up no key", async () => {
    const account = await mac();
    const gateway = await Gateway.connect(account);
    expect(await gateway.call("send", HELLO, { idempotency_key: "k" })).toMatchObject({
      error: { code: -32054 },
    });
    const agent = await Agent.connect(account);
    const id = gateway.request("send", HELLO, { idempotency_key: "k" });
    await agent.run(SENT);
    expect(await gateway.answer(id)).toMatchObject(SENT);
  });

  it.each(["", "x".repeat(129), "a b", "ü", "a\n"])("RPC6 %j is no key", async (idempotency_key) => {
    const { agent, gateway } = await scene();
    for (const [method, params, extra] of [
      ["send", HELLO, { idempotency_key }],
      ["relay.outcome", { idempotency_key }, {}],
    ] as const)
      expect(await gateway.call(method, params, extra)).toMatchObject({
        error: { code: -32602, data: expect.stringContaining("idempotency_key") },
      });
    await agent.settled();
  });

  it("RPC6 128 visible characters are a key", async () => {
    const { agent, gateway } = await scene();
    const id = gateway.request("send", HELLO, { idempotency_key: "~".repeat(128) });
    await agent.run(SENT);
    expect(await gateway.answer(id)).toMatchObject(SENT);
  });

  it("RPC6 relay.outcome of a key that nobody used is -32044", async () => {
    const { gateway } = await scene();
    expect(await gateway.call("relay.outcome", { idempotency_key: "k" })).toMatchObject({
      error: { code: -32044, data: { code: "not_found" } },
    });
  });

  it.each<[string, Json, string]>([
    ["sent", SENT, "sent"],
    ["not_sent", { error: { code: -32602, message: "Invalid params" } }, "not_sent"],
    ["unknown", { error: { code: -32603, message: "Internal error" } }, "unknown"],
  ])("RPC6 I6 the outcome is kept: %s", async (_, answer, outcome) => {
    const { agent, gateway } = await scene();
    const id = gateway.request("send", HELLO, { idempotency_key: "k" });
    await agent.run(answer);
    expect(await gateway.answer(id)).toMatchObject(answer);
    expect(await gateway.call("relay.outcome", { idempotency_key: "k" })).toMatchObject({
      result: { outcome, answer },
    });
    expect(await gateway.call("send", HELLO, { idempotency_key: "k" })).toMatchObject(answer);
  });

  it("RPC6 an answer is kept for 24 h, and not for ever", async () => {
    freeze();
    const { account, agent, gateway } = await scene();
    const settle = async (on: Agent, idempotency_key: string): Promise<void> => {
      const id = gateway.request("send", HELLO, { idempotency_key });
      await on.run(SENT);
      await gateway.answer(id);
    };
    const start = Date.now();
    await settle(agent, "early");
    expect(await alarmAt(account)).toBe(start + 25 * HOUR);
    await pass(account, 2 * HOUR);
    await settle(await Agent.connect(account), "late");
    await pass(account, 23 * HOUR);
    await runDurableObjectAlarm(stubOf(account));
    expect(await gateway.call("send", HELLO, { idempotency_key: "late" })).toMatchObject(SENT);
    expect(await gateway.call("relay.outcome", { idempotency_key: "early" })).toMatchObject({
      error: { code: -32044 },
    });
    await pass(account, HOUR);
    await runDurableObjectAlarm(stubOf(account));
    expect(await gateway.call("send", HELLO, { idempotency_key: "late" })).toMatchObject(SENT);
    await pass(account, HOUR);
    await runDurableObjectAlarm(stubOf(account));
    expect(await gateway.call("relay.outcome", { idempotency_key: "late" })).toMatchObject({
      error: { code: -32044 },
    });
    // What is left is the log's own (LOG6).
    expect(await alarmAt(account)).toBeGreaterThan(Date.now() + 6 * 24 * HOUR);
  });

  it("RPC6 what was never settled is unknown after a day", async () => {
    freeze();
    const { account, agent, gateway } = await scene();
    gateway.request("send", HELLO, { idempotency_key: "k" });
    await agent.call();
    await pass(account, 25 * HOUR);
    await runDurableObjectAlarm(stubOf(account));
    expect(await gateway.call("relay.outcome", { idempotency_key: "k" })).toMatchObject({
      result: { state: "settled", outcome: "unknown" },
    });
    expect(await statusOf(account)).toMatchObject({ operations_open: 0 });
  });
});
