import { setTimeout as sleep } from "node:timers/promises";
import { describe, test } from "vitest";
import { demoWorld } from "../imsg-sim/demo-world.ts";
import { startSystem } from "./harness.ts";
import { IdleReaders } from "./idle-readers.ts";
import { onOneRelay } from "./one-relay.ts";
import { openChannel } from "./open-channel.ts";
import type { RelayProcess } from "./relay-process.ts";

const FRIEND = "+15550100111";
/** workerd puts an object to sleep 10 s after its last event (2026-04); an idle stream's comment comes after 15 s. */
const ASLEEP_MS = 16_500;
const HELD_MS = 15_000;
const READERS = 3;

let relay: RelayProcess;
onOneRelay("hibernation", (started) => (relay = started));

const heartbeats = { link: { heartbeat_ms: 250, dead_after_ms: 2_000 } };

// Beside one another: what they do is wait.
describe.concurrent.each(["0.9", "0.15"] as const)("imsg %s", (dialect) => {
  test("I4, LINK5: with an idle Mac and idle readers of every kind the object sleeps, heartbeats do not wake it, and every reader goes on", async ({
    expect,
  }) => {
    const system = await startSystem({
      dialect,
      relay,
      world: (mac) => void demoWorld(mac),
      agentConfig: heartbeats,
    });
    let idle: IdleReaders | undefined;
    try {
      await openChannel(system);
      const tunnels = await Promise.all(
        Array.from({ length: READERS }, (_, at) => system.tunnel({ v1: at > 0, answersProbes: true })),
      );
      for (const tunnel of tunnels) await tunnel.subscribe({ include_reactions: true });
      idle = await IdleReaders.open(system, READERS);
      const before = await system.status();
      await sleep(ASLEEP_MS);
      const after = await system.status();
      // The one wake is this very question.
      expect(after.usage.wakes - before.usage.wakes).toBe(1);
      expect(after.usage.constructed - before.usage.constructed).toBe(1);
      expect(after).toMatchObject({
        agent: { state: "online", epoch: 1 },
        gateways: READERS,
        subscriptions: READERS,
        // Three kinds: each holds a socket to the object, those that end in the Worker too.
        readers: 3 * READERS,
      });
      const guid = system.world.appendText("any;-;+15550100111", FRIEND, "good morning");
      for (const tunnel of tunnels) {
        await tunnel.message((message) => message.guid === guid, "the message after the sleep");
        expect(tunnel.guids(1)).toEqual([guid]);
      }
      for (const { kind, events } of idle.all) {
        await events.find(() => true, `an event after the sleep, ${kind}`);
        expect(events.all, kind).toMatchObject([{ kind: "message.received", data: { message: { guid } } }]);
      }
    } finally {
      await idle?.close();
      await system.stop();
    }
  });

  test("I4, I6: a send that imsg holds for 15 s, with nothing else going on, gets its answer", async ({
    expect,
  }) => {
    const system = await startSystem({ dialect, relay, world: (mac) => void demoWorld(mac) });
    try {
      const tunnel = await system.tunnel();
      system.world.fault({ kind: "hold", ms: HELD_MS, method: "send" });
      const asked = Date.now();
      const answer = await tunnel.call("send", { to: FRIEND, text: "in a while" });
      expect(answer).toHaveProperty("result.guid");
      expect(Date.now() - asked).toBeGreaterThanOrEqual(HELD_MS);
      expect(system.world.sent().filter(({ text }) => text === "in a while")).toHaveLength(1);
    } finally {
      await system.stop();
    }
  });

  test("I6, RPC2: an answer for an object that was put to sleep meanwhile reaches whoever asked", async ({
    expect,
  }) => {
    const system = await startSystem({ dialect, relay, world: (mac) => void demoWorld(mac) });
    try {
      const byPost = system.world.fault({ kind: "hold", ms: HELD_MS, method: "send" });
      const answer = system.rpc("send", { to: FRIEND, text: "by POST" }, { "idempotency-key": "held" });
      await system.world.until((mac) => mac.claimed(byPost));
      expect(await answer).toHaveProperty("result.guid");
      expect(
        await system.rpc("send", { to: FRIEND, text: "by POST" }, { "idempotency-key": "held" }),
      ).toEqual(await answer);
      expect(system.world.sent().filter(({ text }) => text === "by POST")).toHaveLength(1);
    } finally {
      await system.stop();
    }
  });
});
