import { createServer, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ChannelHttp, type MessageToSend } from "../../../gateway/client/channel.ts";
import { httpFetch } from "../../../gateway/node/http-fetch.ts";
import { ChannelRelay } from "../support/channel-relay.ts";
import { NOT_SENT, operation, SENT, UNKNOWN } from "../support/operations.ts";

let relay: ChannelRelay;
beforeAll(async () => {
  relay = await ChannelRelay.start();
});
beforeEach(() => {
  relay.asked.length = 0;
  relay.answers.clear();
});
afterAll(() => relay.away());

const channel = (url = relay.url): ChannelHttp =>
  new ChannelHttp({ ...relay.target, relay: url, fetch: httpFetch });
const keys = () => relay.asked.map(({ headers }) => headers["idempotency-key"]);
const message = { to: "chat_guid:any;-;+15550100111", text: "hello" };
const key = { idempotencyKey: "k" };

describe("what is asked", () => {
  test("I7 every message has an idempotency key, a new one or the caller's, and the outcome names it", async () => {
    relay.answers.set("POST messages", [200, operation({ ...SENT, idempotency_key: null })]);
    const sent = await channel().send(message);
    expect(sent).toMatchObject({
      outcome: "sent",
      guid: "G1",
      operation: "op_1",
      idempotency_key: expect.stringMatching(/^[0-9a-z]{26}$/),
    });
    await channel().send(message, { idempotencyKey: "mine" });
    await channel().send(message);
    expect([keys()[0], keys()[1]]).toEqual([sent.idempotency_key, "mine"]);
    expect(new Set(keys()).size).toBe(3);
  });

  test.each<MessageToSend>([
    { ...message, reply_to_guid: "G0", consumer: "bot", service: "sms", format: "plain" },
    { reply_to: message.to, text: "later", chunk_mode: "newline", queue: true, ttl_s: 600 },
    { ...message, reply_to_guid: null, consumer: null },
  ])("everything that may be wished goes as it is: %j", async (wish) => {
    relay.answers.set("POST messages", [200, operation(SENT)]);
    await channel().send(wish);
    expect(relay.asked[0]?.body).toEqual(wish);
  });

  test.each(["", "two words", "“quoted”", "x".repeat(129)])(
    "I7 %j is no idempotency key, and nothing is sent",
    async (idempotencyKey) => {
      await expect(channel().send(message, { idempotencyKey })).rejects.toMatchObject({
        code: "invalid_request",
        retryable: false,
      });
      expect(relay.asked).toEqual([]);
    },
  );
});

describe("what it became", () => {
  test.each([
    ["sent", 200, SENT],
    ["queued", 202, {}],
    ["unknown", 202, UNKNOWN],
  ])("I6 %s is a value: the operation as the relay tells of it", async (_, status, change) => {
    relay.answers.set("POST messages", [status, operation({ ...change, later: 1 })]);
    expect(await channel().send(message, key)).toEqual(operation({ ...change, later: 1 }));
  });

  test.each([
    "invalid_request",
    "forbidden_by_mac",
    "chat_claimed",
    "conflict",
    "agent_offline",
    "rate_limited",
  ] as const)("I6 %s says that nothing was sent, and is thrown", async (code) => {
    relay.refuseAt("POST messages", code);
    const refused = { name: "ClientError", code, sending: null };
    await expect(channel().send(message)).rejects.toMatchObject(refused);
  });

  test("I6 partly_sent is thrown with what had gone out; so is every refusal of an operation", async () => {
    const said = { operation: "op_1", outcome: "not_sent", delivered: 2, parts: 5 };
    relay.refuseAt("POST messages", "partly_sent", said);
    await expect(channel().send(message)).rejects.toMatchObject({ code: "partly_sent", sending: said });
    relay.refuseAt("POST messages", "messages_unavailable", { ...said, delivered: "x" });
    await expect(channel().send(message)).rejects.toMatchObject({
      code: "messages_unavailable",
      retryable: true,
      sending: { ...said, delivered: 0 },
    });
  });

  test.each(["internal", "deadline_exceeded"] as const)("I6 after %s nobody knows …", async (code) => {
    relay.refuseAt("POST messages", code);
    expect(await channel().send(message, key)).toMatchObject({
      outcome: "unknown",
      final: false,
      operation: null,
      idempotency_key: "k",
    });
    relay.refuseAt("POST messages", code, { operation: "op_7", delivered: 1, parts: 3 });
    expect(await channel().send(message, key)).toMatchObject({
      outcome: "unknown",
      operation: "op_7",
      delivered: 1,
      parts: 3,
    });
    // … unless the relay says it: one that waited in vain for the Mac.
    relay.refuseAt("POST messages", code, { operation: "op_7", outcome: "not_sent" });
    await expect(channel().send(message, key)).rejects.toMatchObject({
      code,
      sending: { outcome: "not_sent" },
    });
  });

  test("I6 nobody knows where the answer was lost on the way, or is not that of a relay", async () => {
    const lost = new ChannelHttp({
      ...relay.target,
      fetch: () => Promise.reject(new Error("socket hang up")),
    });
    expect(await lost.send(message)).toMatchObject({ outcome: "unknown", final: false });
    relay.answers.set("POST messages", [502, "bad gateway"]);
    expect(await channel().send(message)).toMatchObject({ outcome: "unknown" });
    relay.answers.set("POST messages", [200, { outcome: "delivered" }]);
    expect(await channel().send(message)).toMatchObject({ outcome: "unknown" });
  });

  test("I6 nobody knows where the connection broke, or there was no answer in time", async () => {
    const silent = createServer((request) => {
      if (request.url?.includes("acc_cut") === true) request.socket.destroy();
    });
    const url = await open(silent);
    const cut = new ChannelHttp({ ...relay.target, relay: url, account: "acc_cut", fetch: httpFetch });
    expect(await cut.send(message)).toMatchObject({ outcome: "unknown" });
    expect(await channel(url).send(message, { timeoutMs: 500 })).toMatchObject({ outcome: "unknown" });
    silent.closeAllConnections();
    silent.close();
  });

  test("I6 what never found a connection was not sent, and may be sent again", async () => {
    const gone = createServer();
    const url = await open(gone);
    gone.close();
    await once(gone, "close");
    const never = { code: "unreachable", neverLeft: true, retryable: true };
    await expect(channel(url).send(message)).rejects.toMatchObject(never);
    // A server that speaks no TLS, and one that nobody vouches for.
    await expect(channel(relay.url.replace("http:", "https:")).send(message)).rejects.toMatchObject(never);
  });
});

const open = async (server: Server): Promise<string> => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

describe("operations", () => {
  test("one is shown, or is not there", async () => {
    relay.answers.set("GET operations/op_1", [200, operation(UNKNOWN)]);
    expect(await channel().operation("op_1")).toEqual(operation(UNKNOWN));
    await expect(channel().operation("op_2")).rejects.toMatchObject({ code: "not_found" });
  });

  test("they are listed by state and key; what a newer relay says in other words is passed over", async () => {
    const odd = { ...operation(), state: "paused", delivered: -1, guids: "x", later: 1 };
    relay.answers.set("GET operations", [200, { operations: [operation(), odd] }]);
    expect(await channel().operations({ state: "queued", idempotencyKey: "a/b", limit: 5 })).toEqual([
      operation(),
      { ...odd, state: "open", delivered: 0, guids: [] },
    ]);
    await channel().operations();
    expect(relay.asked.map(({ query }) => query)).toEqual([
      { state: "queued", idempotency_key: "a/b", limit: "5" },
      {},
    ]);
  });

  test("I7 what became of a request without an answer is asked by its key", async () => {
    relay.answers.set("GET operations", ({ query }) => [
      200,
      { operations: query["idempotency_key"] === "k" ? [operation(SENT)] : [] },
    ]);
    expect(await channel().operationByKey("k")).toMatchObject({ outcome: "sent" });
    expect(await channel().operationByKey("never")).toBeUndefined();
  });

  test("what is queued can be taken back, what the Mac was given cannot", async () => {
    relay.answers.set("DELETE operations/op_1", [200, operation(NOT_SENT)]);
    expect(await channel().cancelOperation("op_1")).toMatchObject({ outcome: "not_sent", final: true });
    relay.refuseAt("DELETE operations/op_1", "conflict");
    await expect(channel().cancelOperation("op_1")).rejects.toMatchObject({ code: "conflict" });
  });

  test("I6 `settled` asks by the key until it is final", async () => {
    const answers = [[], [operation()], [operation(UNKNOWN)], [operation(SENT)]];
    relay.answers.set("GET operations", () => [200, { operations: answers.shift() ?? [] }]);
    const clock = { now: () => 0, after: (_ms: number, run: () => void) => (setImmediate(run), () => {}) };
    expect(await channel().settled("k", { clock })).toMatchObject({ outcome: "sent" });
    expect(relay.asked).toHaveLength(4);
  });
});
