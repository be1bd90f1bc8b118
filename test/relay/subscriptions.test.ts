import { describe, expect, it, vi } from "vitest";
import { Agent, OLD_ENGINE, row, unjoined } from "./support/agent.ts";
import { Gateway } from "./support/gateway.ts";
import { statusOf, type Json } from "./support/http.ts";
import { evict } from "./support/object.ts";
import { scene } from "./support/scene.ts";

const old = { engine: OLD_ENGINE };

describe("subscriptions", () => {
  it("RPC9 ids count from 1 on every socket, and are never given twice", async () => {
    const { account, gateway } = await scene();
    const other = await Gateway.connect(account);
    expect([await gateway.subscribe(), await gateway.subscribe(), await other.subscribe()]).toEqual([
      1, 2, 1,
    ]);
    expect(await gateway.call("watch.unsubscribe", { subscription: 2 })).toMatchObject({
      result: { ok: true },
    });
    expect(await gateway.subscribe()).toBe(3);
    expect(await statusOf(account)).toMatchObject({ gateways: 2, subscriptions: 3 });
  });

  it("RPC9 a notification is imsg's own form, and follows the answer to its subscribe", async () => {
    const { agent, gateway } = await scene(old);
    await agent.show([row(1, { chat_name: "x" })]);
    const id = gateway.request("watch.subscribe", { since_rowid: -1 });
    expect(await gateway.sock.next()).toEqual({ jsonrpc: "2.0", id, result: { subscription: 1 } });
    const message = row(1, { chat_name: "x", created_at: expect.any(String) });
    expect(await gateway.sock.next()).toEqual({
      jsonrpc: "2.0",
      method: "message",
      params: { subscription: 1, message },
    });
  });

  it("RPC9 after unsubscribe nothing comes; of one that is not there it is fine", async () => {
    const { agent, gateway } = await scene();
    await gateway.subscribe();
    await gateway.call("watch.unsubscribe", { subscription: 1 });
    await agent.show([row(1)]);
    expect(await gateway.leftovers()).toEqual([]);
    expect(await gateway.call("watch.unsubscribe", { subscription: 99 })).toMatchObject({
      result: { ok: true },
    });
    expect(await gateway.call("watch.unsubscribe", {})).toMatchObject({
      error: { code: -32602, data: "subscription is required" },
    });
  });

  it("RPC9 every subscription and every gateway gets its own, in seq order", async () => {
    const { account, agent, gateway } = await scene();
    const other = await Gateway.connect(account);
    await gateway.subscribe({ chat_id: 1 });
    await gateway.subscribe({ chat_id: 2 });
    await other.subscribe();
    await agent.show([row(3), row(1, { chat_id: 2, chat_guid: "iMessage;+;two" }), row(2)]);
    const seen = [];
    for (let at = 0; at < 3; at += 1) seen.push(await gateway.message());
    expect(
      seen.map(({ subscription, message }) => `${subscription} ${String(message["id"])}`).sort(),
    ).toEqual(["1 2", "1 3", "2 1"]);
    expect(await other.rows(3)).toEqual([3, 1, 2]);
  });

  const two = { chat_id: 2, chat_guid: "iMessage;+;two", sender: "Bob@Example.com" };
  const rows = [
    row(1, { created_at: "2026-01-01T10:00:00.000Z" }),
    row(2, { ...two, created_at: "2026-01-01T11:00:00.000Z" }),
    row(3, { is_reaction: true, created_at: "2026-01-01T12:00:00.000Z" }),
    row(4, { ...two, is_from_me: true, sender: "", created_at: "2026-01-01T13:00:00.000Z" }),
  ];
  it.each<[string, Json, number[]]>([
    ["nothing: all but tapbacks", {}, [1, 2, 4]],
    ["include_reactions", { include_reactions: true }, [1, 2, 3, 4]],
    ["chat_id", { chat_id: 2 }, [2, 4]],
    ["participants, in any case", { participants: ["BOB@example.com"] }, [2]],
    ["start, inclusive", { start: "2026-01-01T11:00:00Z" }, [2, 4]],
    ["end, exclusive", { end: "2026-01-01T11:00:00Z" }, [1]],
    ["a chat that is not there", { chat_id: 77 }, []],
    [
      "everything at once",
      {
        chat_id: 2,
        participants: ["bob@example.com"],
        start: "2026-01-01T00:00:00Z",
        end: "2026-01-02T00:00:00Z",
        debounce_ms: 5,
      },
      [2],
    ],
  ])("RPC9 filter: %s", async (_, params, expected) => {
    const { agent, gateway } = await scene(old);
    await gateway.subscribe(params);
    await agent.show(rows);
    await gateway.subscribe({ ...params, since_rowid: -1 });
    const seen = (await gateway.leftovers()).map(
      ({ params: shown }) => shown as { subscription: number; message: Json },
    );
    for (const n of [1, 2])
      expect(
        seen.filter(({ subscription }) => subscription === n).map(({ message }) => message["id"]),
      ).toEqual(expected);
  });

  it("RPC9 attachments and reactions are shown where they were asked for", async () => {
    const { agent, gateway } = await scene();
    await gateway.subscribe();
    await gateway.subscribe({ attachments: true, include_reactions: true });
    await agent.show([row(1, { attachments: [{ transfer_name: "a" }], reactions: [{ id: 1 }] })]);
    expect((await gateway.message()).message).toMatchObject({ attachments: [], reactions: [] });
    expect((await gateway.message()).message).toMatchObject({
      attachments: [{ transfer_name: "a" }],
      reactions: [{ id: 1 }],
    });
  });

  it("RPC9 a chat is found again in another database by its guid", async () => {
    const { agent, gateway } = await scene(old);
    agent.sock.send({ t: "note", kind: "chats", database: 0, chats: [{ id: 7, guid: "iMessage;+;club" }] });
    await agent.settled();
    await gateway.subscribe({ chat_id: 7 });
    const moved = [
      row(1, { guid: "N1", chat_id: 7, chat_guid: "iMessage;+;other" }),
      row(2, { guid: "N2", chat_id: 3, chat_guid: "any;+;club" }),
    ];
    await agent.show(moved, { database: 1, until: 2, resume: 2 });
    expect(
      (await gateway.leftovers()).map(({ params }) => (params as { message: Json }).message["id"]),
    ).toEqual([2]);
  });

  it.each<[Json, string]>([
    [{ since_rowid: "5" }, "since_rowid must be an integer"],
    [{ chat_id: 0 }, "chat_id must be a positive integer"],
    [{ start: "yesterday" }, "Invalid ISO8601 date: yesterday"],
  ])("RPC9 %j is refused in imsg's words, and makes nothing", async (params, data) => {
    const { account, gateway } = await scene();
    expect(await gateway.call("watch.subscribe", params)).toMatchObject({ error: { code: -32602, data } });
    expect(await statusOf(account)).toMatchObject({ subscriptions: 0 });
  });

  it("RPC9 a socket holds 64 subscriptions, and the next is refused", async () => {
    const { agent, gateway } = await scene();
    for (let at = 1; at <= 64; at += 1) expect(await gateway.subscribe({ chat_id: at })).toBe(at);
    expect(await gateway.call("watch.subscribe")).toMatchObject({ error: { code: -32049 } });
    await agent.show([row(1, { chat_id: 64 })]);
    expect(await gateway.message()).toMatchObject({ subscription: 64 });
  });

  it("RPC9 filters too long for a socket's memory are refused, and what is there goes on", async () => {
    const { agent, gateway } = await scene();
    const participants = Array.from({ length: 32 }, (_, at) => `${at}`.padEnd(300, "ü"));
    await gateway.subscribe();
    await gateway.call("watch.subscribe", { participants });
    expect(await gateway.call("watch.subscribe", { participants })).toMatchObject({
      error: { code: -32049 },
    });
    await agent.show([row(1)]);
    expect(await gateway.rows(1)).toEqual([1]);
  });

  it("RPC9 filters of mixed scripts are refused or taken, but always answered", async () => {
    const { agent, gateway } = await scene();
    await gateway.subscribe();
    const participants = Array.from({ length: 32 }, (_, at) => `${at}字`.padEnd(300, "x"));
    expect(await gateway.call("watch.subscribe", { participants })).toHaveProperty("id", 2);
    await agent.show([row(1)]);
    expect(await gateway.rows(1)).toEqual([1]);
  });

  it("RPC9 it outlives the Mac's absence", async () => {
    const { account, agent, gateway } = await scene();
    await gateway.subscribe();
    await agent.show([row(1)]);
    agent.sock.close();
    const back = await Agent.connect(account);
    await back.show([row(2)]);
    expect(await gateway.rows(2)).toEqual([1, 2]);
  });

  it("RPC9 it outlives the object's eviction: id, filter and place", async () => {
    const { account, agent, gateway } = await scene();
    await gateway.subscribe({ chat_id: 2 });
    await gateway.subscribe();
    await agent.show([row(1), row(2, { chat_id: 2 })]);
    await gateway.rows(3);
    await evict(account);
    await agent.show([row(3), row(4, { chat_id: 2 })]);
    const seen = [];
    for (let at = 0; at < 3; at += 1) seen.push(await gateway.message());
    expect(
      seen.map(({ subscription, message }) => `${subscription} ${String(message["id"])}`).sort(),
    ).toEqual(["1 4", "2 3", "2 4"]);
    expect(await gateway.subscribe()).toBe(3);
    expect(await statusOf(account)).toMatchObject({ gateways: 1, subscriptions: 3 });
  });

  it("RPC9 it ends with the socket", async () => {
    const { account, agent, gateway } = await scene();
    await gateway.subscribe();
    gateway.sock.close();
    await vi.waitFor(async () =>
      expect(await statusOf(account)).toMatchObject({ gateways: 0, subscriptions: 0 }),
    );
    await agent.show([row(1)]);
  });

  it("RPC11 an unanchored row is not shown; its repair is, as an ordinary message", async () => {
    const { agent, gateway } = await scene(old);
    await gateway.subscribe();
    await agent.show([unjoined(1), row(2)]);
    await agent.show([row(1)]);
    expect(await gateway.rows(2)).toEqual([2, 1]);
    await gateway.subscribe({ since_rowid: -1 });
    expect(await gateway.rows(2)).toEqual([2, 1]);
    expect(await gateway.leftovers()).toEqual([]);
  });

  it("RPC15 ping is answered pong", async () => {
    const { gateway } = await scene();
    gateway.sock.send("ping");
    expect(await gateway.sock.text()).toBe("pong");
  });
});
