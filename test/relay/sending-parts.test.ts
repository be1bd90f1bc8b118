// One request, several messages: in order, one after the other, and an honest word on how far they came.
import { describe, expect, it } from "vitest";
import { alone, channel, configure, OPEN, post, type Channel } from "./support/channel.ts";
import { ENGINE, Agent } from "./support/agent.ts";
import type { Json } from "./support/http.ts";
import { evict } from "./support/object.ts";
import { byKey, operation, operations, told } from "./support/operations.ts";
import { CHATS, noted, refused } from "./support/sending.ts";

const THREE = { to: "+15550001", text: "one two three" };
/** Four characters a message. */
const SHORT = { ...OPEN, textChunkLimit: 5 };
const SENT = (guid: string): Json => ({ result: { guid } });
const NOT_STARTED = { error: { code: -32_602, message: "Invalid params", data: "no such chat" } };
const UNKNOWN = { error: { code: -32_603, message: "AppleScript failed" } };

const textsOf = (calls: readonly Json[]): unknown[] => calls.map(({ params }) => (params as Json)["text"]);

const bodyOf = async (response: Promise<Response>): Promise<Json> => (await response).json();

describe("a text of several messages", () => {
  it("SEND2 each part is a call of its own, begun when the one before it was sent", async () => {
    const of = await channel(SHORT);
    const response = post(of, THREE, { "idempotency-key": "k" });
    const first = await of.agent.call();
    expect(await byKey(of, "k")).toMatchObject({ state: "open", delivered: 0, parts: 3, outcome: null });
    of.agent.answer(first, SENT("S-1"));
    const second = await of.agent.call();
    expect(second["operation"]).toBe(`${String(first["operation"])}.1`);
    expect((await of.agent.sock.next())["operations"]).toEqual([first["operation"]]);
    expect(await byKey(of, "k")).toMatchObject({ delivered: 1, guids: ["S-1"] });
    of.agent.answer(second, SENT("S-2"));
    const third = await of.agent.call();
    await of.agent.sock.next();
    of.agent.answer(third, SENT("S-3"));
    expect(textsOf([first, second, third])).toEqual(["one", "two", "three"]);
    expect(await bodyOf(response)).toMatchObject({
      operation: first["operation"],
      outcome: "sent",
      final: true,
      guid: "S-1",
      guids: ["S-1", "S-2", "S-3"],
      delivered: 3,
      parts: 3,
    });
  });

  it("SEND2 it stops at the first part that was not sent: partly_sent, with how many were", async () => {
    const of = await channel(SHORT);
    const response = post(of, THREE, { "idempotency-key": "k" });
    const [first, second] = await partly(of, NOT_STARTED);
    expect((await response).status).toBe(422);
    const expected = {
      code: "partly_sent",
      retryable: false,
      outcome: "not_sent",
      delivered: 1,
      parts: 3,
      operation: first?.["operation"],
    };
    expect(await bodyOf(response)).toMatchObject(expected);
    expect(textsOf([first ?? {}, second ?? {}])).toEqual(["one", "two"]);
    await evict(of.account);
    expect(await refused(of, THREE, { "idempotency-key": "k" })).toMatchObject([422, expected]);
    await of.agent.settled();
  });

  it("SEND2 I6 it stops at the first part of which nobody knows: unknown, never tried again", async () => {
    const of = await channel(SHORT);
    const response = post(of, THREE);
    await partly(of, UNKNOWN);
    expect((await response).status).toBe(202);
    expect(await bodyOf(response)).toMatchObject({
      outcome: "unknown",
      final: false,
      delivered: 1,
      parts: 3,
    });
    await of.agent.settled();
  });

  /** The first part goes, the second has that answer. */
  async function partly(of: Channel, answer: Json): Promise<Json[]> {
    const first = await of.agent.call();
    of.agent.answer(first, SENT("S-1"));
    const second = await of.agent.call();
    await of.agent.sock.next();
    of.agent.answer(second, answer);
    await of.agent.sock.next();
    return [first, second];
  }

  it("SEND2 LINK15 a link that breaks in between goes on with the part that is under way", async () => {
    const of = await channel(SHORT);
    // Its answer goes with the object that sleeps; its sender asks again.
    void post(of, THREE);
    of.agent.answer(await of.agent.call(), SENT("S-1"));
    const second = await of.agent.call();
    await evict(of.account);
    const back = await Agent.connect(of.account);
    const again = await back.call();
    expect(again["operation"]).toBe(second["operation"]);
    back.answer(again, SENT("S-2"));
    const third = await back.call();
    await back.sock.next();
    back.answer(third, SENT("S-3"));
    await back.sock.next();
    const [done] = await operations(of);
    expect(done).toMatchObject({ outcome: "sent", guids: ["S-1", "S-2", "S-3"] });
  });

  it("SEND2 a result of a part that is done changes nothing", async () => {
    const of = await channel(SHORT);
    void post(of, THREE);
    const first = await of.agent.call();
    of.agent.answer(first, SENT("S-1"));
    await of.agent.call();
    await of.agent.sock.next();
    of.agent.answer(first, SENT("S-9"));
    expect((await of.agent.sock.next())["operations"]).toEqual([first["operation"]]);
    expect(await operation(of, first["operation"])).toMatchObject({ guids: ["S-1"], state: "open" });
  });

  it("SEND2 more messages than may be made of one text are refused before anything is stored", async () => {
    const of = await channel({ ...OPEN, textChunkLimit: 1 });
    expect(await refused(of, { to: "+15550001", text: "ab ".repeat(60) })).toMatchObject([
      413,
      { code: "too_large", detail: expect.stringContaining("50") },
    ]);
    expect(await operations(of)).toEqual([]);
  });
});

describe("what is sent", () => {
  it("SEND1 responsePrefix stands before the first part, and not twice", async () => {
    const of = await alone();
    await configure(of.account, { ...SHORT, textChunkLimit: 12, responsePrefix: "[bot]" });
    const response = post(of, { to: "+15550001", text: "one two three" });
    const calls = [await of.agent.call()];
    of.agent.answer(calls[0] ?? {}, SENT("S-1"));
    calls.push(await of.agent.call());
    await of.agent.sock.next();
    of.agent.answer(calls[1] ?? {}, SENT("S-2"));
    await of.agent.sock.next();
    expect(textsOf(calls)).toEqual(["[bot] one", "two three"]);
    expect((await response).status).toBe(200);
  });

  it("SEND1 formatting goes as ranges where the engine takes them, else the plain text alone", async () => {
    const of = await channel();
    const bold = { to: "+15550001", text: "a **b** c" };
    void post(of, bold);
    expect((await of.agent.run(SENT("S-1")))["params"]).toEqual({
      to: "+15550001",
      text: "a b c",
      service: "auto",
      region: "US",
    });
    const agent = await Agent.connect(of.account, { engine: { ...ENGINE, bridge: true } });
    void post(of, bold);
    expect((await agent.run(SENT("S-2")))["params"]).toMatchObject({
      text: "a b c",
      text_formatting: [{ start: 2, length: 1, styles: ["bold"] }],
    });
    void post(of, { ...bold, format: "plain" });
    expect((await agent.run(SENT("S-3")))["params"]).toMatchObject({ text: "a **b** c" });
  });

  it("SEND1 [[reply_to:…]] in the text quotes where the engine can, and is never shown", async () => {
    const of = await channel();
    const tagged = { to: "+15550001", text: "[[reply_to:GUID-7]] yes" };
    void post(of, tagged);
    const plain = (await of.agent.run(SENT("S-1")))["params"];
    expect(plain).toMatchObject({ text: "yes" });
    expect(plain).not.toHaveProperty("reply_to");
    const agent = await Agent.connect(of.account, { engine: { ...ENGINE, bridge: true } });
    void post(of, tagged);
    expect((await agent.run(SENT("S-2")))["params"]).toMatchObject({ text: "yes", reply_to: "GUID-7" });
  });

  it("SEND1 the service: what the request says, else the target, else the configuration", async () => {
    const of = await channel({ ...OPEN, service: "imessage" });
    const serviceOf = async (body: Json): Promise<unknown> => {
      void post(of, { text: "hi", ...body });
      return ((await of.agent.run(SENT("S")))["params"] as Json)["service"];
    };
    expect(await serviceOf({ to: "+15550001" })).toBe("imessage");
    expect(await serviceOf({ to: "sms:+15550001" })).toBe("sms");
    expect(await serviceOf({ to: "sms:+15550001", service: "auto" })).toBe("auto");
  });

  it("SEND1 reply_to says where as to does; both, or neither, is a mistake", async () => {
    const of = await channel();
    await noted(of, CHATS);
    void post(of, { reply_to: "chat_guid:any;+;chat7", text: "hi" });
    expect((await of.agent.run(SENT("S")))["params"]).toMatchObject({ chat_guid: "iMessage;+;chat7" });
    for (const wrong of [
      { text: "hi" },
      { to: "+1555", reply_to: "+1555", text: "hi" },
      { to: "+15550001", text: "hi", ttl_s: 5 },
      { to: "+15550001", text: "hi", ttl_s: 0, queue: true },
      { to: "+15550001", text: "hi", queue: true, ttl_s: 86_401 },
      { to: "+15550001", text: "hi", attachments: [{}] },
    ])
      expect((await refused(of, wrong))[0]).toBe(400);
  });

  it("SEND1 a text of which nothing is left is refused", async () => {
    const of = await channel();
    expect(await refused(of, { to: "+15550001", text: "[[reply_to:G]]" })).toMatchObject([
      400,
      { code: "invalid_request", detail: expect.stringContaining("text") },
    ]);
  });
});

it("SEND8 an outcome that was told in the answer is no event besides", async () => {
  const of = await channel();
  void post(of, { to: "+15550001", text: "hi" });
  await of.agent.run(SENT("S-1"));
  expect(await told(of, "message.outcome")).toEqual([]);
});
