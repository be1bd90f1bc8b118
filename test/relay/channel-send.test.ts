import { describe, expect, it } from "vitest";
import { Agent, ENGINE, row } from "./support/agent.ts";
import { alone, bot, call, channel, configure, OPEN, post } from "./support/channel.ts";
import { Gateway } from "./support/gateway.ts";
import { ask, newKey, type Json } from "./support/http.ts";
import { evict } from "./support/object.ts";
import { byKey } from "./support/operations.ts";
import { noted, refused, sent } from "./support/sending.ts";

const TO = { to: "+15550001", text: "hello" };

const error = (code: number, data?: unknown): Json => ({ error: { code, message: "imsg says no", data } });

describe("outcomes", () => {
  it("EVT13 I6 sent is 200 with guid and operation; what the Mac is asked is a text to one place", async () => {
    const of = await channel();
    const done = await sent(of, TO);
    expect(done).toMatchObject({
      status: 200,
      body: { outcome: "sent", guid: "S-1", operation: done.operation },
      params: { to: "+15550001", text: "hello", service: "auto", region: "US" },
    });
    expect((await sent(of, TO, { result: { ok: true } })).body).toMatchObject({
      outcome: "sent",
      guid: null,
    });
  });

  it("EVT13 I6 what may have been sent is 202 unknown, never a refusal", async () => {
    const of = await channel();
    for (const answer of [
      error(-32_001, { disposition: "may_have_completed" }),
      error(-32_603),
      error(-32_056),
      error(-32_004, { disposition: "still_in_flight" }),
    ])
      expect(await sent(of, TO, answer)).toMatchObject({
        status: 202,
        body: { outcome: "unknown", guid: null, operation: expect.stringMatching(/^op_/) },
      });
  });

  it.each<[string, Json, number, string]>([
    [
      "the Mac's owner forbids it",
      error(-32_043, { reason: "sends are off", disposition: "not_started" }),
      403,
      "forbidden_by_mac",
    ],
    ["the Mac left before it began", error(-32_054, { disposition: "not_started" }), 503, "agent_offline"],
    ["Messages cannot be read", error(-32_055, { disposition: "not_started" }), 503, "messages_unavailable"],
    ["imsg is busy", error(-32_000, "outstanding request limit exceeded"), 429, "rate_limited"],
    ["imsg cannot read the database", error(-32_002, "unable to open"), 503, "messages_unavailable"],
    ["imsg does not take it", error(-32_602, "no such chat"), 422, "unsupported"],
  ])("EVT13 I6 %s: a refusal, since nothing was sent", async (_, answer, status, code) => {
    const done = await sent(await channel(), TO, answer);
    expect([done.status, done.body["code"]]).toEqual([status, code]);
    expect(done.body).toHaveProperty("request_id");
  });

  it("RPC7 what the Mac's owner forbids says which rule of the owner's it is, then and later", async () => {
    const data = { reason: "read_only", rule: "read_only", detail: "Read only.", disposition: "not_started" };
    const of = await channel();
    const headers = { "idempotency-key": "k" };
    const done = await sent(of, TO, error(-32_043, data), headers);
    expect(done).toMatchObject({
      status: 403,
      body: { code: "forbidden_by_mac", rule: "read_only", detail: "Read only." },
    });
    expect(await byKey(of, "k")).toMatchObject({ error: { code: "forbidden_by_mac", rule: "read_only" } });
  });

  it("EVT13 with the Mac away it is 503 at once, retryable, and uses up no key", async () => {
    const of = await bot();
    const headers = { "idempotency-key": "k" };
    expect(await refused(of, TO, headers)).toMatchObject([503, { code: "agent_offline", retryable: true }]);
    const agent = await Agent.connect(of.account);
    expect(await sent({ ...of, agent }, TO, undefined, headers)).toMatchObject({ status: 200 });
  });

  it("EVT13 an account that is switched off, or was never switched on, sends nothing", async () => {
    const of = await alone();
    await configure(of.account, { enabled: false });
    expect(await refused(of, TO)).toMatchObject([
      403,
      { code: "forbidden", detail: expect.stringContaining("enabled") },
    ]);
    await of.agent.settled();
  });

  it("EVT13 reply_to_guid needs the private bridge on the Mac", async () => {
    const of = await bot();
    const wish = { ...TO, reply_to_guid: "G-1" };
    await Agent.connect(of.account);
    expect(await refused(of, wish)).toMatchObject([
      422,
      { code: "unsupported", detail: expect.stringContaining("bridge") },
    ]);
    const agent = await Agent.connect(of.account, { engine: { ...ENGINE, bridge: true } });
    expect((await sent({ ...of, agent }, wish)).params).toMatchObject({ reply_to: "G-1" });
  });

  it("EVT13 only scope send sends; the operator does not", async () => {
    const of = await channel();
    for (const scope of ["read", "rpc", "manage"])
      expect((await post({ ...of, key: await newKey(of.account.tenant, [scope]) }, TO)).status).toBe(403);
    expect((await ask("POST", `/v1/accounts/${of.account.account}/messages`, { body: TO })).status).toBe(403);
    await of.agent.settled();
  });
});

describe("the same request again", () => {
  const KEY = { "idempotency-key": "k-1" };

  it("EVT13 I7 twice sends once: in flight it is joined, afterwards it has the same answer, also after an eviction", async () => {
    const of = await channel();
    const both = [post(of, TO, KEY), post(of, TO, KEY)];
    const { operation } = await of.agent.run({ result: { guid: "S-1" } });
    const [first, second] = await Promise.all(both.map(async (response) => (await response).json()));
    expect(first).toMatchObject({ outcome: "sent", guid: "S-1", operation });
    expect(second).toEqual(first);
    await evict(of.account);
    expect(await refused(of, TO, KEY)).toEqual([200, first]);
    await of.agent.settled();
  });

  it("EVT13 I7 another body, and the tunnel's requests, are a conflict under the same key", async () => {
    const of = await channel();
    await sent(of, TO, undefined, KEY);
    for (const change of [{ text: "other" }, { to: "+15550002" }, { reply_to_guid: "G-1" }])
      expect(await refused(of, { ...TO, ...change }, KEY)).toMatchObject([409, { code: "conflict" }]);
    const gateway = await Gateway.connect(of.account);
    expect(await gateway.call("send", TO, { idempotency_key: "k-1" })).toMatchObject({
      error: { code: -32_045 },
    });
  });

  it("EVT13 I7 has its answer whatever changed meanwhile: switched off, claimed by another, chat gone", async () => {
    const of = await channel({ ...OPEN, name: "own settings" });
    await noted(of);
    const wish = { to: "chat_guid:any;+;chat7", text: "x" };
    const { body } = await sent(of, wish, undefined, KEY);
    const other = { ...of, key: await newKey(of.account.tenant, ["send"]) };
    await call(200, other, "POST", "claims", { chat: "+;chat7" });
    await noted(of, []);
    await configure(of.account, { enabled: false, region: "DE" });
    expect(await refused(of, wish, KEY)).toEqual([200, body]);
    expect(await refused(of, wish, { "idempotency-key": "k-2" })).toMatchObject([403, {}]);
    await of.agent.settled();
  });

  it("EVT13 I6 an unknown outcome stays 202 under its key until the Mac says otherwise", async () => {
    const of = await channel();
    await sent(of, TO, error(-32_603), KEY);
    expect(await refused(of, TO, KEY)).toMatchObject([202, { outcome: "unknown" }]);
    await of.agent.settled();
  });

  it("EVT13 a key is 1 to 128 visible ASCII characters", async () => {
    const of = await channel();
    for (const key of ["", "x".repeat(129), "a b", "a\tb"])
      expect(await refused(of, TO, { "idempotency-key": key })).toMatchObject([
        400,
        { code: "invalid_request" },
      ]);
    await of.agent.settled();
  });
});

describe("where to", () => {
  it.each<[string, string]>([
    ["Bob", "auto:Bob"],
    ["12", "chat_id:12"],
    ["iMessage;-;+15550001", 'write \\"chat_guid:\\"'],
    ["chat_id:0", "whole number"],
    ["chat_guid:", "missing"],
    ["imessage:", "nobody to write to"],
    ["sms:imessage:+1555", "more than one service"],
  ])("EVT13 POL22 %s is refused with 400, saying what was understood", async (to, says) => {
    const [status, body] = await refused(await bot(), { to, text: "x" });
    expect([status, body["code"]]).toEqual([400, "invalid_request"]);
    expect(JSON.stringify(body["detail"])).toContain(says);
  });

  it("EVT13 a handle, a chat by guid, identifier or id: each as this Mac has it today", async () => {
    const of = await channel();
    await noted(of);
    const auto = { service: "auto", region: "US" };
    for (const [to, params] of [
      ["sms:+1 (555) 000-9", { to: "+1 (555) 000-9", service: "sms", region: "US" }],
      ["Ann@Example.COM", { to: "ann@example.com", ...auto }],
      ["chat_guid:any;-;+15550002", { chat_guid: "SMS;-;+15550002" }],
      ["chat_guid:any;+;chat7", { chat_guid: "iMessage;+;chat7" }],
      ["chat_guid:any;-;+15550003", { to: "+15550003", ...auto }],
      ["chat_identifier:chat7", { chat_identifier: "chat7" }],
      ["chat_id:7", { chat_guid: "iMessage;+;chat7" }],
    ] as const)
      expect([to, (await sent(of, { to, text: "x" })).params]).toEqual([to, { ...params, text: "x" }]);
  });

  it("EVT13 what this Mac does not have is gone, and nobody is written to instead", async () => {
    const of = await channel();
    await noted(of);
    for (const to of ["chat_guid:any;+;chat8", "chat_id:8", "chat_identifier:chat8"])
      expect([to, ...(await refused(of, { to, text: "x" }))]).toMatchObject([to, 410, { code: "gone" }]);
    await of.agent.settled();
  });

  it("EVT13 an answer goes to the chat of a message that came before the Mac noted it", async () => {
    const of = await channel();
    await of.agent.show([row(1, { chat_id: 9, chat_guid: "iMessage;+;new", is_group: true })]);
    expect((await sent(of, { to: "chat_guid:any;+;new", text: "x" })).params).toEqual({
      chat_guid: "iMessage;+;new",
      text: "x",
    });
  });

  it("EVT13 the text has 1 to 100,000 characters; nothing else may be in the body's place", async () => {
    const of = await channel({ ...OPEN, textChunkLimit: 20_000 });
    const longest = post(of, { ...TO, text: "ü".repeat(100_000) });
    of.agent.answer(await of.agent.call(), { result: { guid: "S-0" } });
    for (const part of [1, 2, 3, 4]) {
      const given = await of.agent.call();
      await of.agent.sock.next();
      of.agent.answer(given, { result: { guid: `S-${part}` } });
    }
    await of.agent.sock.next();
    expect(await (await longest).json()).toMatchObject({ outcome: "sent", delivered: 5 });
    for (const text of ["x".repeat(100_001), "x".repeat(1_048_577)])
      expect(await refused(of, { ...TO, text })).toMatchObject([413, { code: "too_large" }]);
    for (const body of [
      { to: "+15550001" },
      { to: "+15550001", text: "" },
      { text: "x" },
      { ...TO, text: 5 },
      { ...TO, to: ["a"] },
      { ...TO, consumer: "a b" },
    ])
      expect(await refused(of, body)).toMatchObject([400, { code: "invalid_request" }]);
    await of.agent.settled();
  });
});
