import { describe, expect, it } from "vitest";
import { Agent, row } from "./support/agent.ts";
import { call, channel, guids, logName, OPEN, pages, poll, rows, type Shown } from "./support/channel.ts";
import { get, statusOf } from "./support/http.ts";
import { evict } from "./support/object.ts";
import { dataOf, Reader, Stream } from "./support/readers.ts";

describe("what an event is", () => {
  it("EVT1 a direct message says who wrote, where an answer goes, and is imsg's object untouched", async () => {
    const bot = await channel();
    const sent = row(7, { sender: "+1 (555) 000-1", sender_name: "Ann", odd: { deep: [1, null] } });
    await bot.agent.show([sent]);
    const [event] = (await poll(bot, "after=beginning&kinds=message.received")).events;
    const { account } = bot.account;
    expect(event).toEqual({
      id: `${await logName(bot)}.3`,
      kind: "message.received",
      account,
      logged_at: expect.any(Number),
      database: 0,
      rowid: 7,
      chat: "-;+15550001",
      delayed: false,
      backfilled: false,
      data: {
        message: sent,
        chat_type: "direct",
        chat_name: null,
        sender: "+15550001",
        sender_name: "Ann",
        session_key: "imessage:direct:+15550001",
        reply_to: "chat_guid:any;-;+15550001",
        reply_to_guid: null,
        quoted: null,
        mentioned: null,
        self_chat: false,
        via: null,
        context: [],
        context_missing: 0,
      },
    });
  });

  it("EVT1 chat_name is what the row says, else what the Mac noted of the chat, also after an eviction", async () => {
    const bot = await channel();
    const chats = [
      { id: 2, guid: "iMessage;+;g", display_name: "Family", name: "g" },
      { id: 1, guid: "iMessage;-;+15550001", contact_name: "Ann" },
    ];
    bot.agent.sock.send({ t: "note", kind: "chats", database: 0, chats });
    const group = { chat_guid: "any;+;g", is_group: true };
    await bot.agent.show([row(1, group), row(2), row(3, { ...group, chat_name: "Renamed" })]);
    const names = async (): Promise<unknown[]> =>
      (await poll(bot, "kinds=message.*")).events.map(({ data }) => data["chat_name"]);
    expect(await names()).toEqual(["Family", "Ann", "Renamed"]);
    await evict(bot.account);
    expect(await names()).toEqual(["Family", "Ann", "Renamed"]);
  });

  it("EVT1 events without a message carry their own data, and no chat", async () => {
    const bot = await channel();
    bot.agent.sock.close();
    await expect
      .poll(async () => (await poll(bot)).events.map(({ kind, data }) => [kind, data]))
      .toEqual([
        ["config.changed", { version: expect.any(Number), by: "operator" }],
        ["account.online", { install: bot.account.install, epoch: 1 }],
        ["account.offline", { reason: "closed", since: expect.any(Number) }],
      ]);
  });
});

describe("one log, many readers", () => {
  it("EVT2 the same events, ids and order through the long poll, the stream and the WebSocket", async () => {
    const bot = await channel({ ...OPEN, reactionNotifications: "all", includeAttachments: true });
    const early = await Reader.open(bot);
    const stream = await Stream.open(bot);
    await bot.agent.show([
      row(1, { text: "a\nb\r\nc \u2028 \u{1F600} ü" }),
      row(2, { is_from_me: true }),
      row(3, { is_reaction: true, reacted_to_guid: "G-1", text: "Liked “x”" }),
      row(4, { chat_guid: "iMessage;+;g", is_group: true, attachments: [{ mime_type: "image/png" }] }),
    ]);
    await get(200, "PATCH", `/v1/accounts/${bot.account.account}/config`, { body: { name: "again" } });
    await bot.agent.show(rows(5, 90));
    const late = await Reader.open(bot);
    const polled = (await pages(bot, "beginning", 7)).flat();
    expect(polled).toHaveLength(94);
    expect(polled.map(({ kind }) => kind).slice(0, 8)).toEqual([
      "config.changed",
      "config.changed",
      "account.online",
      "message.received",
      "message.sent",
      "message.reaction",
      "message.received",
      "config.changed",
    ]);
    expect(await early.take(94)).toEqual(polled);
    expect(await late.take(94)).toEqual(polled);
    const streamed = await stream.take(94);
    expect(streamed.map(dataOf)).toEqual(polled);
    expect(streamed.map(({ id, event }) => [id, event])).toEqual(polled.map(({ id, kind }) => [id, kind]));
    stream.close();
  });

  it("EVT2 whoever keeps the id of the last event dealt with goes on from there, at whichever door", async () => {
    const bot = await channel();
    await bot.agent.show(rows(1, 20));
    const all = (await poll(bot)).events;
    const from = all[10]?.id ?? "";
    const expected = all.slice(11);
    expect((await poll(bot, `after=${from}`)).events).toEqual(expected);
    expect(await (await Reader.open(bot, `after=${from}`)).take(expected.length)).toEqual(expected);
    const stream = await Stream.open(bot, `after=${from}`);
    expect((await stream.take(expected.length)).map(dataOf)).toEqual(expected);
    stream.close();
  });

  it("EVT2 events that come during an eviction of the object reach every open reader once, in order", async () => {
    const bot = await channel();
    const reader = await Reader.open(bot);
    const stream = await Stream.open(bot);
    for (let at = 1; at <= 4; at += 1) {
      await bot.agent.show([row(at)]);
      await evict(bot.account);
    }
    const all = (await poll(bot)).events;
    expect(await reader.take(all.length)).toEqual(all);
    expect((await stream.take(all.length)).map(dataOf)).toEqual(all);
    stream.close();
  });
});

describe("one log, many connections", () => {
  it("EVT2 events of before and after a reconnection of the Mac are one row of numbers", async () => {
    const bot = await channel();
    const reader = await Reader.open(bot, "after=tail");
    await Agent.connect(bot.account);
    const seqs = (await reader.take(2)).map(({ id, kind }) => [Number(id.split(".")[1]), kind]);
    expect(seqs).toEqual([
      [3, "account.offline"],
      [4, "account.online"],
    ]);
  });
});

describe("where a reader begins", () => {
  it("EVT3 absent: the beginning for the long poll, the tail for the streams", async () => {
    const bot = await channel();
    await bot.agent.show([row(1)]);
    expect((await poll(bot, "")).events).toHaveLength(3);
    const [reader, stream] = [await Reader.open(bot, ""), await Stream.open(bot, "")];
    await bot.agent.show([row(2)]);
    expect(guids([await reader.next()])).toEqual(["G-2"]);
    expect(guids((await stream.take(1)).map(dataOf))).toEqual(["G-2"]);
    stream.close();
  });

  it("EVT3 tail is the end of the log, beginning its start, an id is exclusive, one of the future the tail", async () => {
    const bot = await channel();
    await bot.agent.show(rows(1, 3));
    const log = await logName(bot);
    for (const [after, expected] of [
      ["tail", []],
      ["beginning", [1, 2, 3, 4, 5]],
      [`${log}.0`, [1, 2, 3, 4, 5]],
      [`${log}.3`, [4, 5]],
      [`${log}.5`, []],
      [`${log}.999`, []],
    ] as const) {
      expect(await poll(bot, `after=${after}`)).toEqual({
        events: expected.map((seq) => expect.objectContaining({ id: `${log}.${seq}` })),
        next: `${log}.5`,
        more: false,
      });
      const reader = await Reader.open(bot, `after=${after}`);
      expect(reader.ready).toEqual({ t: "ready", after: `${log}.${5 - expected.length}`, consumer: null });
    }
  });

  it("EVT4 a place in another log is a gap of unknown length, made for that reader alone, and then everything", async () => {
    const bot = await channel();
    await bot.agent.show([row(1)]);
    const log = await logName(bot);
    const gap = {
      id: `${log}.0`,
      kind: "gap",
      account: bot.account.account,
      logged_at: expect.any(Number),
      database: 0,
      rowid: null,
      chat: null,
      delayed: false,
      backfilled: false,
      data: { from: "other.77", to: `${log}.0`, count: null, why: "another_log" },
    };
    const all = (await poll(bot)).events;
    expect(await poll(bot, "after=other.77")).toEqual({
      events: [gap, ...all],
      next: `${log}.3`,
      more: false,
    });
    const reader = await Reader.open(bot, "after=other.77&kinds=message.received&chats=nobody");
    expect(reader.ready["after"]).toBe("other.77");
    const stream = await Stream.open(bot, "after=other.77");
    expect((await stream.take(4)).map(dataOf)).toEqual([gap, ...all]);
    expect(await reader.next()).toEqual(gap);
    await evict(bot.account);
    await bot.agent.show([row(2)]);
    expect(reader.waiting).toBe(0);
    expect(await poll(bot, `after=${log}.0`)).toMatchObject({ events: [{ id: `${log}.1` }, {}, {}, {}] });
    stream.close();
  });

  it("EVT3 what is no place is refused with 400 at every door", async () => {
    const bot = await channel();
    for (const after of [
      "",
      "0",
      "nonsense",
      "x.01",
      "x.-1",
      "x.1.2",
      "X.1",
      "x".repeat(101),
      "x.99999999999999999",
    ])
      expect(await call(400, bot, "GET", `events?after=${after}`)).toMatchObject({
        code: "invalid_request",
        detail: expect.stringContaining("after"),
      });
    await expect(Reader.open(bot, "after=nonsense")).rejects.toThrow("refused with 400");
    await expect(Stream.open(bot, "after=nonsense")).rejects.toThrow("refused with 400");
    await expect(Stream.open(bot, "after=tail", { "last-event-id": "nonsense" })).rejects.toThrow("400");
  });
});

describe("choosing", () => {
  const group = { chat_id: 2, chat_guid: "iMessage;+;g", chat_identifier: "g", is_group: true };
  const name = ({ kind, data }: Shown): unknown => data.message?.["guid"] ?? kind;

  it("EVT9 kinds, families and chats choose the same at every door; what has no chat passes chats", async () => {
    const bot = await channel({ ...OPEN, reactionNotifications: "all" });
    await bot.agent.show([
      row(1),
      row(2, group),
      row(3, { is_from_me: true }),
      row(4, { is_reaction: true, text: "Liked “x”", reacted_to_guid: "G-1" }),
    ]);
    const cases: [string, string[], string[]][] = [
      ["kinds=message.received", ["G-1", "G-2"], ["G-6"]],
      ["kinds=message.sent,message.reaction", ["G-3", "G-4"], ["G-5"]],
      ["kinds=message.*", ["G-1", "G-2", "G-3", "G-4"], ["G-5", "G-6"]],
      ["kinds=message.*,account.*", ["account.online", "G-1", "G-2", "G-3", "G-4"], ["G-5", "G-6"]],
      ["chats=%2B;g", ["config.changed", "config.changed", "account.online", "G-2"], ["G-5"]],
      ["chats=-;%2B15550001,%2B;g&kinds=message.received", ["G-1", "G-2"], ["G-6"]],
      ["kinds=message.*&chats=nobody", [], []],
    ];
    const open = cases.map(
      async ([query]) =>
        [
          await Reader.open(bot, `after=beginning&${query}`),
          await Stream.open(bot, `after=beginning&${query}`),
        ] as const,
    );
    const readers = await Promise.all(open);
    await evict(bot.account);
    await bot.agent.show([row(5, { ...group, is_from_me: true }), row(6)]);
    for (const [at, [query, before, after]] of cases.entries()) {
      const expected = [...before, ...after];
      expect((await poll(bot, `after=beginning&${query}`)).events.map(name)).toEqual(expected);
      expect((await readers[at]?.[0].take(expected.length))?.map(name)).toEqual(expected);
      expect((await readers[at]?.[1].take(expected.length))?.map((event) => name(dataOf(event)))).toEqual(
        expected,
      );
      expect(readers[at]?.[0].waiting).toBe(0);
      readers[at]?.[1].close();
    }
  });

  it("EVT9 unknown kinds and families, and more than 32 chats, are refused before anything is opened", async () => {
    const bot = await channel();
    const chats = Array.from({ length: 33 }, (_, at) => `c${at}`).join(",");
    for (const query of [
      "kinds=message",
      "kinds=message.received,nonsense",
      "kinds=gap.*",
      "kinds=*",
      `chats=${chats}`,
    ]) {
      expect(await call(400, bot, "GET", `events?${query}`)).toMatchObject({ code: "invalid_request" });
      await expect(Reader.open(bot, query)).rejects.toThrow("400");
    }
    expect((await poll(bot, `after=beginning&chats=${chats.slice(0, -4)}`)).events).toHaveLength(2);
    expect(await statusOf(bot.account)).toMatchObject({ readers: 0 });
  });
});
