import { afterEach, describe, expect, it, vi } from "vitest";
import { Agent, enrol } from "./support/agent.ts";
import { Gateway } from "./support/gateway.ts";
import { statusOf } from "./support/http.ts";
import { evict, freeze, inside, pass } from "./support/object.ts";
import { mac, scene } from "./support/scene.ts";

afterEach(() => void vi.useRealTimers());

const HELLO = { to: "+15550001", text: "hi" };
const SENT = { result: { ok: true, guid: "A" } };
describe("dispatch", () => {
  it("LINK14 a mutation is given with an operation, a deadline and the caller's params alone", async () => {
    freeze();
    const { agent, gateway } = await scene();
    const id = gateway.request("send", HELLO, { idempotency_key: "k" });
    expect(await agent.run(SENT)).toEqual({
      t: "call",
      call: expect.stringMatching(/^op_/),
      operation: expect.stringMatching(/^op_/),
      method: "send",
      params: HELLO,
      deadline: 175e3,
    });
    expect(await gateway.answer(id)).toMatchObject(SENT);
  });

  it("RPC5 the row is there before the Mac hears of it, and the text goes when it is settled", async () => {
    const { account, agent, gateway } = await scene();
    const params = (): Promise<unknown> =>
      inside(account, (_, { storage }) => storage.sql.exec("SELECT params FROM operation").one()["params"]);
    const id = gateway.request("send", HELLO);
    const call = await agent.call();
    expect(await params()).toBe(JSON.stringify([HELLO]));
    agent.answer(call, SENT);
    await gateway.answer(id);
    expect(await params()).toBeNull();
  });

  it("LINK16 a result is acknowledged every time it is given, and counts once", async () => {
    const { agent, gateway } = await scene();
    const id = gateway.request("send", HELLO);
    const call = await agent.run(SENT);
    agent.answer(call, { result: { guid: "B" } });
    expect(await agent.sock.next()).toEqual({ t: "ack", operations: [call["operation"]] });
    expect(await gateway.answer(id)).toMatchObject(SENT);
    expect(await gateway.leftovers()).toEqual([]);
  });

  it("LINK16 a result of an operation the relay does not know is acknowledged too", async () => {
    const agent = await Agent.connect(await mac());
    agent.answer({ call: "op_x", operation: "op_x" }, SENT);
    expect(await agent.sock.next()).toEqual({ t: "ack", operations: ["op_x"] });
  });
});

describe("cut off", () => {
  it("RPC5 LINK15 settled from the same journal when the Mac returns within the deadline", async () => {
    freeze();
    const { account, agent, gateway } = await scene();
    const id = gateway.request("send", HELLO);
    const call = await agent.call();
    agent.sock.close();
    await pass(account, 20_000);
    const back = await Agent.connect(account);
    expect(await back.call()).toEqual({ ...call, deadline: 155_000 });
    back.answer(call, SENT);
    expect(await gateway.answer(id)).toMatchObject(SENT);
  });

  it("LINK15 given to another journal it is unknown for good, and never run again", async () => {
    const { account, agent, gateway } = await scene();
    const id = gateway.request("send", HELLO, { idempotency_key: "k" });
    const { operation } = await agent.call();
    agent.sock.close();
    const other = await Agent.connect(account, { journal_id: "journal-2" });
    const unknown = {
      code: -32001,
      data: { disposition: "may_have_completed", retry_safe: false, operation },
    };
    expect(await gateway.answer(id)).toMatchObject({ error: unknown });
    await other.settled();
    expect(await gateway.call("send", HELLO, { idempotency_key: "k" })).toMatchObject({ error: unknown });
    await other.settled();
    const first = await Agent.connect(account);
    await first.settled();
  });

  it("LINK15 another Mac that takes over is another journal", async () => {
    const { account, agent, gateway } = await scene();
    const id = gateway.request("send", HELLO);
    await agent.call();
    const second = await enrol(account);
    await Agent.connect(second, { takeover: true, journal_id: "journal-2" });
    expect(await gateway.answer(id)).toMatchObject({ error: { code: -32001 } });
  });

  it("RPC5 at the deadline the answer is -32001, and there is no second one when the Mac says more", async () => {
    freeze();
    const { account, agent, gateway } = await scene();
    const id = gateway.request("send", HELLO, { idempotency_key: "k" });
    const call = await agent.call();
    await pass(account, 175_000);
    expect(await gateway.answer(id)).toMatchObject({
      error: { code: -32001, data: { operation: call["operation"] } },
    });
    expect(await gateway.call("relay.outcome", { idempotency_key: "k" })).toMatchObject({
      result: { state: "open" },
    });
    const back = await Agent.connect(account);
    expect(await back.call()).toMatchObject({ operation: call["operation"], deadline: 0 });
    back.answer(call, SENT);
    await back.sock.next();
    expect(await gateway.leftovers()).toEqual([]);
    expect(await gateway.call("relay.outcome", { idempotency_key: "k" })).toMatchObject({
      result: { state: "settled", operation: call["operation"], outcome: "sent", answer: SENT },
    });
  });

  it("RPC5 LINK14 once the deadline is over the Mac is only asked", async () => {
    freeze();
    const { account, agent, gateway } = await scene();
    gateway.request("send", HELLO);
    await agent.call();
    await pass(account, 180_000);
    const deadline = Number((await (await Agent.connect(account)).call())["deadline"]);
    expect(deadline).toBe(-5_000);
  });

  it("RPC5 the answer outlives the object: whoever asked is answered", async () => {
    const { account, agent, gateway } = await scene();
    gateway.sock.send({ id: "mine", method: "send", params: HELLO });
    const call = await agent.call();
    await evict(account);
    agent.answer(call, SENT);
    expect(await gateway.answer("mine")).toMatchObject(SENT);
    expect(await agent.sock.next()).toMatchObject({ t: "ack" });
    expect(await gateway.leftovers()).toEqual([]);
  });

  it("RPC5 an operation goes on when the gateway leaves, and is not cancelled", async () => {
    const { account, agent, gateway } = await scene();
    gateway.request("send", HELLO, { idempotency_key: "k" });
    const call = await agent.call();
    gateway.sock.close();
    await vi.waitFor(async () => expect(await statusOf(account)).toMatchObject({ gateways: 0 }));
    agent.answer(call, SENT);
    expect(await agent.sock.next()).toMatchObject({ t: "ack" });
    const other = await Gateway.connect(account);
    expect(await other.call("send", HELLO, { idempotency_key: "k" })).toMatchObject(SENT);
  });
});
