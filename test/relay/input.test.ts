import "./support/object.ts";
import { describe, expect, it } from "vitest";
import { bearer, Gateway } from "./support/gateway.ts";
import { get, newKey, statusOf } from "./support/http.ts";
import { mac, scene } from "./support/scene.ts";

describe("bad input", () => {
  it.each<[string, string, number, unknown]>([
    ["no JSON", "{", -32700, null],
    ["nothing", "", -32700, null],
    ["a batch", '[{"id":1,"method":"status"}]', -32600, null],
    ["a number", "5", -32600, null],
    ["no method", '{"id":1}', -32600, 1],
    ["an empty method", '{"id":1,"method":""}', -32600, 1],
    ["a long method", JSON.stringify({ id: 1, method: "x".repeat(201) }), -32600, 1],
    ["an object as id", '{"id":{},"method":"status"}', -32600, null],
    ["true as id", '{"id":true,"method":"status"}', -32600, null],
    ["an id beyond 2^53", '{"id":9007199254740993,"method":"status"}', -32600, null],
    ["65 levels", `{"id":1,"method":"status","params":${"[".repeat(64)}${"]".repeat(64)}}`, -32600, null],
    [
      "over 1 MiB",
      JSON.stringify({ id: 1, method: "status", params: { x: "x".repeat(1_048_576) } }),
      -32600,
      null,
    ],
  ])("RPC3 %s is answered, and the socket stays open", async (_, text, code, id) => {
    const { gateway } = await scene();
    gateway.sock.send(text);
    expect(await gateway.sock.next()).toMatchObject({ id, error: { code } });
    expect(await gateway.leftovers()).toEqual([]);
  });

  it("RPC3 a limit is named in data", async () => {
    const { gateway } = await scene();
    gateway.sock.send("x".repeat(1_048_577));
    expect(await gateway.sock.next()).toMatchObject({ error: { data: expect.stringContaining("1048576") } });
    gateway.sock.send(`${"[".repeat(65)}${"]".repeat(65)}`);
    expect(await gateway.sock.next()).toMatchObject({ error: { data: expect.stringContaining("64") } });
  });

  it("RPC3 a request of exactly 1 MiB and 64 levels is taken", async () => {
    const { gateway } = await scene();
    const head = `{"id":1,"method":"nope","params":${'{"x":'.repeat(63)}"`;
    const tail = `"${"}".repeat(64)}`;
    gateway.sock.send(head + "x".repeat(1_048_576 - head.length - tail.length) + tail);
    expect(await gateway.answer(1)).toMatchObject({ error: { code: -32601 } });
  });

  it("RPC3 binary closes the socket with 4002, and nobody else notices", async () => {
    const { account, agent, gateway } = await scene();
    const other = await Gateway.connect(account);
    gateway.sock.send(new ArrayBuffer(2));
    expect(await gateway.sock.closed).toMatchObject({ code: 4002 });
    expect(await other.leftovers()).toEqual([]);
    await agent.settled();
  });

  it.each([
    '{"method":"send","params":{"to":"x","text":"y"}}',
    '{"method":"nope"}',
    '{"method":"watch.subscribe"}',
    '{"method":"send","idempotency_key":5}',
  ])("RPC3 a notification is never answered and does nothing: %s", async (text) => {
    const { account, agent, gateway } = await scene();
    gateway.sock.send(text);
    expect(await gateway.leftovers()).toEqual([]);
    await agent.settled();
    expect(await statusOf(account)).toMatchObject({ subscriptions: 0, operations_open: 0 });
  });

  it("RPC6 an idempotency key of a wrong type is named as what is wrong", async () => {
    const { gateway } = await scene();
    gateway.sock.send({ id: 1, method: "send", params: {}, idempotency_key: 5 });
    expect(await gateway.answer(1)).toMatchObject({
      error: { data: expect.stringContaining("idempotency_key") },
    });
  });
});

describe("one request by POST", () => {
  const post = (
    account: { account: string },
    credential: string,
    body: unknown,
    headers: Record<string, string> = {},
  ) => get(200, "POST", `/v1/accounts/${account.account}/rpc`, { key: credential, body, headers });

  it("RPC1 one request, one answer with 200", async () => {
    const { account, agent, gateway } = await scene();
    const answer = post(account, gateway.key.credential, {
      id: "a",
      method: "chats.list",
      params: { limit: 1 },
    });
    agent.answer(await agent.call(), { result: { chats: [] } });
    expect(await answer).toEqual({ jsonrpc: "2.0", id: "a", result: { chats: [] } });
  });

  it.each<[string, unknown, number]>([
    ["no JSON", "{", -32700],
    ["a batch", [], -32600],
    ["a notification", { method: "chats.list" }, -32600],
    ["an unknown method", { id: 1, method: "nope" }, -32601],
    ["a subscription", { id: 1, method: "watch.subscribe" }, -32050],
    ["a call to a Mac that is away", { id: 1, method: "chats.list" }, -32054],
  ])("RPC3 %s is a JSON-RPC error with 200", async (_, body, code) => {
    const account = await mac();
    const { credential } = await newKey(account.tenant);
    expect(await post(account, credential, body)).toMatchObject({ error: { code } });
  });

  it("RPC3 over 1 MiB is 413", async () => {
    const account = await mac();
    const { credential } = await newKey(account.tenant);
    const body = JSON.stringify({ id: 1, method: "nope", params: { x: "x".repeat(1_048_576) } });
    const options = { key: credential, body, headers: bearer(credential) };
    expect(await get(413, "POST", `/v1/accounts/${account.account}/rpc`, options)).toMatchObject({
      code: "too_large",
    });
  });
});
