import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { demoWorld, type DemoWorld } from "../imsg-sim/demo-world.ts";
import { startSystem, type System } from "./harness.ts";
import { http } from "./http.ts";
import { makeAccount, makeKey, makeTenant } from "./owner.ts";
import { OPERATOR_KEY } from "./relay-process.ts";
import { Tunnel } from "./tunnel.ts";

const FRIEND = "+15550100111";
const MIB = 1024 * 1024;
const GUESSES = 1_000;

let system: System;
let world: DemoWorld;
/** Reads on all the while: whatever is done to others, it misses nothing and stays open. */
let bystander: Tunnel;

beforeAll(async () => {
  system = await startSystem({
    dialect: "0.15",
    world: (mac) => {
      world = demoWorld(mac);
    },
  });
  bystander = await system.tunnel();
  await bystander.subscribe();
});
afterAll(() => system.stop());

async function isUnharmed(): Promise<boolean> {
  const guid = system.world.appendText(world.maya, FRIEND, "all well?");
  await bystander.message((message) => message.guid === guid, "the bystander's message", 3_000);
  await bystander.result("chats.list", { limit: 1 });
  return true;
}

const deep = (levels: number): string => `${"[".repeat(levels)}${"]".repeat(levels)}`;
const request = (params: string): string =>
  `{"jsonrpc":"2.0","id":"bad","method":"chats.list","params":${params}}`;

describe("the tunnel", () => {
  let tunnel: Tunnel;
  beforeEach(async () => {
    tunnel = await system.tunnel();
  });

  test.each([
    ["no JSON", "chats, please", -32700],
    ["half of a JSON", '{"jsonrpc":"2.0",', -32700],
    ["an empty frame", "", -32700],
    ["a number", "5", -32600],
    ["null", "null", -32600],
    ["a batch", '[{"jsonrpc":"2.0","id":1,"method":"chats.list"}]', -32600],
    ["no method", '{"jsonrpc":"2.0","id":"bad"}', -32600],
    ["a method of a wrong type", '{"jsonrpc":"2.0","id":"bad","method":7}', -32600],
    ["a method of 201 letters", `{"id":"bad","method":"${"x".repeat(201)}"}`, -32600],
    ["an id that is an object", '{"id":{},"method":"chats.list"}', -32600],
    ["an id beyond safe numbers", '{"id":9007199254740993,"method":"chats.list"}', -32600],
    ["nesting of 65", request(deep(64)), -32600],
    ["nesting of 100,000", request(deep(100_000)), -32600],
    ["1 MiB and one byte", request(`{"x":"${"x".repeat(MIB)}"}`), -32600],
    ["params that are an array", request("[1]"), -32602],
    ["params that are a text", request('"all"'), -32602],
  ])("RPC3: %s is refused, and the socket stays open", async (_name, frame, code) => {
    tunnel.raw(frame);
    const refused = await tunnel.frames.find((answer) => answer.error !== undefined, "the refusal");
    expect(refused.error?.code).toBe(code);
    expect(await tunnel.result("chats.list", { limit: 1 })).toHaveProperty("chats");
    expect(await isUnharmed()).toBe(true);
  });

  test("RPC3: a frame of 40 MiB ends at most its own socket", async () => {
    tunnel.raw(request(`{"x":"${"x".repeat(40 * MIB)}"}`));
    expect(await isUnharmed()).toBe(true);
    tunnel.cut();
  });

  test("RPC3: a binary frame ends its own socket with 4002", async () => {
    tunnel.raw(randomBytes(32));
    expect((await tunnel.closed).code).toBe(4002);
    expect(await isUnharmed()).toBe(true);
  });

  test("RPC3: a notification is never answered, not even a wrong one", async () => {
    tunnel.send({ jsonrpc: "2.0", method: "no.such.method" });
    tunnel.send({ jsonrpc: "2.0", method: "send", params: { to: FRIEND, text: "unasked" } });
    tunnel.send({ jsonrpc: "2.0", method: "relay.ack", params: { subscription: "x" } });
    await tunnel.result("chats.list", { limit: 1 });
    expect(tunnel.frames.all).toHaveLength(1);
    expect(system.world.sent().some(({ text }) => text === "unasked")).toBe(false);
  });

  test("RPC3: an answer nobody asked for is ignored", async () => {
    tunnel.send({ jsonrpc: "2.0", id: "relay:99", result: {} });
    tunnel.send({ jsonrpc: "2.0", id: 1, error: { code: 1, message: "x" } });
    await tunnel.result("chats.list", { limit: 1 });
    expect(tunnel.frames.all).toHaveLength(1);
  });

  test("RPC15: ping is answered by pong", async () => {
    tunnel.raw("ping");
    await tunnel.pongs.count(1, () => true, "pong");
    expect(tunnel.frames.all).toEqual([]);
  });

  test("RPC8: of 200 calls at once, those over 128 are told that the server is busy, the others are answered", async () => {
    const fault = system.world.fault({ kind: "hold", ms: 500, method: "messages.stats", times: 4 });
    const calls = Array.from({ length: 200 }, () => tunnel.call("messages.stats", { chat_id: 1 }));
    const answers = await Promise.all(calls);
    expect(system.world.claimed(fault)).toBe(true);
    const busy = answers.filter(({ error }) => error?.code === -32000);
    expect(busy).toHaveLength(72);
    expect(answers.filter(({ result }) => result !== undefined)).toHaveLength(128);
    expect(await isUnharmed()).toBe(true);
  });

  test("RPC9: a 65th subscription of one socket is refused, the 64 go on", async () => {
    for (let n = 1; n <= 64; n += 1) expect(await tunnel.subscribe()).toBe(n);
    expect(await tunnel.error("watch.subscribe", {})).toMatchObject({ data: { code: "too_large" } });
    const guid = system.world.appendText(world.maya, FRIEND, "to all 64");
    await tunnel.notifications.count(64, ({ message }) => message.guid === guid, "the message");
  });
});

describe("POST rpc", () => {
  test.each([
    ["no JSON", "chats, please", 200, -32700],
    ["nothing", "", 200, -32700],
    ["a batch", "[]", 200, -32600],
    ["a notification", '{"method":"chats.list"}', 200, -32600],
    ["nesting of 65", request(deep(64)), 200, -32600],
  ])("RPC3: %s is refused as JSON-RPC refuses it", async (_name, raw, status, code) => {
    const answer = await http(`${system.accountUrl}/rpc`, { method: "POST", key: system.key, raw });
    expect(answer.status).toBe(status);
    expect(answer.json()).toMatchObject({ error: { code } });
  });

  test("RPC3: over 1 MiB is 413 with the limit", async () => {
    const raw = request(`{"x":"${"x".repeat(MIB)}"}`);
    const answer = await http(`${system.accountUrl}/rpc`, { method: "POST", key: system.key, raw });
    expect(answer.status).toBe(413);
    expect(answer.headers["content-type"]).toBe("application/problem+json");
    expect(answer.json()).toMatchObject({ code: "too_large", retryable: false });
    expect(await isUnharmed()).toBe(true);
  });

  test("RPC6: an idempotency key that is none is refused", async () => {
    const { error } = await system.rpc("send", { to: FRIEND, text: "x" }, { "idempotency-key": "a b" });
    expect(error?.code).toBe(-32602);
  });
});

describe("keys", () => {
  const rpcOf = (account: string, key: string | undefined) =>
    http(`${system.relayUrl}/v1/accounts/${account}/rpc`, {
      method: "POST",
      key,
      body: { jsonrpc: "2.0", id: 1, method: "chats.list" },
    });
  const open = (account: string, key: string) =>
    Tunnel.open(`${system.relayUrl.replace("http", "ws")}/v1/accounts/${account}/rpc`, key);

  test.each([
    ["no key", () => undefined],
    ["nonsense", () => "let me in"],
    ["a key that was never issued", () => `key_${"0".repeat(58)}.${"0".repeat(52)}`],
    ["a wrong secret", () => `${system.key.slice(0, -1)}${system.key.endsWith("0") ? "1" : "0"}`],
    ["a key without its secret", () => system.key.split(".")[0]],
  ])("ID3: %s is 401 at every door", async (_name, key) => {
    expect((await rpcOf(system.account, key())).status).toBe(401);
    expect((await http(`${system.accountUrl}/status`, { key: key() })).status).toBe(401);
    await expect(open(system.account, key() ?? "none")).rejects.toThrow("HTTP 401");
  });

  test("ID3: the operator's key reads nobody's messages", async () => {
    expect((await rpcOf(system.account, OPERATOR_KEY)).status).toBe(403);
    await expect(open(system.account, OPERATOR_KEY)).rejects.toThrow("HTTP 403");
  });

  test("ID4: a key without the scope rpc is 403, with the account's status open to it", async () => {
    const { credential } = await makeKey(system.relayUrl, system.tenant, { scopes: ["read"] });
    expect((await rpcOf(system.account, credential)).status).toBe(403);
    await expect(open(system.account, credential)).rejects.toThrow("HTTP 403");
    expect((await http(`${system.accountUrl}/status`, { key: credential })).status).toBe(200);
  });

  test("ID4: a key of another account is 403, of another tenant 404", async () => {
    const neighbour = await makeAccount(system.relayUrl, system.tenant);
    expect((await rpcOf(system.account, neighbour.credential)).status).toBe(403);
    const stranger = await makeAccount(system.relayUrl, await makeTenant(system.relayUrl));
    expect((await rpcOf(system.account, stranger.credential)).status).toBe(404);
    await expect(open(system.account, stranger.credential)).rejects.toThrow("HTTP 404");
  });

  test("ID4: an expired key is 401, and its open socket ends at its next word", async () => {
    const expires_at = Date.now() + 600;
    const { credential } = await makeKey(system.relayUrl, system.tenant, { expires_at });
    const tunnel = await open(system.account, credential);
    await tunnel.result("chats.list", { limit: 1 });
    await new Promise((resolve) => setTimeout(resolve, expires_at - Date.now() + 10));
    expect((await rpcOf(system.account, credential)).status).toBe(401);
    tunnel.send({ jsonrpc: "2.0", id: 1, method: "chats.list" });
    expect((await tunnel.closed).code).toBe(4003);
  });

  test("ID4: a revoked key's socket is closed with 4004, and everybody else's stays", async () => {
    const { key, credential } = await makeKey(system.relayUrl, system.tenant);
    const tunnel = await open(system.account, credential);
    await tunnel.result("chats.list", { limit: 1 });
    const url = `${system.relayUrl}/v1/tenants/${system.tenant}/keys/${key}`;
    const revoked = await http(url, { method: "DELETE", key: OPERATOR_KEY });
    expect(revoked.json()).toMatchObject({ key, accounts_reached: 1 });
    expect((await tunnel.closed).code).toBe(4004);
    expect((await rpcOf(system.account, credential)).status).toBe(401);
    expect(await isUnharmed()).toBe(true);
  });

  test("ID2: 1,000 guessed ids are answered as if they had been there once, and leave no object behind", async () => {
    const before = system.relay.objectFiles();
    expect(before.length).toBeGreaterThan(0);
    const guess = (kind: string, length: number): string =>
      `${kind}_${Array.from(randomBytes(length), (byte) => "0123456789abcdefghjkmnpqrstvwxyz"[byte % 32]).join("")}`;
    const length = system.account.length - "acc_".length;
    const doors = [
      (id: string) => http(`${system.relayUrl}/v1/accounts/${id}/status`, { key: system.key }),
      (id: string) => rpcOf(id, system.key),
      (id: string) =>
        http(`${system.relayUrl}/v1/accounts/${id}/enrolments`, { method: "POST", key: OPERATOR_KEY }),
      (id: string) =>
        http(`${system.relayUrl}/v1/tenants/${id.replace("acc", "ten")}/keys`, { key: OPERATOR_KEY }),
    ];
    const answers: number[] = [];
    while (answers.length < GUESSES) {
      const batch = Array.from({ length: 25 }, () => doors.map((door) => door(guess("acc", length)))).flat();
      for (const { status } of await Promise.all(batch)) answers.push(status);
    }
    expect(answers).toHaveLength(GUESSES);
    expect(new Set(answers)).toEqual(new Set([404]));
    expect(system.relay.objectFiles()).toEqual(before);
    expect(await isUnharmed()).toBe(true);
  });
});
