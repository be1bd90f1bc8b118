// I6: what looks like the row of a send, and is not, or may be another's, proves nothing (SEND6).
import { describe, expect, it, vi } from "vitest";
import { Agent } from "./support/agent.ts";
import { alone, bot, channel, OPEN, post, type Bot, type Channel } from "./support/channel.ts";
import { Gateway } from "./support/gateway.ts";
import type { Json } from "./support/http.ts";
import { evict, freeze, inside, pass } from "./support/object.ts";
import { operation, operations, ownRow, told } from "./support/operations.ts";
import { sent } from "./support/sending.ts";

const HELLO = { to: "+15550001", text: "hello" };
const UNKNOWN: Json = { error: { code: -32_603, message: "AppleScript failed" } };
/** An engine that does not say which message it made. */
const OK: Json = { result: { ok: true } };
/** "one two" becomes two messages. */
const SHORT = { ...OPEN, textChunkLimit: 5 };
const TWO = { to: "+15550001", text: "one two" };
const HOUR_MS = 3_600_000;

/** A send of which nobody knows; its operation. */
async function lost(of: Channel, body: Json = HELLO): Promise<string> {
  const { body: said } = await sent(of, body, UNKNOWN);
  expect(said).toMatchObject({ outcome: "unknown" });
  return String(said["operation"]);
}

const own = (id: number, text = "hello"): Json => ownRow(id, text, Date.now());
const many = (from: number, count: number): Json[] =>
  Array.from({ length: count }, (_, at) => own(from + at, `text ${from + at}`));

const outcomeOf = async (of: Bot, id: unknown): Promise<unknown> => (await operation(of, id))["outcome"];

describe("a message of several parts", () => {
  it("SEND6 the row of a part that went out without a name is nobody else's, while the next is under way", async () => {
    const of = await channel(SHORT);
    const id = await lost(of, { to: "+15550001", text: "one" });
    const response = post(of, TWO);
    of.agent.answer(await of.agent.call(), OK);
    const second = await of.agent.call();
    await of.agent.sock.next();
    await of.agent.show([own(1, "one")]);
    expect(await outcomeOf(of, id)).toBe("unknown");
    of.agent.answer(second, OK);
    await of.agent.sock.next();
    await of.agent.show([own(2, "two")]);
    // The one row may be either's.
    expect(await outcomeOf(of, id)).toBe("unknown");
    await of.agent.show([own(3, "one")]);
    expect(await operation(of, id)).toMatchObject({ outcome: "sent", guid: "G-1" });
    expect(await operation(of, second["operation"]?.toString().split(".")[0])).toMatchObject({
      guids: ["G-3", "G-2"],
    });
    await response;
  });

  it("SEND6 a part is looked for among the rows since it was given itself, not the one before it", async () => {
    freeze();
    const of = await channel(SHORT);
    const response = post(of, TWO);
    const first = await of.agent.call();
    await pass(of.account, 10_000);
    // Typed by its owner before that part was begun.
    await of.agent.show([own(1, "two")]);
    await pass(of.account, 10_000);
    of.agent.answer(first, { result: { guid: "S-1" } });
    of.agent.answer(await of.agent.call(), UNKNOWN);
    expect(await (await response).json()).toMatchObject({ outcome: "unknown", delivered: 1 });
    await of.agent.sock.next();
    await of.agent.sock.next();
    await evict(of.account);
    await of.agent.show([own(2, "two")]);
    const [event] = (await told(of, "message.outcome")).slice(-1);
    expect(event).toMatchObject({ outcome: "sent", guids: ["S-1", "G-2"] });
  });
});

describe("what was forgotten", () => {
  it("SEND6 of two rows that could be its own, one is forgotten: the other is no proof now", async () => {
    const of = await channel();
    const id = await lost(of);
    await of.agent.show([own(1), own(2)]);
    await of.agent.show(many(10, 499));
    await of.agent.show(many(509, 500));
    expect(await outcomeOf(of, id)).toBe("unknown");
    await evict(of.account);
    await of.agent.show(many(2_000, 1));
    expect(await outcomeOf(of, id)).toBe("unknown");
  });

  it("SEND6 of two sends that one row could be of, one is forgotten after a day: it is not the other's now", async () => {
    freeze();
    const of = await bot();
    const connect = async (): Promise<Channel> => ({ ...of, agent: await Agent.connect(of.account) });
    // The first clearing comes 25 h after this one.
    await lost(await connect(), { to: "+15550009", text: "earlier" });
    await pass(of.account, HOUR_MS - 30_000);
    await lost(await connect());
    await pass(of.account, 60_000);
    const late = await connect();
    const id = await lost(late);
    await late.agent.show([own(1)]);
    expect(await outcomeOf(of, id)).toBe("unknown");
    await pass(of.account, 24 * HOUR_MS - 30_000);
    await inside(of.account, (object) => object.alarm());
    await evict(of.account);
    expect(await operations(of)).toHaveLength(1);
    await (await connect()).agent.show([own(2, "another")]);
    expect(await outcomeOf(of, id)).toBe("unknown");
  });
});

describe("what stands in the way", () => {
  it("SEND6 LOG7 the row that was logged without its text may have been the one", async () => {
    const of = await alone({ dmPolicy: "disabled" });
    void post(of, HELLO);
    const given = await of.agent.call();
    await of.agent.show([own(1)]);
    await evict(of.account);
    of.agent.answer(given, UNKNOWN);
    await of.agent.sock.next();
    await of.agent.show([own(2)]);
    expect(await operation(of, given["operation"])).toMatchObject({ outcome: "unknown", guid: null });
  });

  it("SEND6 a send under way to a chat that nobody can name yet may be the one", async () => {
    const of = await channel();
    const id = await lost(of);
    const gateway = await Gateway.connect(of.account);
    gateway.request("send", { chat_id: 1, text: "hello" });
    const call = await of.agent.call();
    await of.agent.show([own(1)]);
    expect(await outcomeOf(of, id)).toBe("unknown");
    of.agent.answer(call, { result: { guid: "G-1" } });
    await of.agent.sock.next();
    await of.agent.show([own(2)]);
    expect(await operation(of, id)).toMatchObject({ outcome: "sent", guid: "G-2" });
  });

  it("SEND6 so does one whose outcome is not known; of that itself it is final", async () => {
    const of = await channel();
    const gateway = await Gateway.connect(of.account);
    gateway.request("send", { chat_id: 1, text: "hello" });
    const { operation: nowhere } = await of.agent.run(UNKNOWN);
    const id = await lost(of);
    await of.agent.show([own(1)]);
    expect(await operation(of, nowhere)).toMatchObject({ outcome: "unknown", final: true });
    expect(await operation(of, id)).toMatchObject({ outcome: "unknown", final: false });
    await evict(of.account);
    await of.agent.show([own(2, "another")]);
    expect(await outcomeOf(of, id)).toBe("unknown");
  });

  it("SEND6 an edit makes no row: one of the same text is not its own", async () => {
    const of = await channel();
    const gateway = await Gateway.connect(of.account);
    const chat_guid = "iMessage;-;+15550001";
    gateway.request("message.edit", { chat_guid, message_id: "G-0", text: "hello" });
    const { operation: edit } = await of.agent.run(UNKNOWN);
    await of.agent.show([own(1)]);
    expect(await operation(of, edit)).toMatchObject({ outcome: "unknown", final: true, guid: null });
  });
});

describe("what it costs", () => {
  it("SEND6 with a thousand own messages since an unknown send, one more reads neither them nor the sends again", async () => {
    const of = await channel();
    await lost(of);
    await of.agent.show(many(10, 500));
    await of.agent.show(many(510, 500));
    await inside(of.account, (_, { storage }) => {
      storage.sql.exec(
        `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
         INSERT INTO operation (id, request_hash, method, journal, created_at, deadline, turn, settled_at, outcome, answer)
         SELECT 'x' || i, '', 'send', 'j', ?1, 0, 0, ?1, 'sent', '{"result":{}}' FROM n`,
        Date.now(),
      );
    });
    let read = 0;
    await inside(of.account, (_, { storage }) => {
      const exec = storage.sql.exec.bind(storage.sql);
      vi.spyOn(storage.sql, "exec").mockImplementation((...asked: Parameters<typeof exec>) => {
        const cursor = exec(...asked);
        const rows = cursor.toArray();
        read += cursor.rowsRead;
        return { toArray: () => rows } as ReturnType<typeof exec>;
      });
    });
    await of.agent.show(many(2_000, 1));
    vi.restoreAllMocks();
    expect(read).toBeLessThan(50);
  });
});
