// A send that imsg takes long over, on the whole system: what it holds up is its own chat, and nothing else.
import { describe, test } from "vitest";
import { EXTRA_LANE_AFTER_MS } from "../../agent/limits.ts";
import { startSystem } from "./harness.ts";

const [ADA, BOB] = ["+15550100101", "+15550100102"] as const;
/** Long enough for an extra imsg to be called for and to start on a busy machine. */
const HELD_MS = EXTRA_LANE_AFTER_MS + 4_000;

describe.concurrent("while imsg has one send in its hands", () => {
  test.for(["0.9", "0.15"] as const)(
    "RPC5, LINK14: reads, events and other chats go on, and the next send of its chat comes after it (imsg %s)",
    async (dialect, { expect }) => {
      const chats: string[] = [];
      const system = await startSystem({
        dialect,
        world: (mac) => {
          for (const handle of [ADA, BOB]) {
            const chat = mac.dm(handle);
            chats.push(chat);
            mac.appendText(chat, handle, "before");
          }
        },
      });
      try {
        const { world, agent } = system;
        const tunnel = await system.tunnel();
        await tunnel.subscribe();
        const idle = agent.imsgPids().length;
        const fault = world.fault({ kind: "hold", ms: HELD_MS, method: "send" });
        const order: string[] = [];
        const send = async (text: string, to: Record<string, unknown>): Promise<void> => {
          await tunnel.result("send", { ...to, text });
          order.push(text);
        };
        const sends = [send("a1", { to: ADA })];
        await world.until((mac) => mac.claimed(fault));
        sends.push(send("a2", { chat_guid: `any;-;${ADA}` }), send("b1", { to: BOB }));

        await tunnel.result("messages.history", { chat_id: 1 });
        world.appendText(chats[1] ?? "", BOB, "an event");
        await tunnel.withText("an event");
        expect(order).not.toContain("a1");

        await world.until((mac) => mac.sent().some(({ text }) => text === "b1"), HELD_MS);
        expect(agent.imsgPids()).toHaveLength(idle + 1);
        await Promise.all(sends);
        expect(order).toEqual(["b1", "a1", "a2"]);
        expect(world.sent().map(({ text }) => text)).toEqual(["b1", "a1", "a2"]);
      } finally {
        await system.stop();
      }
    },
  );
});
