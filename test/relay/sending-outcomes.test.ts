// I6: what nobody could say is looked for among the messages that Messages shows; proven, or left unknown.
import { describe, expect, it } from "vitest";
import { Agent, enrol } from "./support/agent.ts";
import { bot, channel, post, type Bot, type Channel } from "./support/channel.ts";
import { Gateway } from "./support/gateway.ts";
import { newKey, statusOf, type Json } from "./support/http.ts";
import { evict, freeze, pass } from "./support/object.ts";
import { operation, operations, ownRow, told } from "./support/operations.ts";
import { sent } from "./support/sending.ts";

const HELLO = { to: "+15550001", text: "hello" };
const UNKNOWN: Json = { error: { code: -32_603, message: "AppleScript failed" } };

/** A send of which nobody knows; its operation. */
async function lost(of: Channel, body: Json = HELLO, key?: string): Promise<string> {
  const headers = key === undefined ? {} : { "idempotency-key": key };
  const { status, body: said } = await sent(of, body, UNKNOWN, headers);
  expect(status).toBe(202);
  return String(said["operation"]);
}

const outcomes = async (of: Bot): Promise<unknown[]> =>
  (await told(of, "message.outcome")).map(({ outcome, final, guid }) => [outcome, final, guid]);

describe("an unknown outcome", () => {
  it("SEND6 I6 the row that comes later settles it: sent, with its guid, told once", async () => {
    const of = await channel();
    const id = await lost(of, HELLO, "k-1");
    expect(await operation(of, id)).toMatchObject({ outcome: "unknown", final: false });
    await of.agent.show([ownRow(1, "hello", Date.now())]);
    expect(await operation(of, id)).toMatchObject({
      outcome: "sent",
      final: true,
      guid: "G-1",
      delivered: 1,
      error: null,
    });
    expect(await outcomes(of)).toEqual([
      ["unknown", false, undefined],
      ["sent", true, "G-1"],
    ]);
    // The same request again has the better answer now.
    const again = await post(of, HELLO, { "idempotency-key": "k-1" });
    expect([again.status, await again.json()]).toMatchObject([200, { outcome: "sent", guid: "G-1" }]);
    await of.agent.settled();
  });

  it("SEND6 the row that came before its answer settles it at once", async () => {
    const of = await channel();
    const response = post(of, HELLO);
    const given = await of.agent.call();
    await of.agent.show([ownRow(1, "hello", Date.now())]);
    of.agent.answer(given, UNKNOWN);
    expect((await response).status).toBe(200);
    expect(await (await response).json()).toMatchObject({ outcome: "sent", guid: "G-1" });
    expect(await outcomes(of)).toEqual([]);
  });

  it("SEND6 it is found though the object slept at every turn", async () => {
    const of = await channel();
    const id = await lost(of);
    await evict(of.account);
    await of.agent.show([ownRow(1, "another text", Date.now())]);
    await evict(of.account);
    await of.agent.show([ownRow(2, "hello", Date.now())]);
    await evict(of.account);
    expect(await operation(of, id)).toMatchObject({ outcome: "sent", guid: "G-2" });
  });

  it("SEND6 rows of before the object slept are read back", async () => {
    const of = await channel();
    void post(of, HELLO);
    const given = await of.agent.call();
    await of.agent.show([ownRow(1, "hello", Date.now())]);
    await evict(of.account);
    of.agent.answer(given, UNKNOWN);
    await of.agent.sock.next();
    expect(await operation(of, given["operation"])).toMatchObject({ outcome: "sent", guid: "G-1" });
  });

  it("SEND6 with the journal gone it is unknown for good, until its row comes with the catch-up", async () => {
    const of = await channel();
    void post(of, HELLO);
    const given = await of.agent.call();
    of.agent.sock.close();
    await of.agent.sock.closed;
    const agent = await Agent.connect(of.account, { journal_id: "journal-2" });
    await agent.settled();
    expect(await operation(of, given["operation"])).toMatchObject({ outcome: "unknown" });
    await agent.show([ownRow(1, "hello", Date.now())]);
    expect(await operation(of, given["operation"])).toMatchObject({ outcome: "sent", guid: "G-1" });
  });

  it("SEND6 LINK15 the Mac that was given up comes back with its own answer", async () => {
    const of = await channel();
    void post(of, HELLO);
    const given = await of.agent.call();
    const other = await Agent.connect(await enrol(of.account), { journal_id: "journal-2", takeover: true });
    await other.settled();
    expect(await operation(of, given["operation"])).toMatchObject({ outcome: "unknown", final: false });
    await evict(of.account);
    const back = await Agent.connect(of.account, { takeover: true });
    for (const answer of [UNKNOWN, { result: { guid: "S-1" } }, { result: { guid: "S-2" } }]) {
      back.answer(given, answer);
      expect((await back.sock.next())["operations"]).toEqual([given["operation"]]);
    }
    expect(await operation(of, given["operation"])).toMatchObject({ outcome: "sent", guids: ["S-1"] });
    expect(await outcomes(of)).toEqual([
      ["unknown", false, undefined],
      ["sent", true, "S-1"],
    ]);
  });

  it("SEND6 LINK15 or says that it was never begun", async () => {
    const of = await channel();
    void post(of, HELLO);
    const given = await of.agent.call();
    await Agent.connect(await enrol(of.account), { journal_id: "journal-2", takeover: true });
    const back = await Agent.connect(of.account, { takeover: true });
    back.answer(given, { error: { code: -32_602, message: "Invalid params" } });
    await back.sock.next();
    expect(await operation(of, given["operation"])).toMatchObject({ outcome: "not_sent", delivered: 0 });
  });

  it.each<[string, Json]>([
    ["another text", { text: "hello!" }],
    ["another chat", { chat_id: 2, chat_guid: "iMessage;-;+15550002" }],
    ["somebody else's", { is_from_me: false }],
    ["long before", { created_at: new Date(Date.now() - 60_000).toISOString() }],
    ["long after", { created_at: new Date(Date.now() + 600_000).toISOString() }],
    ["a tapback", { is_reaction: true, reaction_type: "love", reacted_to_guid: "G-0" }],
    ["a link's preview", { balloon_bundle_id: "com.apple.messages.URLBalloonProvider" }],
  ])("SEND6 I6 %s proves nothing", async (_, change) => {
    const of = await channel();
    const id = await lost(of);
    await of.agent.show([ownRow(1, "hello", Date.now(), change)]);
    expect(await operation(of, id)).toMatchObject({ outcome: "unknown", final: false });
  });

  it("SEND6 I6 that no row comes proves nothing either", async () => {
    freeze();
    const of = await channel();
    const id = await lost(of);
    await pass(of.account, 3_600_000);
    await of.agent.show([ownRow(1, "something else", Date.now())]);
    expect(await operation(of, id)).toMatchObject({ outcome: "unknown", final: false });
  });

  it("SEND6 two alike and one row: nobody can say whose it is; with the second row both were sent", async () => {
    const of = await channel();
    const [first, second] = [await lost(of), await lost(of)];
    await of.agent.show([ownRow(1, "hello", Date.now())]);
    for (const id of [first, second]) expect(await operation(of, id)).toMatchObject({ outcome: "unknown" });
    await of.agent.show([ownRow(2, "hello", Date.now())]);
    expect(await operation(of, first)).toMatchObject({ outcome: "sent", guid: "G-1" });
    expect(await operation(of, second)).toMatchObject({ outcome: "sent", guid: "G-2" });
  });

  it("SEND6 one and two rows: its owner typed the same, and nobody can say which is ours", async () => {
    const of = await channel();
    const id = await lost(of);
    await of.agent.show([ownRow(1, "hello", Date.now()), ownRow(2, "hello", Date.now())]);
    expect(await operation(of, id)).toMatchObject({ outcome: "unknown" });
  });

  it("SEND6 a row that another send names as its own is not a second one's", async () => {
    const of = await channel();
    const id = await lost(of);
    const response = post(of, HELLO);
    const given = await of.agent.call();
    // Still under way: it may be the row's.
    await of.agent.show([ownRow(1, "hello", Date.now())]);
    expect(await operation(of, id)).toMatchObject({ outcome: "unknown" });
    of.agent.answer(given, { result: { guid: "G-1" } });
    expect(await (await response).json()).toMatchObject({ outcome: "sent", guid: "G-1" });
    await of.agent.sock.next();
    await of.agent.show([ownRow(2, "hello", Date.now())]);
    expect(await operation(of, id)).toMatchObject({ outcome: "sent", guid: "G-2" });
  });

  it("SEND6 RPC6 sends through the tunnel are settled the same way", async () => {
    const of = await channel();
    const gateway = await Gateway.connect(of.account);
    const id = gateway.request(
      "send",
      { chat_guid: "iMessage;-;+15550001", text: "hi" },
      { idempotency_key: "t" },
    );
    await of.agent.run(UNKNOWN);
    await gateway.answer(id);
    await of.agent.show([ownRow(1, "hi", Date.now())]);
    expect(await gateway.call("relay.outcome", { idempotency_key: "t" })).toMatchObject({
      result: { state: "settled", outcome: "sent", answer: { result: { guid: "G-1" } } },
    });
  });

  it("SEND6 a number without its country is known in the one that has it", async () => {
    const of = await channel();
    const id = await lost(of, { to: "(555) 000-1234", text: "hello" });
    const change = { chat_guid: "iMessage;-;+15550001234", chat_identifier: "+15550001234" };
    await of.agent.show([ownRow(1, "hello", Date.now(), change)]);
    expect(await operation(of, id)).toMatchObject({ outcome: "sent", guid: "G-1" });
  });

  it("SEND6 of several parts the one that is proven counts, and the rest was not sent", async () => {
    const of = await channel({ dmPolicy: "open", allowFrom: ["*"], textChunkLimit: 5 });
    const id = await lost(of, { to: "+15550001", text: "one two" });
    await of.agent.show([ownRow(1, "one", Date.now())]);
    expect(await operation(of, id)).toMatchObject({
      outcome: "not_sent",
      final: true,
      delivered: 1,
      parts: 2,
      error: { code: "partly_sent" },
    });
  });

  it("SEND6 what no row could ever show is final: a tapback of which nobody knows", async () => {
    const of = await channel();
    const gateway = await Gateway.connect(of.account);
    const id = gateway.request("tapback", {
      chat_guid: "iMessage;-;+15550001",
      message_id: "G-0",
      reaction: "love",
    });
    const { operation: named } = await of.agent.run(UNKNOWN);
    await gateway.answer(id);
    expect(await operation(of, named)).toMatchObject({ outcome: "unknown", final: true, method: "tapback" });
    expect(await statusOf(of.account)).toMatchObject({ sends: { unknown: 1 } });
  });
});

describe("a send of which imsg does not say the guid", () => {
  const OK: Json = { result: { ok: true } };

  it("SEND7 the answer waits a moment for the row", async () => {
    const of = await channel();
    const response = post(of, HELLO);
    await of.agent.run(OK);
    await of.agent.show([ownRow(1, "hello", Date.now())]);
    expect(await (await response).json()).toMatchObject({ outcome: "sent", guid: "G-1", final: true });
    expect(await outcomes(of)).toEqual([]);
  });

  it("SEND7 the row may have been there first", async () => {
    const of = await channel();
    const response = post(of, HELLO);
    const given = await of.agent.call();
    await of.agent.show([ownRow(1, "hello", Date.now())]);
    of.agent.answer(given, OK);
    expect(await (await response).json()).toMatchObject({ outcome: "sent", guid: "G-1" });
    expect(await outcomes(of)).toEqual([]);
  });

  it("SEND7 after 5 s the answer goes without it, and an event tells it when the row comes", async () => {
    freeze();
    const of = await channel();
    const both = [post(of, HELLO, { "idempotency-key": "k" }), post(of, HELLO, { "idempotency-key": "k" })];
    await of.agent.run(OK);
    await pass(of.account, 5_000);
    for (const response of both)
      expect(await (await response).json()).toMatchObject({ outcome: "sent", guid: null, guids: [null] });
    await of.agent.show([ownRow(1, "hello", Date.now())]);
    expect(await outcomes(of)).toEqual([["sent", true, "G-1"]]);
  });

  it("SEND7 asked for again later, what still has no guid is answered at once", async () => {
    freeze();
    const of = await channel();
    const key = { "idempotency-key": "k" };
    void post(of, HELLO, key);
    await of.agent.run(OK);
    await pass(of.account, 5_001);
    await evict(of.account);
    // Time stands still: what waits is never answered.
    expect(await (await post(of, HELLO, key)).json()).toMatchObject({ outcome: "sent", guids: [null] });
    await of.agent.settled();
  });

  it("SEND7 SEND8 who was answered without it is told by the event, though another still waited", async () => {
    freeze();
    const of = await channel();
    const first = post(of, HELLO, { "idempotency-key": "k" });
    await of.agent.run(OK);
    await pass(of.account, 3_000);
    const second = post(of, HELLO, { "idempotency-key": "k" });
    // It has begun to wait when a request that came after it is answered.
    await operations(of);
    await pass(of.account, 2_000);
    expect(await (await first).json()).toMatchObject({ guid: null });
    await of.agent.show([ownRow(1, "hello", Date.now())]);
    expect(await (await second).json()).toMatchObject({ guid: "G-1" });
    expect(await outcomes(of)).toEqual([["sent", true, "G-1"]]);
  });

  it("SEND7 one sent and one unknown, alike: the one row is nobody's, the second settles both", async () => {
    const of = await bot();
    const agent = await Agent.connect(of.account);
    const here = { ...of, agent };
    const id = await lost(here);
    void post(of, HELLO);
    const { operation: certain } = await agent.run(OK);
    await agent.show([ownRow(1, "hello", Date.now())]);
    expect(await operation(of, id)).toMatchObject({ outcome: "unknown" });
    await agent.show([ownRow(2, "hello", Date.now())]);
    expect(await operation(of, id)).toMatchObject({ outcome: "sent", guid: "G-1" });
    expect(await operation(of, certain)).toMatchObject({ outcome: "sent", guid: "G-2" });
  });
});

describe("message.outcome", () => {
  it("SEND8 keys that the relay made itself are nobody's business", async () => {
    const of = await channel();
    const id = await lost(of);
    const [event] = await told(of, "message.outcome");
    expect(event).toEqual({
      operation: id,
      outcome: "unknown",
      final: false,
      delivered: 0,
      parts: 1,
      guids: [],
    });
    expect(await operation(of, id)).toMatchObject({ idempotency_key: null });
  });

  it("SEND5 scope send sees operations; read does not", async () => {
    const of = await channel();
    const id = await lost(of);
    const key = await newKey(of.account.tenant, ["read"]);
    await expect(operation({ ...of, key }, id)).rejects.toThrow("403");
  });
});
