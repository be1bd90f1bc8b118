// What the log tells of sends that came through the tunnel to an engine that names no guids.
import { describe, expect, it } from "vitest";
import { Agent } from "./support/agent.ts";
import { channel, type Channel } from "./support/channel.ts";
import { Gateway } from "./support/gateway.ts";
import { evict } from "./support/object.ts";
import { ownRow, told } from "./support/operations.ts";

const SENT = { result: { ok: true } };

async function scene(): Promise<{ of: Channel; gateway: Gateway }> {
  const of = await channel();
  return { of, gateway: await Gateway.connect(of.account) };
}
const send = (gateway: Gateway): number => gateway.request("send", { to: "+15550001", text: "hi" });

describe("a send without a guid", () => {
  it("SEND8 whoever was answered is told nothing more, though its row comes", async () => {
    const { of, gateway } = await scene();
    const id = send(gateway);
    of.agent.answer(await of.agent.call(), SENT);
    expect(await gateway.answer(id)).toMatchObject(SENT);
    await of.agent.sock.next();
    await of.agent.show([ownRow(1, "hi", Date.now())]);
    expect(await told(of, "message.outcome")).toEqual([]);
  });

  it("SEND8 where nobody waited any more an event tells the outcome, and then the guid", async () => {
    const { of, gateway } = await scene();
    send(gateway);
    await of.agent.call();
    await evict(of.account);
    const agent = await Agent.connect(of.account);
    await agent.run(SENT);
    await agent.show([ownRow(1, "hi", Date.now())]);
    expect(await told(of, "message.outcome")).toMatchObject([
      { outcome: "sent", guids: [null] },
      { outcome: "sent", guids: ["G-1"] },
    ]);
  });
});
