import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import * as z from "zod";
import { demoWorld, type DemoWorld } from "../imsg-sim/demo-world.ts";
import { BareImsg, outcome } from "./bare-imsg.ts";
import { startSystem, type System } from "./harness.ts";
import type { Tunnel } from "./tunnel.ts";

const FRIEND = "+15550100111";
const sentSchema = z.looseObject({ guid: z.string() });

let texts = 0;
/** A text no other test sends. */
const fresh = (what: string): string => {
  texts += 1;
  return `${what} ${texts}`;
};

describe.each(["0.9", "0.15"] as const)("imsg %s", (dialect) => {
  let system: System;
  let tunnel: Tunnel;
  let world: DemoWorld;

  beforeAll(async () => {
    system = await startSystem({
      dialect,
      world: (mac) => {
        world = demoWorld(mac);
      },
    });
  });
  beforeEach(async () => {
    tunnel = await system.tunnel();
  });
  afterAll(() => system.stop());

  const timesSent = (text: string): number => system.world.sent().filter((sent) => sent.text === text).length;

  const guidOf = (text: string): string | undefined =>
    system.world.sent().find((sent) => sent.text === text)?.guid;
  /** The row of a send of which nobody could say whether it went out is found. */
  const isProven = async (key: string, text: string): Promise<void> => {
    await expect
      .poll(() => tunnel.result("relay.outcome", { idempotency_key: key }), { timeout: 10_000 })
      .toMatchObject({ state: "settled", outcome: "sent", answer: { result: { guid: guidOf(text) } } });
  };

  test.each([
    ["to", () => ({ to: FRIEND })],
    ["chat_id", () => ({ chat_id: 1 })],
    ["chat_guid", () => ({ chat_guid: world.jonas })],
    ["chat_identifier", () => ({ chat_identifier: "chat483920175500000001" })],
    ["to somebody new", () => ({ to: "new@example.com", service: "imessage" })],
  ])(
    "RPC1, RPC9: a send by %s is sent once, answered with its guid and shown as one's own",
    async (_name, target) => {
      await tunnel.subscribe();
      const text = fresh("by any name");
      const { guid } = sentSchema.parse(await tunnel.result("send", { ...target(), text }));
      const shown = await tunnel.withText(text);
      expect(shown).toMatchObject({ guid, is_from_me: true });
      expect(timesSent(text)).toBe(1);
    },
  );

  test.each([
    ["neither a recipient nor a chat", { text: "x" }],
    ["both", { to: FRIEND, chat_id: 1, text: "x" }],
    ["nothing to send", { to: FRIEND }],
    ["an unknown chat", { chat_id: 999, text: "x" }],
    ["a service that is none", { to: FRIEND, text: "x", service: "pigeon" }],
    [
      "a reply without the bridge",
      { chat_id: 1, text: "x", reply_to: "00000000-0000-4000-8000-000000000000" },
    ],
  ])("RPC1: %s is refused in imsg's own words", async (_name, params) => {
    const bare = await BareImsg.start(system.world.dbPath);
    const before = system.world.sent().length;
    const expected = outcome(await bare.call("send", params));
    await bare.stop();
    expect(expected).toHaveProperty("error");
    expect(outcome(await tunnel.call("send", params))).toEqual(expected);
    expect(outcome(await system.rpc("send", params))).toEqual(expected);
    expect(system.world.sent().length).toBe(before);
  });

  test("RPC1: an error of imsg's passes unchanged, and the next send goes out", async () => {
    const error = { code: -32603, message: "Internal error", data: "Messages got an error: -1728" };
    system.world.fault({ kind: "fail", method: "send", error });
    const text = fresh("after an error");
    expect(await tunnel.error("send", { to: FRIEND, text })).toMatchObject(error);
    expect(timesSent(text)).toBe(0);
    await tunnel.result("send", { to: FRIEND, text });
    expect(timesSent(text)).toBe(1);
  });

  test("RPC6, I7: the same key and body is sent once and answered the same, by every way", async () => {
    const text = fresh("with a key");
    const params = { to: FRIEND, text };
    const key = `key-${dialect}-1`;
    const first = outcome(await tunnel.call("send", params, { idempotency_key: key }));
    const second = outcome(await tunnel.call("send", params, { idempotency_key: key }));
    const third = outcome(await system.rpc("send", params, { "idempotency-key": key }));
    expect(first).toHaveProperty("result.guid");
    expect([second, third]).toEqual([first, first]);
    expect(timesSent(text)).toBe(1);
    expect(await tunnel.result("relay.outcome", { idempotency_key: key })).toMatchObject({
      state: "settled",
      answer: first,
    });
  });

  test("RPC6: while the first is under way, a second with its key joins it", async () => {
    const text = fresh("joined");
    const key = `key-${dialect}-2`;
    system.world.fault({ kind: "hold", ms: 400, method: "send" });
    const params = { to: FRIEND, text };
    const answers = [
      tunnel.call("send", params, { idempotency_key: key }),
      tunnel.call("send", params, { idempotency_key: key }),
      system.rpc("send", params, { "idempotency-key": key }),
    ];
    expect(await tunnel.result("relay.outcome", { idempotency_key: key })).toMatchObject({ state: "open" });
    const [first, second, third] = (await Promise.all(answers)).map(outcome);
    expect(first).toHaveProperty("result.guid");
    expect([second, third]).toEqual([first, first]);
    expect(timesSent(text)).toBe(1);
  });

  test("RPC6: the same key with another body is a conflict, an unknown key is not found, a bad one is refused", async () => {
    const key = `key-${dialect}-3`;
    const text = fresh("mine");
    await tunnel.result("send", { to: FRIEND, text }, { idempotency_key: key });
    const other = await tunnel.error("send", { to: FRIEND, text: "another" }, { idempotency_key: key });
    expect(other).toMatchObject({ code: -32045, data: { code: "conflict", disposition: "not_started" } });
    expect(await tunnel.error("relay.outcome", { idempotency_key: "nobody's" })).toMatchObject({
      code: -32044,
    });
    for (const bad of ["", "with space", "ü", "x".repeat(129)]) {
      expect(
        await tunnel.error("send", { to: FRIEND, text: "bad key" }, { idempotency_key: bad }),
      ).toMatchObject({
        code: -32602,
      });
    }
    expect(timesSent("another") + timesSent("bad key")).toBe(0);
  });

  test("RPC5, I6, SEND6: imsg dying between the effect and its answer: never sent again, and its row says so", async () => {
    const text = fresh("did it go out?");
    const key = `key-${dialect}-4`;
    system.world.fault({ kind: "crash", at: "after_effect", method: "send" });
    const { error } = await tunnel.call("send", { to: FRIEND, text }, { idempotency_key: key });
    expect([undefined, -32001]).toContain(error?.code);
    await isProven(key, text);
    const again = await tunnel.result("send", { to: FRIEND, text }, { idempotency_key: key });
    expect(again).toMatchObject({ guid: guidOf(text) });
    expect(timesSent(text)).toBe(1);
    const next = fresh("the next one");
    await tunnel.result("send", { to: FRIEND, text: next });
    expect(timesSent(next)).toBe(1);
  });

  test("RPC5, I6, SEND6: the agent dying in the middle of a send: the send happened once, and its row says so", async () => {
    const text = fresh("the agent dies");
    const key = `key-${dialect}-5`;
    const fault = system.world.fault({ kind: "hold", ms: 60_000, at: "after_effect", method: "send" });
    const answer = tunnel.call("send", { to: FRIEND, text }, { idempotency_key: key });
    await system.world.until((mac) => mac.claimed(fault) && timesSent(text) === 1);
    await system.agent.kill("SIGKILL");
    await system.agent.start();
    // Its row was logged before its end was known, or it comes with the catch-up.
    const { error } = await answer;
    expect([undefined, -32001]).toContain(error?.code);
    await system.waitForOnline();
    await isProven(key, text);
    expect(timesSent(text)).toBe(1);
  });

  test("RPC5, LINK16: the relay dying in the middle of a send loses neither the answer nor the message", async () => {
    const text = fresh("the relay dies");
    const key = `key-${dialect}-6`;
    system.world.fault({ kind: "hold", ms: 700, method: "send" });
    const cut = tunnel.call("send", { to: FRIEND, text }, { idempotency_key: key }).catch(String);
    await tunnel.call("relay.outcome", { idempotency_key: key });
    await system.relay.kill9();
    expect(await cut).toContain("closed with");
    await system.relay.start();
    await system.waitForOnline();
    const back = await system.tunnel();
    const answer = outcome(await back.call("send", { to: FRIEND, text }, { idempotency_key: key }));
    expect(answer).toHaveProperty("result.guid");
    expect(timesSent(text)).toBe(1);
  });

  test("RPC4: with the Mac away a send is refused at once and safe to repeat, and only the chat list is known", async () => {
    const list = await system.result("chats.list", { limit: 3 });
    await system.agent.kill("SIGTERM");
    await system.waitForOffline();
    const text = fresh("nobody there");
    const error = await tunnel.error("send", { to: FRIEND, text });
    expect(error).toMatchObject({
      code: -32054,
      data: { code: "agent_offline", retryable: true, disposition: "not_started", retry_safe: true },
    });
    expect(await tunnel.error("messages.history", { chat_id: 1 })).toMatchObject({ code: -32054 });
    const stale = z
      .looseObject({ stale: z.boolean(), chats: z.array(z.unknown()) })
      .parse(await tunnel.result("chats.list", { limit: 3 }));
    expect(stale.stale).toBe(true);
    expect(stale.chats).toHaveLength(z.looseObject({ chats: z.array(z.unknown()) }).parse(list).chats.length);
    await system.agent.start();
    await system.waitForOnline();
    await tunnel.result("send", { to: FRIEND, text });
    expect(timesSent(text)).toBe(1);
  });
});

describe("the owner of the Mac", () => {
  test.each([
    ["read_only", { read_only: true }, { to: FRIEND, text: "no" }],
    ["methods.deny", { methods: { deny: ["send"] } }, { to: FRIEND, text: "no" }],
    ["recipients.allow", { recipients: { allow: ["jonas@example.com"] } }, { to: FRIEND, text: "no" }],
    ["send_roots", {}, { to: FRIEND, file: "/etc/hosts" }],
  ])(
    "RPC7, I3: what %s forbids is refused by that name, and nothing is sent",
    async (rule, agentConfig, params) => {
      const system = await startSystem({ dialect: "0.15", world: (mac) => void demoWorld(mac), agentConfig });
      try {
        const { error } = await system.rpc("send", params);
        expect(error).toMatchObject({
          code: -32043,
          data: { code: "forbidden_by_mac", rule, disposition: "not_started" },
        });
        expect(system.world.effects()).toEqual([]);
        expect(await system.result("chats.list")).toHaveProperty("chats");
      } finally {
        await system.stop();
      }
    },
  );
});
