import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { demoWorld, type DemoWorld } from "../imsg-sim/demo-world.ts";
import { METHOD_NAMES, methodOf } from "../../shared/methods.ts";
import { BareImsg, outcome } from "./bare-imsg.ts";
import { startSystem, type System } from "./harness.ts";
import type { Tunnel } from "./tunnel.ts";

type Ask = readonly [method: string, params: unknown];

const FRIEND = "+15550100111";

/** Every documented read, and what can be wrong with it. */
const READS: readonly Ask[] = [
  ["status", undefined],
  ["chats.list", undefined],
  ["chats.list", { limit: 2 }],
  ["chats.list", { limit: 2, unread_only: true }],
  ["chats.get", { chat_id: 1 }],
  ["chats.get", { chat_id: 999 }],
  ["messages.history", { chat_id: 4, limit: 5, attachments: true }],
  ["messages.history", { chat_id: 1, participants: [FRIEND], limit: 2 }],
  ["messages.history", { chat_id: 999 }],
  ["messages.history", {}],
  ["messages.history", { chat_id: 1, start: "yesterday" }],
  ["messages.search", { query: "quarry", limit: 3 }],
  ["messages.search", {}],
  ["messages.after", { since_rowid: 3, limit: 4, include_reactions: true }],
  ["messages.after", { since_rowid: 0, chat_id: 4, attachments: true }],
  ["messages.after", { since_rowid: -5 }],
  ["messages.stats", { chat_id: 4 }],
  ["messages.scheduled", { limit: 5 }],
  ["message.send_status", { guid: "00000000-0000-4000-8000-000000000000" }],
  ["handles.check", { handles: [FRIEND], address: FRIEND }],
  ["contacts.shouldShareContact", { chat_id: 1 }],
];
const CONTROLS: readonly Ask[] = [
  ["typing", { chat_id: 1, typing: true }],
  ["typing", {}],
  ["read", { chat_id: 1 }],
];

describe.each(["0.9", "0.15"] as const)("imsg %s", (dialect) => {
  let system: System;
  let tunnel: Tunnel;
  let bare: BareImsg;
  let world: DemoWorld;

  beforeAll(async () => {
    system = await startSystem({
      dialect,
      world: (mac) => {
        world = demoWorld(mac);
      },
      imsg: { bridgeReady: true },
    });
    [tunnel, bare] = await Promise.all([system.tunnel(), BareImsg.start(system.world.dbPath)]);
  });
  afterAll(async () => {
    await bare.stop();
    await system.stop();
  });

  test("RPC1: the asks below are every read of the table", () => {
    const reads = METHOD_NAMES.filter((name) => methodOf(name)?.class === "read");
    expect(reads.filter((name) => !READS.some(([method]) => method === name))).toEqual([]);
  });

  test.each(READS)(
    "RPC1: %s %j is answered as imsg itself answers it, by tunnel and by POST",
    async (method, params) => {
      const expected = outcome(await bare.call(method, params));
      expect(outcome(await tunnel.call(method, params))).toEqual(expected);
      expect(outcome(await system.rpc(method, params))).toEqual(expected);
    },
  );

  test.each(CONTROLS)("RPC1: %s %j is answered as imsg itself answers it", async (method, params) => {
    const expected = outcome(await bare.call(method, params));
    expect(outcome(await tunnel.call(method, params))).toEqual(expected);
    expect(outcome(await system.rpc(method, params))).toEqual(expected);
  });

  test("RPC1: initialize is answered by the relay, for the shared process must not be set up anew", async () => {
    const answer = outcome(await tunnel.call("initialize", { protocol_version: 1 }));
    const expected = {
      "0.9": { error: { code: -32601 } },
      "0.15": {
        result: { protocol_version: 1, version: "0.15.0", methods: expect.arrayContaining(["send"]) },
      },
    };
    expect(answer).toMatchObject(expected[dialect]);
    const { engine } = await system.status();
    expect(engine).toMatchObject({ "0.9": { methods: null }, "0.15": { bridge: true } }[dialect]);
  });

  test.each(["bridge.events.subscribe", "bridge.events.unsubscribe", "no.such.method", "relay.nothing"])(
    "RPC1: %s is -32601 from the relay",
    async (method) => {
      expect(await tunnel.error(method, {})).toMatchObject({ code: -32601, data: method });
      expect((await system.rpc(method, {})).error).toMatchObject({ code: -32601, data: method });
    },
  );

  test("RPC9: watch.subscribe by POST is refused, since nothing could follow", async () => {
    const { error } = await system.rpc("watch.subscribe", {});
    expect(error).toMatchObject({ code: -32050, data: { code: "unsupported" } });
  });

  test("RPC9: watch.unsubscribe ends what it names and nothing else", async () => {
    const [kept, ended] = [await tunnel.subscribe(), await tunnel.subscribe()];
    expect(await tunnel.result("watch.unsubscribe", { subscription: ended })).toEqual({ ok: true });
    expect(await tunnel.result("watch.unsubscribe", { subscription: 999 })).toEqual({ ok: true });
    expect(await tunnel.error("watch.unsubscribe", {})).toMatchObject({ code: -32602 });
    const guid = system.world.appendText(world.maya, FRIEND, "still there?");
    await tunnel.message((message) => message.guid === guid, "the message");
    expect(tunnel.guids(kept)).toContain(guid);
    expect(tunnel.guids(ended)).toEqual([]);
  });

  test("RPC2: a gateway's ids are its own, whatever they are", async () => {
    const ids = ["a", "", "ü", "relay:1", 0, -7, 1.5, Number.MAX_SAFE_INTEGER];
    for (const id of ids) tunnel.send({ jsonrpc: "2.0", id, method: "chats.list", params: { limit: 1 } });
    for (const id of ids) {
      const answer = await tunnel.frames.find(
        (frame) => frame.id === id,
        `the answer to ${JSON.stringify(id)}`,
      );
      expect(answer.result).toHaveProperty("chats");
    }
  });

  test("LINK7: an answer of 5 MB arrives whole, by tunnel and by POST", async () => {
    const chat = system.world.dm("+15550100999");
    const text = "All work and no play. ".repeat(2_300);
    for (let line = 0; line < 100; line += 1)
      system.world.appendText(chat, "+15550100999", `${line} ${text}`);
    const chats = await bare.call("chats.list", { limit: 1 });
    expect(chats).toMatchObject({ result: { chats: [{ id: 5 }] } });
    const expected = await bare.call("messages.history", { chat_id: 5, limit: 100 });
    expect(JSON.stringify(expected).length).toBeGreaterThan(5_000_000);
    expect(outcome(await tunnel.call("messages.history", { chat_id: 5, limit: 100 }))).toEqual(expected);
    expect(outcome(await system.rpc("messages.history", { chat_id: 5, limit: 100 }))).toEqual(expected);
  });
});
