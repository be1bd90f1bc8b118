import { afterEach, describe, expect, it, vi } from "vitest";
import { Agent, row, unjoined } from "./support/agent.ts";
import { Gateway } from "./support/gateway.ts";
import { statusOf, type Json } from "./support/http.ts";
import { freeze, logOf, pass } from "./support/object.ts";
import { mac, scene } from "./support/scene.ts";

afterEach(() => void vi.useRealTimers());

const DAY = 86_400_000;
const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();
const rowsOf = async (account: Parameters<typeof logOf>[0]): Promise<unknown[]> =>
  (await logOf(account)).filter(({ rowid }) => rowid !== null).map(({ kind, rowid }) => [kind, rowid]);

describe("log", () => {
  it("LOG1 seq rises by one without gaps over every kind of event", async () => {
    const { account, agent } = await scene();
    await agent.show([row(1), row(1), row(2)]);
    await Agent.connect(account);
    expect((await logOf(account)).map(({ seq, kind }) => `${seq} ${kind}`)).toEqual([
      "1 account.online",
      "2 message.received",
      "3 message.received",
      "4 account.offline",
      "5 account.online",
    ]);
    expect(await statusOf(account)).toMatchObject({ log: { last_seq: 5 } });
  });

  it("LOG1 ids are <log>.<seq>, and every account's log has another name", async () => {
    const { account, agent } = await scene();
    const gateway = await Gateway.connect(account, { v1: true });
    await gateway.subscribe();
    await agent.show([row(1)]);
    const { log } = (await statusOf(account)) as { log: { id: string; last_seq: number } };
    expect((await gateway.message()).relay).toMatchObject({ id: `${log.id}.${log.last_seq}` });
    expect(((await statusOf(await mac())) as { log: { id: string } }).log.id).not.toBe(log.id);
  });

  it.each<[string, Json[], unknown[]]>([
    ["a row shown twice is logged once", [row(1), row(1)], [["message.received", 1]]],
    [
      "any;, iMessage; and SMS; are one chat",
      [row(1), row(1, { chat_guid: "SMS;-;+15550001" }), row(1, { chat_guid: "any;-;+15550001" })],
      [["message.received", 1]],
    ],
    [
      "a message joined to two chats is two events",
      [row(1), row(1, { chat_guid: "iMessage;+;chat2", chat_id: 2 })],
      [
        ["message.received", 1],
        ["message.received", 1],
      ],
    ],
    [
      "an unanchored row that is later seen in its chat is repaired",
      [unjoined(1), row(2), row(1)],
      [
        ["message.received", 1],
        ["message.received", 2],
        ["message.repaired", 1],
      ],
    ],
    ["an unanchored row is logged once", [unjoined(1), unjoined(1)], [["message.received", 1]]],
    ["a row in its chat is not logged again without it", [row(1), unjoined(1)], [["message.received", 1]]],
    [
      "a repair is logged once",
      [unjoined(1), row(1), row(1), unjoined(1)],
      [
        ["message.received", 1],
        ["message.repaired", 1],
      ],
    ],
    [
      "own rows and tapbacks have their own kinds",
      [row(1, { is_from_me: true }), row(2, { is_reaction: true, is_from_me: true })],
      [
        ["message.sent", 1],
        ["message.reaction", 2],
      ],
    ],
    ["a row without a guid is passed over", [row(1, { guid: "" }), row(2)], [["message.received", 2]]],
    [
      "a guid that begins like another is another",
      [row(1, { guid: "A" }), row(2, { guid: "AB" }), row(3, { guid: "A:B" })],
      [
        ["message.received", 1],
        ["message.received", 2],
        ["message.received", 3],
      ],
    ],
  ])("LOG3 %s", async (_, rows, expected) => {
    const account = await mac();
    await (await Agent.connect(account)).show(rows);
    expect(await rowsOf(account)).toEqual(expected);
  });

  it("LOG3 holds over frames and links, and a repair names the event it repairs", async () => {
    const account = await mac();
    await (await Agent.connect(account)).show([unjoined(1)]);
    await (await Agent.connect(account)).show([row(1)]);
    await (await Agent.connect(account)).show([row(1)]);
    const log = await logOf(account);
    const [first, repair] = log.filter(({ rowid }) => rowid === 1);
    const {
      log: { id },
    } = (await statusOf(account)) as { log: { id: string } };
    expect(JSON.parse(repair?.body ?? "")).toMatchObject({
      previous: `${id}.${first?.seq}`,
      message: { chat_id: 1 },
    });
    expect(log.filter(({ rowid }) => rowid === 1)).toHaveLength(2);
  });

  it("LOG3 imsg's object is stored untouched", async () => {
    const account = await mac();
    const odd = row(1, { text: "ü\u0000\ud83d\ude00 \\u2028", later: { deep: [1, null] }, chat_name: 5 });
    await (await Agent.connect(account)).show([odd]);
    expect(JSON.parse((await logOf(account))[1]?.body ?? "")).toEqual({ message: odd });
  });

  it("LOG4 backfilled = over 24 h old, and over 10 min before the newest date logged before this link", async () => {
    freeze();
    const account = await mac();
    const newest = ago(2 * DAY);
    await (
      await Agent.connect(account)
    ).show([row(1, { created_at: newest }), row(2, { created_at: ago(3 * DAY) })]);
    const agent = await Agent.connect(account);
    await agent.show([
      row(3, { created_at: new Date(Date.parse(newest) - 600_001).toISOString() }),
      row(4, { created_at: new Date(Date.parse(newest) - 600_000).toISOString() }),
      row(5, { created_at: ago(DAY - 1_000) }),
      row(6, { created_at: ago(DAY + 1_000) }),
      row(7, { created_at: "no date" }),
    ]);
    const marks = (await logOf(account))
      .filter(({ rowid }) => rowid !== null)
      .map(({ rowid, backfilled }) => [rowid, backfilled]);
    expect(marks).toEqual([
      [1, 0],
      [2, 0],
      [3, 1],
      [4, 0],
      [5, 0],
      [6, 0],
      [7, 0],
    ]);
  });

  it("RPC14 delayed = logged within 60 s of its date, or the Mac was offline in between", async () => {
    freeze();
    const account = await mac();
    const first = await Agent.connect(account);
    const start = Date.now();
    const at = (seconds: number): Json => ({ created_at: new Date(start + seconds * 1_000).toISOString() });
    await first.show([row(1, at(0)), row(2, at(-60)), row(3, at(-61))]);
    await pass(account, 600_000);
    const gateway = await Gateway.connect(account, { v1: true });
    const second = await Agent.connect(account);
    await gateway.subscribe({ since_rowid: -1 });
    await second.show([row(4, at(300)), row(5, at(-59)), row(6, at(-3_600))]);
    const delayed = Array.from({ length: 6 }, async () => (await gateway.message()).relay?.["delayed"]);
    expect(await Promise.all(delayed)).toEqual([true, true, false, true, true, false]);
  });

  it("LOG5 a message that no row can hold is kept with the beginning of its text, and what is behind it too", async () => {
    const { agent, gateway } = await scene();
    await gateway.subscribe({ attachments: true });
    await agent.show([row(1, { text: "x".repeat(2_000_000), attachments: [{}] }), row(2)]);
    const { message } = await gateway.message();
    expect(message).toMatchObject({
      id: 1,
      guid: "G-1",
      chat_id: 1,
      truncated: true,
      attachments: [],
      sender: "+15550001",
    });
    expect(message["text"]).toBe("x".repeat(100_000));
    expect(await gateway.rows(1)).toEqual([2]);
  });

  it("LOG5 one that a row just holds is untouched", async () => {
    const { agent, gateway } = await scene();
    await gateway.subscribe();
    await agent.show([row(1, { text: "x".repeat(1_890_000) })]);
    expect((await gateway.message()).message["text"]).toHaveLength(1_890_000);
  });
});
