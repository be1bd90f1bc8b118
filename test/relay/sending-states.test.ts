// What becomes of a message after it was handed over: delivered, failed, or nobody says.
import { describe, expect, it } from "vitest";
import { STATE_LOOKS_MS } from "../../shared/limits.ts";
import { Agent, ENGINE } from "./support/agent.ts";
import { bot, type Bot } from "./support/channel.ts";
import type { Json } from "./support/http.ts";
import { alarmAt, evict, freeze, inside, pass } from "./support/object.ts";
import { operation, told } from "./support/operations.ts";
import { sent } from "./support/sending.ts";

const HELLO = { to: "+15550001", text: "hello" };
const TELLING = { engine: { ...ENGINE, methods: [...ENGINE.methods, "message.send_status"] } };

interface Telling extends Bot {
  agent: Agent;
}

/** Time stands still. */
async function telling(change: Json = TELLING): Promise<Telling> {
  freeze();
  const of = await bot();
  return { ...of, agent: await Agent.connect(of.account, change) };
}

/** A link of which nothing was heard for longer is dead. */
const ALIVE_MS = 12_000;

/** What is asked after that time: by alarm, or where the Mac had to come back. */
async function look(of: Telling, ms: number): Promise<Json> {
  await pass(of.account, ms);
  if (ms > ALIVE_MS) of.agent = await Agent.connect(of.account, TELLING);
  else await inside(of.account, (object) => object.alarm());
  return of.agent.call();
}

/** Nothing is asked, however long it takes. */
async function silent(of: Telling, change: Json = TELLING): Promise<void> {
  await pass(of.account, 4_000_000);
  await inside(of.account, (object) => object.alarm());
  await (await Agent.connect(of.account, change)).settled();
}

const says = (of: Telling, asked: Json, state: string, more: Json = {}): Promise<void> => {
  of.agent.answer(asked, { result: { ok: true, guid: "S-1", send_state: state, ...more } });
  return of.agent.settled();
};

describe("message.send_status", () => {
  it("SEND9 is asked three seconds after, and told as an event when it is delivered; then no more", async () => {
    const of = await telling();
    const { operation: id } = await sent(of, HELLO, { result: { guid: "S-1" } });
    const asked = await look(of, 3_000);
    expect(asked).toMatchObject({ method: "message.send_status", params: { guid: "S-1" } });
    await says(of, asked, "delivered", { service: "iMessage", delivered_at: "2026-05-28T20:42:58Z" });
    expect(await operation(of, id)).toMatchObject({ outcome: "sent", status: "delivered" });
    expect(await told(of, "message.status")).toEqual([
      {
        guid: "S-1",
        status: "delivered",
        operation: id,
        service: "iMessage",
        at: Date.parse("2026-05-28T20:42:58Z"),
      },
    ]);
    await silent(of);
  });

  it("SEND9 what is pending, then sent, then failed: each step is told once", async () => {
    const of = await telling();
    const { operation: id } = await sent(of, HELLO, { result: { guid: "S-1" } });
    await says(of, await look(of, 3_000), "pending");
    expect(await operation(of, id)).toMatchObject({ status: null });
    await says(of, await look(of, 10_000), "sent");
    await evict(of.account);
    await says(of, await look(of, 30_000), "sent");
    await says(of, await look(of, 120_000), "failed");
    expect(await operation(of, id)).toMatchObject({ outcome: "sent", status: "failed" });
    expect((await told(of, "message.status")).map(({ status }) => status)).toEqual(["sent", "failed"]);
  });

  it("SEND9 it is asked six times and left as it is; then no alarm is set for it", async () => {
    const of = await telling();
    await sent(of, HELLO, { result: { guid: "S-1" } });
    for (const wait of STATE_LOOKS_MS) await says(of, await look(of, wait), "sent");
    await inside(of.account, (object) => object.alarm());
    const prune = await alarmAt(of.account);
    expect(prune).toBeGreaterThan(Date.now() + 20 * 3_600_000);
  });

  it("SEND9 an SMS is never more than sent", async () => {
    const of = await telling();
    await sent(of, HELLO, { result: { guid: "S-1" } });
    await says(of, await look(of, 3_000), "sent", { service: "SMS" });
    await silent(of);
    expect((await told(of, "message.status")).map(({ status }) => status)).toEqual(["sent"]);
  });

  it("SEND9 while the Mac is away nothing is asked; when it is back it is", async () => {
    const of = await telling();
    await sent(of, HELLO, { result: { guid: "S-1" } });
    of.agent.sock.close();
    await of.agent.sock.closed;
    await pass(of.account, 60_000);
    await inside(of.account, (object) => object.alarm());
    const agent = await Agent.connect(of.account, TELLING);
    expect(await agent.call()).toMatchObject({ method: "message.send_status" });
  });

  it("SEND9 an answer that says nothing, or none at all, costs one look", async () => {
    const of = await telling();
    const { operation: id } = await sent(of, HELLO, { result: { guid: "S-1" } });
    const asked = await look(of, 3_000);
    of.agent.answer(asked, { error: { code: -32_603, message: "no" } });
    await of.agent.settled();
    await says(of, await look(of, 10_000), "delivered");
    expect(await operation(of, id)).toMatchObject({ status: "delivered" });
  });

  it("SEND9 an engine that cannot say is never asked", async () => {
    const of = await telling({});
    await sent(of, HELLO, { result: { guid: "S-1" } });
    await silent(of, {});
    expect(await told(of, "message.status")).toEqual([]);
  });
});
