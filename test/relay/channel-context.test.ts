import { describe, expect, it } from "vitest";
import { row, unjoined } from "./support/agent.ts";
import { alone, channel, configure, messages, OPEN, reasons } from "./support/channel.ts";
import type { Json } from "./support/http.ts";
import { evict, inside } from "./support/object.ts";

const GROUP = { chat_id: 2, chat_guid: "iMessage;+;chat7", chat_identifier: "chat7", is_group: true };
const MENTIONED = { ...OPEN, mentionPatterns: ["@bot"], groups: { "*": {} } };

const said = (id: number, text: string, change: Json = {}): Json => row(id, { ...GROUP, text, ...change });

/** Texts of a shown message's context. */
const contextOf = (event: { data: Json } | undefined): unknown[] =>
  ((event?.data["context"] ?? []) as { text: string }[]).map(({ text }) => text);

describe("context of a mention", () => {
  it("POL15 what did not mention the bot is shown with the next that does, oldest first, and only once", async () => {
    const bot = await channel(MENTIONED);
    await bot.agent.show([
      said(1, "one", { sender_name: "Ann" }),
      said(2, "two", { sender: "+1 (555) 000-2" }),
      said(3, "hey @BOT"),
      said(4, "three"),
      said(5, "@bot again"),
    ]);
    const [first, second, ...more] = await messages(bot);
    expect(more).toEqual([]);
    expect(first?.data).toMatchObject({
      mentioned: true,
      chat_type: "group",
      session_key: "imessage:group:+;chat7",
      reply_to: "chat_guid:any;+;chat7",
      context_missing: 0,
    });
    expect(first?.data["context"]).toEqual([
      {
        id: expect.stringMatching(/\.\d+$/),
        guid: "G-1",
        sender: "+15550001",
        sender_name: "Ann",
        text: "one",
        created_at: expect.any(String),
      },
      expect.objectContaining({ guid: "G-2", sender: "+15550002", sender_name: null, text: "two" }),
    ]);
    expect(contextOf(second)).toEqual(["three"]);
    expect(await reasons(bot)).toMatchObject({ "G-1": "hold no_mention", "G-3": "show allowed" });
  });

  it("POL15 at most historyLimit are kept, the newest; it outlives evictions, and other chats have their own", async () => {
    const bot = await channel({ ...MENTIONED, historyLimit: 3 });
    const other = { chat_id: 3, chat_guid: "iMessage;+;chat8", chat_identifier: "chat8" };
    for (let at = 1; at <= 5; at += 1) {
      await bot.agent.show([said(at, `t${at}`)]);
      await evict(bot.account);
    }
    await bot.agent.show([said(6, "elsewhere", other), said(7, "@bot here"), said(8, "@bot there", other)]);
    expect((await messages(bot)).map(contextOf)).toEqual([["t3", "t4", "t5"], ["elsewhere"]]);
    await evict(bot.account);
    await bot.agent.show([said(9, "@bot more")]);
    expect(contextOf((await messages(bot)).at(-1))).toEqual([]);
  });

  it("POL15 with historyLimit 0 nothing is kept, and nothing that was kept before is shown", async () => {
    const bot = await alone(MENTIONED);
    await bot.agent.show([said(1, "before")]);
    await configure(bot.account, { ...MENTIONED, historyLimit: 0 });
    await bot.agent.show([said(2, "after"), said(3, "@bot hello")]);
    expect((await messages(bot)).map(contextOf)).toEqual([[]]);
    expect(await reasons(bot)).toMatchObject({ "G-1": "hold no_mention", "G-2": "drop no_mention" });
  });

  it("POL15 what the account itself wrote, a tapback, or a dropped message neither is nor ends context", async () => {
    const bot = await channel({
      ...MENTIONED,
      groupPolicy: "allowlist",
      groupAllowFrom: ["+15550001"],
      reactionNotifications: "all",
    });
    await bot.agent.show([
      said(1, "one"),
      said(2, "own", { is_from_me: true }),
      said(3, "Liked “x”", { is_reaction: true, reacted_to_guid: "G-2" }),
      said(4, "stranger", { sender: "+15559999" }),
      said(5, "@bot hello"),
    ]);
    const shown = await messages(bot);
    expect(shown.map(({ data }) => data.message["guid"])).toEqual(["G-2", "G-3", "G-5"]);
    expect(shown.map(contextOf)).toEqual([[], [], ["one"]]);
  });

  it("POL15 context that is not in the log any more is counted as missing", async () => {
    const bot = await channel(MENTIONED);
    await bot.agent.show([said(1, "one"), said(2, "two"), said(3, "@bot hello")]);
    await inside(bot.account, (_, { storage }) =>
      storage.sql.exec("DELETE FROM event WHERE dedupe_key LIKE 'msg:G-1:%'"),
    );
    await evict(bot.account);
    const [event] = await messages(bot);
    expect([contextOf(event), event?.data["context_missing"]]).toEqual([["two"], 1]);
  });

  it("POL15 a repaired row is held, or takes the context, like any other", async () => {
    const bot = await channel(MENTIONED);
    await bot.agent.show([unjoined(1), said(2, "two"), unjoined(3)]);
    await bot.agent.show([said(1, "late"), said(3, "@bot hello")]);
    const [event, ...more] = await messages(bot);
    expect(more).toEqual([]);
    expect([event?.kind, contextOf(event)]).toEqual(["message.repaired", ["two", "late"]]);
  });
});
