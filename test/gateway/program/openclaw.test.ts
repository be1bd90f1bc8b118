// The conversation of an OpenClaw gateway with the program at `cliPath`, as it was recorded.
import { describe, expect, test } from "vitest";
import type { Place, Program } from "../support/program.ts";
import { agentOffline, bridgeNeeded, ScriptedRelay } from "../support/scripted-relay.ts";
import { eachOnAStage } from "../support/stage.ts";

let relay: ScriptedRelay;
let place: Place;
eachOnAStage(ScriptedRelay, (...made) => ([relay, place] = made));

const run = (...argv: string[]): Program => place.run(argv, { IMSG_RELAY_URL: relay.connection });
const CHAT = { id: 1, identifier: "+15550001111", guid: "any;-;+15550001111", name: "", service: "iMessage" };
const inbound = (id: number, more: object = {}) => ({
  id,
  guid: `GUID-${id}`,
  chat_id: 1,
  chat_guid: CHAT.guid,
  sender: "+15550001111",
  is_from_me: false,
  text: "hello ü 👋",
  created_at: new Date().toISOString(),
  attachments: [],
  reactions: [],
  ...more,
});
const SEND = {
  text: "Hello Alice, …",
  service: "auto",
  region: "US",
  transport: "auto",
  reply_to: "GUID-1",
  formatting: [{ start: 6, length: 5, styles: ["bold"] }],
  chat_id: 1,
};

describe("OpenClaw", () => {
  test("probe, watch, message, reply, stop", async () => {
    relay.script = ({ method }) =>
      method === "chats.list"
        ? { result: { chats: [CHAT] } }
        : { result: { ok: true, id: 2, guid: "GUID-2" } };

    // Every argv of the probe is a process of its own, its stdin empty.
    for (const argv of [
      ["rpc", "--help"],
      ["send-rich", "--help"],
      ["poll", "send", "--help"],
    ]) {
      const { code, out, err } = await run(...argv).end();
      expect([argv, code, err]).toEqual([argv, 0, ""]);
      expect(out).not.toMatch(/unknown command|--file|--no-comment/);
    }
    const status = await run("status", "--json").end();
    expect([status.code, status.err]).toEqual([0, ""]);
    expect(status.out.trim().split("\n")).toHaveLength(1);
    expect(JSON.parse(status.out)).toMatchObject({
      advanced_features: false,
      v2_ready: false,
      selectors: {},
      rpc_methods: expect.arrayContaining(["send", "chats.list"]),
      message: "The Mac is connected.",
    });
    const probe = run("rpc", "--json", "--db", "/nowhere/chat.db");
    probe.ask(1, "chats.list", { limit: 1 });
    expect(await probe.end()).toEqual({
      code: 0,
      signal: null,
      out: `${JSON.stringify({ jsonrpc: "2.0", id: 1, result: { chats: [CHAT] } })}\n`,
      err: "",
    });

    const watch = run("rpc", "--json");
    watch.ask(1, "watch.subscribe", { attachments: true, include_reactions: true });
    expect(await watch.answer(1)).toEqual({ jsonrpc: "2.0", id: 1, result: { subscription: 1 } });
    const message = inbound(1);
    relay.emit(message);
    expect(await watch.find((line) => line["method"] === "message")).toEqual({
      jsonrpc: "2.0",
      method: "message",
      params: { subscription: 1, message },
    });

    const reply = run("rpc", "--json");
    reply.ask(1, "send", SEND);
    expect(await reply.answer(1)).toEqual({
      jsonrpc: "2.0",
      id: 1,
      result: { ok: true, id: 2, guid: "GUID-2" },
    });
    expect(await reply.end()).toMatchObject({ code: 0, err: "" });
    expect(relay.effects.map(({ params }) => params)).toEqual([SEND]);

    watch.ask(2, "watch.unsubscribe", { subscription: 1 });
    expect(await watch.answer(2)).toMatchObject({ result: { ok: true } });
    const stopped = performance.now();
    expect(await watch.end()).toMatchObject({ code: 0, signal: null, err: "" });
    expect(performance.now() - stopped).toBeLessThan(500);
  });

  test("`reply_to requires bridge transport` reaches it word for word, and the send without it follows", async () => {
    relay.script = ({ params }) => ("reply_to" in params ? bridgeNeeded : { result: { ok: true } });
    const reply = run("rpc", "--json");
    reply.ask(1, "send", SEND);
    expect(await reply.answer(1)).toMatchObject({ error: { data: "reply_to requires bridge transport" } });
    const { reply_to: _, ...plain } = SEND;
    reply.ask(2, "send", plain);
    expect(await reply.answer(2)).toMatchObject({ result: { ok: true } });
  });

  test("RPC4 the Mac away: a send says not_started and retry_safe, which the gateway retries", async () => {
    relay.script = () => agentOffline;
    const reply = run("rpc", "--json");
    reply.ask(1, "send", SEND);
    expect(await reply.answer(1)).toMatchObject({
      error: { code: -32054, data: { disposition: "not_started", retry_safe: true } },
    });
  });

  test("the relay away: the channel starts all the same, and messages come when it is back", async () => {
    relay.script = () => ({ result: { chats: [CHAT] } });
    const before = run("rpc", "--json");
    before.ask(1, "chats.list", { limit: 1 });
    await before.answer(1);
    await before.end();
    await run("status", "--json").end();
    await relay.away();

    const probe = run("rpc", "--json");
    probe.ask(1, "chats.list", { limit: 1 });
    expect((await probe.answer(1))["result"]).toMatchObject({ chats: [CHAT], stale: true });
    await probe.end();
    const status = await run("status", "--json").end();
    expect(status.code).toBe(0);
    expect(JSON.parse(status.out)).toMatchObject({
      stale: true,
      agent: { state: "online" },
      relay: { reachable: false },
    });

    const watch = run("rpc", "--json");
    watch.ask(1, "watch.subscribe", { attachments: true, include_reactions: true, since_rowid: 4 });
    expect(await watch.answer(1)).toMatchObject({ result: { subscription: 1 } });
    relay.emit(inbound(5));
    await relay.listen();
    expect(await watch.find((line) => line["method"] === "message")).toMatchObject({
      params: { message: { id: 5 } },
    });
  });

  test("RPC12 it outlives a lost link: the process stays and nothing is lost or doubled", async () => {
    const watch = run("rpc", "--json");
    watch.ask(1, "watch.subscribe", { attachments: true });
    await watch.answer(1);
    relay.emit(inbound(1));
    await watch.find((line) => line["method"] === "message");
    relay.drop();
    await relay.until(() => relay.sockets === 0);
    relay.emit(inbound(2));
    await watch.find((line) => JSON.stringify(line).includes("GUID-2"));
    relay.emit(inbound(3));
    await watch.find((line) => JSON.stringify(line).includes("GUID-3"));
    expect(watch.messages).toHaveLength(3);
    expect(watch.err).toBe("");
  });

  test("RPC14 a row that an outage of ours delayed comes without its date, and status counts what came too late", async () => {
    const watch = run("rpc", "--json");
    watch.ask(1, "watch.subscribe", { attachments: true });
    await watch.answer(1);
    const old = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();
    relay.emit(inbound(1, { created_at: old(30) }), true);
    relay.emit(inbound(2, { created_at: old(30) }), false);
    const tooOld = old(300);
    relay.emit(inbound(3, { created_at: tooOld }), true);
    await watch.find((line) => JSON.stringify(line).includes("GUID-3"));
    const dates = watch.messages.map((line) => {
      const { message } = line["params"] as { message: { created_at: string | null } };
      return message.created_at;
    });
    expect(dates).toEqual([null, expect.any(String), tooOld]);
    await watch.end();
    expect(JSON.parse((await run("status", "--json").end()).out)).toMatchObject({
      late: { undated: 1, too_old: 1 },
    });
  });

  test("a message with attachments comes without paths, with one line on stderr", async () => {
    const watch = run("rpc", "--json");
    watch.ask(1, "watch.subscribe", { attachments: true });
    await watch.answer(1);
    relay.emit(
      inbound(1, {
        attachments: [{ original_path: "/Users/a/x.png", mime_type: "image/png", missing: false }],
      }),
    );
    expect(await watch.find((line) => line["method"] === "message")).toMatchObject({
      params: { message: { attachments: [{ original_path: "", mime_type: "image/png", missing: true }] } },
    });
    await watch.errorLine("its attachments are not on the Mac");
    expect(watch.err.trim().split("\n")).toHaveLength(1);
  });

  test("input may be cut anywhere, may hold blank lines and nonsense, and needs no last line feed", async () => {
    const program = run("rpc", "--json");
    const bytes = Buffer.from(
      `\n{"id":"é","method":"messages.history","params":{"q":"日本👋"}}\nnonsense\n{"id":2,"method":"chats.list"}`,
    );
    for (const byte of bytes) program.write(Buffer.from([byte]));
    const { code, err } = await program.end();
    expect([code, err]).toEqual([0, ""]);
    expect(program.lines).toEqual([
      { jsonrpc: "2.0", id: null, error: { code: -32700, message: "Parse error", data: "not valid JSON" } },
      { jsonrpc: "2.0", id: "é", result: { ok: true } },
      { jsonrpc: "2.0", id: 2, result: { ok: true } },
    ]);
    expect(relay.calls[0]?.params).toEqual({ q: "日本👋" });
  });
});

describe("commands of imsg's that are not there", () => {
  test.each([
    [["tapback", "--chat", "G", "--message", "M", "--kind", "love", "--part", "0", "--json"]],
    [["send-rich", "--chat", "G", "--text", "T", "--part", "0", "--json"]],
    [["poll", "send", "--chat", "G", "--question", "Q", "--option", "A", "--json"]],
    [["edit", "--chat", "G", "--message", "M", "--new-text", "T", "--json"]],
    [["unsend", "--chat", "G", "--message", "M", "--json"]],
    [["chat-name", "--chat", "G", "--name", "N", "--json"]],
    [["chat-leave", "--chat", "G", "--json"]],
    [["launch", "--json"]],
  ])(
    "%j fails in one clear sentence, and says nothing that gateways take for a reason to do it by another way",
    async (argv) => {
      const { code, out, err } = await run(...argv).end();
      expect(code).not.toBe(0);
      const said = JSON.parse(out) as { success: boolean; error: string };
      expect(said.success).toBe(false);
      expect(`${out}${err}`).not.toMatch(
        /Timed out waiting for response|private api bridge|run imsg launch|unknown command/i,
      );
      expect(relay.requests).toEqual([]);
    },
  );
});
