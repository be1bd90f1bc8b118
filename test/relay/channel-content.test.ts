import { describe, expect, it } from "vitest";
import { Agent, row } from "./support/agent.ts";
import {
  alone,
  channel,
  configure,
  messages,
  OPEN,
  post,
  reasons,
  rows,
  shownGuids,
  type Channel,
} from "./support/channel.ts";
import { Gateway } from "./support/gateway.ts";
import type { Json } from "./support/http.ts";
import { evict } from "./support/object.ts";
import { Reader } from "./support/readers.ts";

const GROUP = { chat_id: 2, chat_guid: "iMessage;+;chat7", chat_identifier: "chat7", is_group: true };
const MENTIONED = { ...OPEN, mentionPatterns: ["@bot"], groups: { "*": {} } };

const said = (id: number, text: string, change: Json = {}): Json => row(id, { ...GROUP, text, ...change });

describe("own messages", () => {
  it("EVT1 via says relay for what was sent through it, mac for what was typed there", async () => {
    const bot = await channel();
    const sent = post(bot, { to: "+15550001", text: "from us" });
    await bot.agent.run({ result: { guid: "OWN-1" } });
    await sent;
    await bot.agent.show([
      row(1, { guid: "OWN-1", is_from_me: true, text: "from us" }),
      row(2, { is_from_me: true, text: "typed" }),
    ]);
    await evict(bot.account);
    await bot.agent.show([row(3, { guid: "OWN-1", chat_guid: "iMessage;+;chat7", is_from_me: true })]);
    expect((await messages(bot)).map(({ kind, data }) => [kind, data["via"]])).toEqual([
      ["message.sent", "relay"],
      ["message.sent", "mac"],
      ["message.sent", "relay"],
    ]);
  });

  it("POL13 an echo is dropped by its guid, whoever sent it; without a guid by its text, for 4 s, in its own chat", async () => {
    const bot = await channel();
    const gateway = await Gateway.connect(bot.account);
    for (const [text, result] of [
      ["by guid", { guid: "E-1" }],
      ["by text", { ok: true }],
    ] as const) {
      gateway.request("send", { to: "+1 555 0001", text });
      await bot.agent.run({ result });
    }
    const at = (ms: number): string => new Date(Date.now() + ms).toISOString();
    const echoes = [
      row(1, { guid: "E-1", text: "anything" }),
      row(2, { text: "by text" }),
      row(3, { text: "  by text\r\n".replace("\r\n", "\n") }),
      row(4, { text: "by text", created_at: at(60_000) }),
      row(5, { text: "by text", created_at: at(-60_000) }),
      row(6, {
        text: "by text",
        chat_guid: "iMessage;-;+15550002",
        chat_identifier: "+15550002",
        sender: "+15550002",
      }),
      row(7, { text: "by guid", destination_caller_id: "+15550099" }),
    ];
    await bot.agent.show(echoes.slice(0, 1));
    await evict(bot.account);
    await bot.agent.show(echoes.slice(1));
    const all = await reasons(bot);
    expect([all["E-1"], all["G-2"], all["G-3"]]).toEqual(["drop echo", "drop echo", "drop echo"]);
    expect(await shownGuids(bot)).toEqual(["G-4", "G-5", "G-6", "G-7"]);
  });

  it("POL13 what came back under a guid is known by that alone: the same text from the other side is a message", async () => {
    const bot = await channel();
    const sent = post(bot, { to: "+15550001", text: "ok" });
    await bot.agent.run({ result: { guid: "E-1" } });
    await sent;
    await bot.agent.show([row(1, { text: "ok", destination_caller_id: "+15550099" })]);
    expect(await reasons(bot)).toEqual({ "G-1": "show allowed" });
  });

  it("POL13 what was refused before it was handed to Messages has no echo", async () => {
    const bot = await channel();
    const refused = post(bot, { to: "+15550001", text: "yes" });
    await bot.agent.run({ error: { code: -32_043, message: "no", data: { disposition: "not_started" } } });
    expect((await refused).status).toBe(403);
    await bot.agent.show([row(1, { text: "yes" })]);
    await evict(bot.account);
    await bot.agent.show([row(2, { text: "yes" })]);
    expect(await shownGuids(bot)).toEqual(["G-1", "G-2"]);
  });

  it("POL10 of a note to self the second row is dropped, and what the relay sent there; the first is a message", async () => {
    const bot = await channel({ ...OPEN, dmPolicy: "allowlist", allowFrom: ["+15550001"] });
    const self = { destination_caller_id: "+15550001", created_at: new Date().toISOString(), text: "note" };
    await bot.agent.show([row(1, { ...self, is_from_me: true }), row(2, self)]);
    const sent = post(bot, { to: "+15550001", text: "answer" });
    await bot.agent.run({ result: { guid: "A-1" } });
    await sent;
    const answer = { ...self, text: "answer", created_at: new Date().toISOString() };
    await bot.agent.show([row(3, { ...answer, guid: "A-1", is_from_me: true }), row(4, answer)]);
    const [note, ...more] = await messages(bot);
    expect(more).toEqual([]);
    expect(note).toMatchObject({
      kind: "message.received",
      data: { self_chat: true, via: null, message: { guid: "G-1" }, reply_to: "chat_guid:any;-;+15550001" },
    });
    expect(await reasons(bot)).toEqual({
      "G-1": "show allowed",
      "G-2": "drop twin",
      "A-1": "drop echo",
      "G-4": expect.stringMatching(/^drop (echo|twin)$/),
    });
  });
});

describe("tapbacks and attachments", () => {
  const tapback = (id: number, on: string): Json =>
    row(id, { is_reaction: true, text: "Liked “x”", reacted_to_guid: on });

  it("POL11 reactionNotifications own, all, off: on messages of ours, on every one, on none", async () => {
    const bot = await alone();
    const sent = post(bot, { to: "+15550001", text: "x" });
    await bot.agent.run({ result: { guid: "OWN-1" } });
    await sent;
    await bot.agent.show([row(1), row(2, { is_from_me: true })]);
    await bot.agent.show([tapback(3, "G-1"), tapback(4, "G-2"), tapback(5, "OWN-1")]);
    await configure(bot.account, { ...OPEN, reactionNotifications: "all" });
    await bot.agent.show([tapback(6, "G-1"), tapback(7, "unknown")]);
    await configure(bot.account, { ...OPEN, reactionNotifications: "off" });
    await evict(bot.account);
    await bot.agent.show([tapback(8, "G-2")]);
    expect(await reasons(bot)).toMatchObject({
      "G-3": "drop reaction_elsewhere",
      "G-4": "show reaction",
      "G-5": "show reaction",
      "G-6": "show reaction",
      "G-7": "show reaction",
      "G-8": "drop reactions_off",
    });
    expect((await messages(bot)).filter(({ kind }) => kind === "message.reaction")).toHaveLength(4);
  });

  it("EVT1 POL12 attachments are shown with includeAttachments only; a message of nothing else is empty without it", async () => {
    const bot = await alone();
    const attachments = [{ original_path: "/a/b.png", mime_type: "image/png", total_bytes: 5 }];
    await bot.agent.show([row(1, { attachments }), row(2, { attachments, text: "\uFFFC" })]);
    await configure(bot.account, { ...OPEN, includeAttachments: true });
    await bot.agent.show([row(3, { attachments, text: "\uFFFC" }), row(4, { text: " " })]);
    expect(await reasons(bot)).toMatchObject({
      "G-2": "drop empty",
      "G-3": "show allowed",
      "G-4": "drop empty",
    });
    const seen = await messages(bot);
    expect(seen.map(({ data }) => data.message["guid"])).toEqual(["G-1", "G-3"]);
    expect(seen.at(-1)?.data.message["attachments"]).toMatchObject([
      { name: "b.png", mime_type: "image/png", size: 5 },
    ]);
    await configure(bot.account, OPEN);
    expect((await messages(bot)).map(({ data }) => data.message["attachments"])).toEqual([[], []]);
  });
});

describe("what a message answers to", () => {
  const reply = (id: number, to: string, change: Json = {}): Json =>
    row(id, { reply_to_guid: to, ...change });
  const quotes = async (bot: Channel): Promise<unknown[]> =>
    (await messages(bot)).map(({ data }) => data["quoted"]);

  it("EVT1 quoted is what Messages says, else what the log has of that chat; thread_originator_guid counts first", async () => {
    const bot = await channel();
    await bot.agent.show([
      row(1, { text: "first" }),
      reply(2, "G-1"),
      reply(3, "G-1", { thread_originator_guid: "G-2", text: "third" }),
      reply(4, "G-1", { reply_to_text: "as Messages has it", reply_to_sender: "+15550009" }),
      reply(5, "never seen"),
    ]);
    expect((await messages(bot)).map(({ data }) => data["reply_to_guid"])).toEqual([
      null,
      "G-1",
      "G-2",
      "G-1",
      "never seen",
    ]);
    expect(await quotes(bot)).toEqual([
      null,
      { guid: "G-1", text: "first", sender: "+15550001" },
      { guid: "G-2", text: "text 2", sender: "+15550001" },
      { guid: "G-1", text: "as Messages has it", sender: "+15550009" },
      { guid: "never seen", text: null, sender: null },
    ]);
  });

  it("EVT1 nothing is quoted out of another chat, or of what was not shown; of what is held it is", async () => {
    const bot = await channel({
      ...MENTIONED,
      dmPolicy: "allowlist",
      allowFrom: ["+15550001"],
      groupPolicy: "allowlist",
    });
    await Gateway.connect(bot.account);
    await bot.agent.show([
      row(1, { text: "private" }),
      said(2, "of a stranger", { sender: "+15559999" }),
      said(3, "held"),
      ...["G-1", "G-2", "G-3"].map((to, at) => said(4 + at, "@bot look", { reply_to_guid: to })),
      row(7, { reply_to_guid: "G-3" }),
    ]);
    expect(await quotes(bot)).toEqual([
      null,
      { guid: "G-1", text: null, sender: null },
      { guid: "G-2", text: null, sender: null },
      { guid: "G-3", text: "held", sender: "+15550001" },
      { guid: "G-3", text: null, sender: null },
    ]);
  });

  it("POL17 POL18 session_key follows dmScope; any;, iMessage; and SMS; are one conversation", async () => {
    const bot = await alone();
    const { account } = bot.account;
    const scopes = [
      ["main", "main"],
      ["per-peer", "direct:+15550001"],
      ["per-channel-peer", "imessage:direct:+15550001"],
      ["per-account-channel-peer", `imessage:${account}:direct:+15550001`],
    ] as const;
    for (const [at, [dmScope]] of scopes.entries()) {
      await configure(bot.account, { ...OPEN, dmScope });
      const service = ["any", "iMessage", "SMS", "RCS"][at];
      await bot.agent.show([row(at + 1, { chat_guid: `${service};-;+15550001` })]);
    }
    const seen = await messages(bot);
    expect(seen.map(({ data }) => data["session_key"])).toEqual(scopes.map(([, key]) => key));
    expect(new Set(seen.map(({ data, chat }) => `${String(data["reply_to"])} ${chat}`)).size).toBe(1);
  });
});

describe("after the Mac was away", () => {
  it("EVT1 delayed and backfilled say why a message is late", async () => {
    const bot = await channel();
    const reader = await Reader.open(bot, "after=tail&kinds=message.*");
    await bot.agent.show(rows(1, 1));
    bot.agent.sock.close();
    await bot.agent.sock.closed;
    const agent = await Agent.connect(bot.account);
    const ago = (hours: number): string => new Date(Date.now() - hours * 3_600_000).toISOString();
    await agent.show([row(2), row(3, { created_at: ago(48) }), row(4, { created_at: ago(1) })]);
    expect((await reader.take(4)).map(({ delayed, backfilled }) => [delayed, backfilled])).toEqual([
      [false, false],
      [false, false],
      [false, true],
      [false, false],
    ]);
  });
});
