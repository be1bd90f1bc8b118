import { describe, expect, it, vi } from "vitest";
import { Agent, OLD_ENGINE, row } from "./support/agent.ts";
import { statusOf, type Json } from "./support/http.ts";
import { evict } from "./support/object.ts";
import { scene, type Scene } from "./support/scene.ts";

/** A log that begins at row 100, on a Mac that has more. */
async function begun(v1 = false): Promise<Scene> {
  const made = await scene({}, { v1 });
  await made.agent.show([row(100), row(101)]);
  return made;
}

const page = (ids: readonly number[], has_more = false, change: Json = {}): Json => ({
  result: { messages: ids.map((id) => row(id, change)), next_rowid: ids.at(-1) ?? 0, has_more },
});
const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, at) => from + at);

describe("rows older than the log", () => {
  it("RPC10 come from the Mac by messages.after, first, and none twice", async () => {
    const { agent, gateway } = await begun();
    await gateway.subscribe({ since_rowid: 97 });
    const call = await agent.call();
    expect(call).toMatchObject({
      method: "messages.after",
      params: { since_rowid: 97, attachments: true, include_reactions: true },
    });
    agent.answer(call, page([98, 99, 100, 101, 102]));
    expect(await gateway.rows(4)).toEqual([98, 99, 100, 101]);
    expect(await gateway.leftovers()).toEqual([]);
  });

  it("RPC10 page by page, until the log begins", async () => {
    const { agent, gateway } = await begun();
    await gateway.subscribe({ since_rowid: -1 });
    for (const [after, ids] of [
      [0, [1, 2]],
      [2, [3, 4]],
      [4, [5, 100]],
    ] as const) {
      const call = await agent.call();
      expect(call).toMatchObject({ params: { since_rowid: after } });
      agent.answer(call, page(ids, true));
    }
    expect(await gateway.rows(7)).toEqual([1, 2, 3, 4, 5, 100, 101]);
  });

  it("RPC10 an empty page that says more ends it", async () => {
    const { agent, gateway } = await begun();
    await gateway.subscribe({ since_rowid: 90 });
    agent.answer(await agent.call(), { result: { messages: [], next_rowid: 90, has_more: true } });
    expect(await gateway.rows(2)).toEqual([100, 101]);
  });

  it("RPC10 the filter holds for them too", async () => {
    const { agent, gateway } = await begun();
    await gateway.subscribe({ since_rowid: 90, chat_id: 1, participants: ["+15550001"] });
    const call = await agent.call();
    expect(call).toMatchObject({ params: { chat_id: 1 } });
    const messages = [
      row(91),
      row(92, { sender: "+1999" }),
      row(93, { is_reaction: true }),
      row(94, { chat_id: 0, chat_guid: "" }),
      { odd: 1 },
    ];
    agent.answer(call, { result: { messages, next_rowid: 94, has_more: false } });
    expect(await gateway.rows(3)).toEqual([91, 100, 101]);
  });

  it.each<[string, Json]>([
    ["a row of the log", { since_rowid: 100 }],
    ["the row just below the log", { since_rowid: 99 }],
    ["the tail", {}],
  ])("RPC10 nothing is asked from %s", async (_, params) => {
    const { agent, gateway } = await begun();
    await gateway.subscribe(params);
    await expect(agent.settled()).resolves.toBeUndefined();
  });

  it("RPC10 an engine without messages.after is not asked, and the log is delivered", async () => {
    const { agent, gateway } = await scene({ engine: OLD_ENGINE });
    await agent.show([row(100)]);
    await gateway.subscribe({ since_rowid: 1 });
    expect(await gateway.rows(1)).toEqual([100]);
    await agent.settled();
  });

  it("RPC10 live rows wait for the older ones", async () => {
    const { agent, gateway } = await begun();
    await gateway.subscribe({ since_rowid: 98 });
    const call = await agent.call();
    await agent.show([row(102)]);
    expect(await gateway.leftovers()).toEqual([]);
    agent.answer(call, page([99]));
    expect(await gateway.rows(4)).toEqual([99, 100, 101, 102]);
  });

  it("RPC10 nothing logged yet: rows up to the Mac's first position are older", async () => {
    const { agent, gateway } = await scene();
    await agent.show([], { resume: 50 });
    await gateway.subscribe({ since_rowid: 48 });
    agent.answer(await agent.call(), page([49, 50, 51]));
    await agent.show([row(51)]);
    expect(await gateway.rows(3)).toEqual([49, 50, 51]);
    expect(await gateway.leftovers()).toEqual([]);
  });

  it.each<[string, (agent: Agent, scene: Scene) => Promise<void>]>([
    [
      "the Mac leaves in the middle",
      async (agent, { account }) => {
        agent.sock.close();
        await vi.waitFor(async () =>
          expect(await statusOf(account)).toMatchObject({ agent: { state: "offline" } }),
        );
      },
    ],
    ["the same Mac comes again before its old link is noticed to be dead", async () => undefined],
  ])("RPC10 when %s, it is asked again after welcome, and nothing is lost", async (_, leave) => {
    const made = await begun();
    const { account, agent, gateway } = made;
    await gateway.subscribe({ since_rowid: 95 });
    agent.answer(await agent.call(), page([96, 97], true));
    expect(await agent.call()).toMatchObject({ params: { since_rowid: 97 } });
    await leave(agent, made);
    const back = await Agent.connect(account);
    const again = await back.call();
    expect(again).toMatchObject({ method: "messages.after", params: { since_rowid: 97 } });
    back.answer(again, page([98, 99, 100]));
    expect(await gateway.rows(6)).toEqual([96, 97, 98, 99, 100, 101]);
    await back.settled();
  });

  it("RPC10 it is asked again after an eviction", async () => {
    const { account, agent, gateway } = await begun();
    await gateway.subscribe({ since_rowid: 97 });
    await agent.call();
    await evict(account);
    await agent.show([row(102)]);
    await vi.waitFor(() => expect(agent.sock.pending).toHaveLength(1));
    agent.answer(await agent.call(), page([98, 99]));
    expect(await gateway.rows(5)).toEqual([98, 99, 100, 101, 102]);
  });

  it("RPC10 what the Mac cannot read is not waited for, after three tries", async () => {
    const { agent, gateway } = await begun();
    await gateway.subscribe({ since_rowid: 90 });
    for (let at = 0; at < 3; at += 1)
      agent.answer(await agent.call(), { error: { code: -32603, message: "Internal error" } });
    expect(await gateway.rows(2)).toEqual([100, 101]);
  });

  it("RPC13 never more than 256 older rows come without an answer", async () => {
    const made = await scene();
    await made.agent.show([row(10_000)]);
    const { agent, gateway } = made;
    await gateway.subscribe({ since_rowid: -1 });
    agent.answer(await agent.call(), page(range(1, 200), true));
    await gateway.rows(200);
    agent.answer(await agent.call(), page(range(201, 400), true));
    await gateway.probe();
    const more = (await gateway.leftovers()).filter(({ method }) => method === "message").length;
    expect(more).toBeLessThanOrEqual(56);
  });

  it("RPC13 they carry no params.relay, also for a client of imsg-relay.v1, which is asked too", async () => {
    const { agent, gateway } = await scene({}, { v1: true });
    await agent.show([row(10_000)]);
    await gateway.subscribe({ since_rowid: -1 });
    agent.answer(await agent.call(), page(range(1, 200), true));
    expect(await gateway.message()).not.toHaveProperty("relay");
    await gateway.rows(199);
    agent.answer(await agent.call(), page(range(201, 256), true));
    await gateway.rows(56);
    gateway.sock.send({ id: await gateway.probe(), error: { code: -32601, message: "Method not found" } });
    agent.answer(await agent.call(), page([257]));
    expect(await gateway.rows(1)).toEqual([257]);
    expect(await gateway.message()).toMatchObject({ message: { id: 10_000 }, relay: { delayed: true } });
  });

  it("LINK13 when the gateway leaves, the page it waits for is cancelled", async () => {
    const { agent, gateway } = await begun();
    await gateway.subscribe({ since_rowid: 90 });
    const { call } = await agent.call();
    gateway.sock.close();
    expect(await agent.sock.next()).toEqual({ t: "cancel", call });
  });
});
