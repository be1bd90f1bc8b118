import { afterEach, describe, expect, it, vi } from "vitest";
import { METHOD_NAMES, methodOf } from "../../shared/methods.ts";
import { Agent, ENGINE, OLD_ENGINE } from "./support/agent.ts";
import { Gateway } from "./support/gateway.ts";
import { statusOf, type Json } from "./support/http.ts";
import { freeze, pass } from "./support/object.ts";
import { mac, scene } from "./support/scene.ts";

afterEach(() => void vi.useRealTimers());

const offline = { code: "agent_offline", retryable: true, disposition: "not_started", retry_safe: true };

describe("routing", () => {
  it("RPC1 a read is given to the Mac with the caller's params, and its answer passes through", async () => {
    const { agent, gateway } = await scene();
    const params = { chat_id: 7, later: [1, { deep: null }] };
    const id = gateway.request("messages.history", params);
    const call = await agent.call();
    expect(call).toEqual({
      t: "call",
      call: expect.any(String),
      method: "messages.history",
      params,
      deadline: 30_000,
    });
    agent.answer(call, { result: { messages: [], odd: 1 } });
    expect(await gateway.answer(id)).toEqual({ jsonrpc: "2.0", id, result: { messages: [], odd: 1 } });
  });

  it("RPC1 errors of imsg pass through unchanged", async () => {
    const { agent, gateway } = await scene();
    const id = gateway.request("messages.history", {});
    const error = { code: -32602, message: "Invalid params", data: "chat_id is required" };
    agent.answer(await agent.call(), { error });
    expect(await gateway.answer(id)).toEqual({ jsonrpc: "2.0", id, error });
  });

  it.each(["nope", "toString", "__proto__", "bridge.events.subscribe", "bridge.events.unsubscribe"])(
    "RPC1 %s is -32601 from the relay, and the Mac hears nothing",
    async (method) => {
      const { agent, gateway } = await scene();
      expect(await gateway.call(method, {})).toMatchObject({ error: { code: -32601, data: method } });
      await agent.settled();
    },
  );

  it("RPC1 initialize is answered from what the Mac said, never forwarded", async () => {
    const { agent, gateway } = await scene({
      engine: { ...ENGINE, methods: ["send", "bridge.events.subscribe", "newer.method"] },
    });
    expect(await gateway.call("initialize", { protocol_version: 1 })).toMatchObject({
      result: {
        version: "0.15.0",
        protocol_version: 1,
        methods: ["send"],
        database: { ready: true },
        bridge: { ready: false },
      },
    });
    await agent.settled();
  });

  it("RPC1 initialize of an old engine is -32601, as imsg 0.9 says", async () => {
    const { gateway } = await scene({ engine: OLD_ENGINE });
    expect(await gateway.call("initialize")).toMatchObject({ error: { code: -32601 } });
  });

  it("RPC1 every forwarded method reaches the Mac: mutations with an operation, the others without", async () => {
    const { agent, gateway } = await scene();
    for (const method of METHOD_NAMES) {
      const entry = methodOf(method);
      if (entry?.class === "refused" || method === "initialize" || method.startsWith("watch.")) continue;
      const id = gateway.request(method, {});
      const call = await agent.call();
      expect([method, call["method"], "operation" in call]).toEqual([
        method,
        method,
        entry?.class === "mutation",
      ]);
      agent.answer(call, { result: { method } });
      expect(await gateway.answer(id)).toMatchObject({ result: { method } });
      if (entry?.class === "mutation") await agent.sock.next();
    }
  });

  it.each([[[]], ["text"], [5], [null]])("RPC1 params %j are refused by the relay", async (params) => {
    const { gateway } = await scene();
    gateway.sock.send({ id: 1, method: "chats.list", params });
    expect(await gateway.answer(1)).toMatchObject({ error: { code: -32602 } });
  });

  it("RPC2 two gateways may use one id, out of order", async () => {
    const { account, agent, gateway } = await scene();
    const other = await Gateway.connect(account);
    gateway.sock.send({ id: "same", method: "status" });
    const first = await agent.call();
    other.sock.send({ id: "same", method: "status" });
    const second = await agent.call();
    agent.answer(second, { result: { n: 2 } });
    agent.answer(first, { result: { n: 1 } });
    expect(await other.answer("same")).toMatchObject({ result: { n: 2 } });
    expect(await gateway.answer("same")).toMatchObject({ result: { n: 1 } });
  });

  it.each([
    ["text", "x"],
    ["negative", -1],
    ["0", 0],
    ["a fraction", 1.5],
    ["null", null],
  ])("RPC2 an id that is %s comes back as it was", async (_, id) => {
    const { gateway } = await scene();
    gateway.sock.send({ id, method: "nope" });
    expect(await gateway.sock.next()).toMatchObject({ id, error: { code: -32601 } });
  });

  it("RPC7 what the Mac's owner forbids passes through as -32043", async () => {
    const { agent, gateway } = await scene();
    const id = gateway.request("send", { to: "x", text: "y" });
    const error = {
      code: -32043,
      message: "The owner of the Mac does not allow this.",
      data: { code: "forbidden_by_mac", reason: "read_only", disposition: "not_started", retry_safe: true },
    };
    agent.answer(await agent.call(), { error });
    expect(await gateway.answer(id)).toMatchObject({ error });
  });
});

describe("the Mac is away", () => {
  it.each(["messages.history", "status", "typing", "send", "chats.list"])(
    "RPC4 %s fails at once",
    async (method) => {
      const gateway = await Gateway.connect(await mac());
      expect(await gateway.call(method, {})).toMatchObject({ error: { code: -32054, data: offline } });
    },
  );

  it("RPC4 chats.list is answered from the list noted last, and marked stale", async () => {
    const { account, agent, gateway } = await scene();
    const chats = Array.from({ length: 25 }, (_, at) => ({ id: at + 1, guid: `iMessage;-;${at}`, odd: at }));
    agent.sock.send({ t: "note", kind: "chats", database: 0, chats });
    await agent.settled();
    agent.sock.close();
    await vi.waitFor(async () =>
      expect(await statusOf(account)).toMatchObject({ agent: { state: "offline" } }),
    );
    expect(await gateway.call("chats.list")).toMatchObject({
      result: { chats: chats.slice(0, 20), stale: true, noted_at: expect.any(Number) },
    });
    expect(await gateway.call("chats.list", { limit: 2 })).toMatchObject({
      result: { chats: chats.slice(0, 2) },
    });
    expect(await gateway.call("chats.list", { limit: 100 })).toMatchObject({ result: { chats } });
  });

  it("LINK12 chats.list of a Mac that is online is its own, whatever was noted", async () => {
    const { agent, gateway } = await scene();
    agent.sock.send({ t: "note", kind: "chats", database: 0, chats: [{ id: 1 }] });
    const id = gateway.request("chats.list");
    agent.answer(await agent.call(), { result: { chats: [] } });
    expect(await gateway.answer(id)).toMatchObject({ result: { chats: [] } });
  });

  it("LINK12 a list too long for a row is cut to the newest", async () => {
    const { account, agent, gateway } = await scene();
    const chats = Array.from({ length: 1_000 }, (_, at) => ({ id: at + 1, name: "x".repeat(4_000) }));
    agent.sock.send({ t: "note", kind: "chats", database: 0, chats });
    await agent.settled();
    agent.sock.close();
    await vi.waitFor(async () =>
      expect(await statusOf(account)).toMatchObject({ agent: { state: "offline" } }),
    );
    const { result } = (await gateway.call("chats.list", { limit: 1_000 })) as { result: { chats: Json[] } };
    expect(result.chats.length).toBeGreaterThan(200);
    expect(result.chats).toEqual(chats.slice(0, result.chats.length));
  });

  it("RPC5 a read that is cut off fails as retriable", async () => {
    const { agent, gateway } = await scene();
    const id = gateway.request("messages.history", {});
    await agent.call();
    agent.sock.close();
    expect(await gateway.answer(id)).toMatchObject({
      error: { code: -32054, data: { code: "agent_offline", retryable: true, retry_safe: true } },
    });
  });

  it("RPC5 a read that is cut off by a newer link of the same Mac fails, and the late answer is nobody's", async () => {
    const { account, agent, gateway } = await scene();
    const id = gateway.request("messages.history", {});
    const call = await agent.call();
    const newer = await Agent.connect(account);
    expect(await gateway.answer(id)).toMatchObject({ error: { code: -32054 } });
    newer.answer(call, { result: { messages: [] } });
    await newer.settled();
    expect(await gateway.leftovers()).toEqual([]);
  });
});

describe("waiting", () => {
  it("LINK13 a read that nobody answers ends at its deadline, once", async () => {
    freeze();
    const { account, agent, gateway } = await scene();
    const id = gateway.request("messages.history", {});
    const call = await agent.call();
    await pass(account, 29_999);
    expect(await gateway.leftovers()).toEqual([]);
    await pass(account, 1);
    expect(await gateway.answer(id)).toMatchObject({ error: { code: -32056, data: { retry_safe: true } } });
    agent.answer(call, { result: 1 });
    agent.answer(call, { result: 2 });
    await agent.settled();
    expect(await gateway.leftovers()).toEqual([]);
  });

  it("LINK13 when the gateway leaves, its reads are cancelled and nobody else's", async () => {
    const { account, agent, gateway } = await scene();
    const other = await Gateway.connect(account);
    gateway.request("messages.history", {});
    const call = await agent.call();
    const id = other.request("chats.list", {});
    const kept = await agent.call();
    gateway.sock.close();
    expect(await agent.sock.next()).toEqual({ t: "cancel", call: call["call"] });
    agent.answer(kept, { result: {} });
    await other.answer(id);
  });

  it("RPC8 the 129th waiting call of a gateway is -32000, and one answer makes room", async () => {
    const { account, agent, gateway } = await scene();
    // The pool may hand over two frames of one socket in another order: what counts is how many wait.
    const waiting = (calls: number): Promise<void> =>
      vi.waitFor(async () => expect(await statusOf(account)).toMatchObject({ calls }));
    for (let at = 0; at < 128; at += 1) gateway.request("messages.history", {});
    await waiting(128);
    expect(await gateway.call("messages.history", {})).toMatchObject({
      error: { code: -32000, message: "Server busy" },
    });
    const other = await Gateway.connect(account);
    other.request("messages.history", {});
    await waiting(129);
    agent.answer(await agent.call(), { result: {} });
    await waiting(128);
    gateway.request("messages.history", {});
    await waiting(129);
  });

  it("RPC8 the 1,025th waiting call of an account is -32000", async () => {
    const { account, agent, gateway } = await scene();
    for (let at = 0; at < 8; at += 1) {
      const other = await Gateway.connect(account, { key: gateway.key });
      for (let n = 0; n < 128; n += 1) other.request("messages.history", {});
      await other.sock.handled();
    }
    expect(await gateway.call("messages.history", {})).toMatchObject({ error: { code: -32000 } });
    expect(await gateway.call("send", {})).toMatchObject({ error: { code: -32000 } });
    agent.answer(await agent.call(), { result: {} });
    await vi.waitFor(async () => expect(await statusOf(account)).toMatchObject({ calls: 1_023 }));
  });
});
