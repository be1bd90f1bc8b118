import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run } from "../../host/child.ts";
import { DropIn } from "../../host/drop-in.ts";
import { demoWorld, type DemoWorld } from "../imsg-sim/demo-world.ts";
import { BareImsg, outcome } from "./bare-imsg.ts";
import { startSystem, type System } from "./harness.ts";
import { owned } from "./owned.ts";

const FRIEND = "+15550100111";
const MIB = 1024 * 1024;

describe.each(["0.9", "0.15"] as const)("imsg %s", (dialect) => {
  let system: System;
  let world: DemoWorld;
  beforeAll(async () => {
    system = await startSystem({
      dialect,
      world: (mac) => {
        world = demoWorld(mac);
      },
    });
  });
  afterAll(() => system.stop());

  async function withDropIn(use: (dropIn: DropIn) => Promise<void>): Promise<void> {
    const dropIn = await DropIn.start(system.gateway(["rpc", "--json"]));
    owned.add(dropIn.pid);
    try {
      await use(dropIn);
    } finally {
      await dropIn.stop();
      owned.remove(dropIn.pid);
    }
  }

  test("RPC1: the drop-in answers as imsg itself does", async () => {
    const bare = await BareImsg.start(system.world.dbPath);
    await withDropIn(async (dropIn) => {
      for (const [method, params] of [
        ["chats.list", { limit: 3 }],
        ["messages.history", { chat_id: 4, limit: 3 }],
        ["messages.history", {}],
        ["chats.get", { chat_id: 1 }],
        ["send", { to: FRIEND }],
      ] as const) {
        expect(outcome(await dropIn.request(method, params))).toEqual(
          outcome(await bare.call(method, params)),
        );
      }
    });
    await bare.stop();
  });

  test("RPC3: whatever comes on its stdin, the drop-in goes on", async () => {
    const lines = [
      "chats, please",
      "[]",
      "[".repeat(100_000),
      "x".repeat(17 * MIB),
      "\u0000\uD800",
      '{"jsonrpc":"2.0","id":700,"result":{}}',
      '{"jsonrpc":"2.0","method":"no.such.notification"}',
    ];
    await withDropIn(async (dropIn) => {
      for (const line of lines) {
        dropIn.write(line);
        expect(await dropIn.request("chats.list", { limit: 1 })).toHaveProperty("result.chats");
      }
    });
  });

  test("RPC9, I2: relay and agent killed under a subscribed drop-in: it shows all that came, once, in order", async () => {
    await withDropIn(async (dropIn) => {
      expect(
        await dropIn.request("watch.subscribe", { attachments: true, include_reactions: true }),
      ).toHaveProperty("result.subscription");
      const texts = Array.from({ length: 40 }, (_, at) => `message ${at}`);
      const say = (from: number, to: number): void => {
        for (const text of texts.slice(from, to)) system.world.appendText(world.maya, FRIEND, text);
      };
      say(0, 10);
      await dropIn.shown("message 9");
      await system.relay.kill9();
      say(10, 20);
      await system.relay.start();
      say(20, 30);
      await dropIn.shown("message 29");
      await system.agent.kill("SIGKILL");
      say(30, 40);
      await system.agent.start();
      await dropIn.shown("message 39");
      expect(dropIn.messages.map(({ text }) => text)).toEqual(texts);
    });
  });

  test("status --json says what gateways look for, with the Mac there and away", async () => {
    const status = async (): Promise<unknown> =>
      JSON.parse((await run(system.gateway(["status", "--json"]))).out);
    await system.waitForOnline();
    expect(await status()).toMatchObject({
      agent: { state: "online" },
      stale: false,
      health: { state: "ok" },
    });
    await system.agent.kill("SIGTERM");
    expect(await status()).toMatchObject({ agent: { state: "offline" }, stale: false });
    await system.relay.kill9();
    expect(await status()).toMatchObject({ agent: { state: "offline" }, stale: true });
  });
});
