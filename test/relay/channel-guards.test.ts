// What must not happen although every single request is in order: wrong people, other people's settings, forged owners.
import { describe, expect, it } from "vitest";
import { row } from "./support/agent.ts";
import { alone, call, channel, configure, messages, OPEN, poll, reasons } from "./support/channel.ts";
import { Gateway } from "./support/gateway.ts";
import { ask, get, newKey, newTenant, type Json } from "./support/http.ts";
import { evict, inside } from "./support/object.ts";
import { noted, refused, sent } from "./support/sending.ts";

const INVALID = { error: { code: -32_602, data: "chat_id must be an integer" } };
const GONE = { error: { code: -32_047, data: { code: "gone", disposition: "not_started" } } };

describe("a key that is restricted to one account", () => {
  it("CFG4 is answered with that account's overrides alone, whatever it changes or does not", async () => {
    const tenant = await newTenant();
    const other = await channel({ ...OPEN, name: "OTHER" }, tenant);
    const own = await channel({ ...OPEN, name: "OWN" }, tenant);
    await get(200, "PATCH", `/v1/tenants/${tenant}/config`, { body: { pairingMessage: "SHARED" } });
    const key = await newKey(tenant, ["manage"], { accounts: [own.account.account] });
    for (const body of [{}, { historyLimit: 3 }]) {
      const answer = await call(200, { ...own, key }, "PATCH", "config", body);
      expect(JSON.stringify(answer)).not.toMatch(/OTHER|SHARED/);
      expect(JSON.stringify(answer)).not.toContain(other.account.account);
      expect(answer).toMatchObject({ document: { name: "OWN" }, accounts_pending: 0 });
    }
  });

  it("CFG2 If-Match takes the version that the account's own page says, also after others were changed", async () => {
    const tenant = await newTenant();
    const other = await channel(OPEN, tenant);
    const own = await channel(OPEN, tenant);
    await configure(other.account, { ...OPEN, name: "x" });
    const { version, applied } = await call(200, own, "GET", "config");
    expect(version).toBeGreaterThan(Number(applied));
    const asked = {
      key: own.key.credential,
      body: { name: "y" },
      headers: { "if-match": `"${String(version)}"` },
    };
    const answer = await ask("PATCH", `/v1/accounts/${own.account.account}/config`, asked);
    expect(answer.status).toBe(200);
  });
});

describe("numbers of chats", () => {
  it("EVT13 RPC3 one that is no whole number is refused before an old engine could make one of it", async () => {
    const of = await channel();
    const gateway = await Gateway.connect(of.account);
    for (const chat_id of ["x", 1.5e300, {}])
      expect(await gateway.call("send", { chat_id, text: "x" })).toMatchObject(INVALID);
  });

  it("EVT13 a number is doubtful however it is written, and for typing as for sending", async () => {
    const of = await channel();
    await noted(of);
    const gateway = await Gateway.connect(of.account);
    await of.agent.show([], { database: 1, until: 0, resume: 0 });
    for (const [method, params] of [
      ["send", { chat_id: "7", text: "x" }],
      ["send", { chat_id: 7.9, text: "x" }],
      ["send", { chat_guid: "iMessage;-;+15550001", chat_id: "7", text: "x" }],
      ["typing", { chat_id: 7, typing: true }],
      ["read", { chat_id: 7 }],
    ] as const)
      expect(await gateway.call(method, params)).toMatchObject(GONE);
  });

  it("EVT13 after two replacements every former meaning counts", async () => {
    const of = await channel();
    const at = (id: number, identifier: string): Json => ({
      id,
      guid: `iMessage;-;${identifier}`,
      identifier,
    });
    await noted(of, [at(5, "+15550001")]);
    const gateway = await Gateway.connect(of.account);
    await of.agent.show([], { database: 1, until: 0, resume: 0 });
    await noted(of, [at(5, "+15550002")], of.agent, 1);
    await of.agent.show([], { database: 2, until: 0, resume: 0 });
    await noted(of, [at(5, "+15550002")], of.agent, 2);
    expect(await gateway.call("send", { chat_id: 5, text: "x" })).toMatchObject(GONE);
  });

  it("EVT13 where the Mac had noted no chats, any number may have been one", async () => {
    const of = await channel();
    const gateway = await Gateway.connect(of.account);
    await of.agent.show([], { database: 1, until: 0, resume: 0 });
    await noted(of, [{ id: 9, guid: "iMessage;+;nine" }], of.agent, 1);
    expect(await gateway.call("send", { chat_id: 9, text: "x" })).toMatchObject(GONE);
  });

  it("EVT13 a reader of events that was shown a message of the chat may name it by its number", async () => {
    const of = await channel();
    await noted(of);
    await of.agent.show([], { database: 1, until: 0, resume: 0 });
    const chat = { id: 7, guid: "iMessage;-;+15550009", identifier: "+15550009" };
    await noted(of, [chat], of.agent, 1);
    expect(await refused(of, { to: "chat_id:7", text: "x" })).toMatchObject([410, { code: "gone" }]);
    await of.agent.show([row(1, { chat_id: 7, chat_guid: chat.guid, sender: "+15550009" })], { database: 1 });
    await poll(of);
    expect((await sent(of, { to: "chat_id:7", text: "x" })).params).toEqual({
      chat_guid: chat.guid,
      text: "x",
    });
  });

  it("CFG6 at the root of a document for several Macs a number is no group of any of them", async () => {
    const tenant = await newTenant();
    const [one, two] = [await channel({}, tenant), await channel({}, tenant)];
    const body = { groupPolicy: "open", groups: { "7": { requireMention: false } } };
    await get(200, "PUT", `/v1/tenants/${tenant}/config`, { body });
    const said = row(1, { chat_id: 7, chat_guid: "iMessage;+;any", is_group: true });
    for (const of of [one, two]) {
      await of.agent.show([said]);
      expect(await messages(of)).toEqual([]);
    }
    await configure(two.account, body);
    await two.agent.show([row(2, { chat_id: 7, chat_guid: "iMessage;+;any", is_group: true })]);
    expect(await messages(two)).toHaveLength(1);
  });
});

describe("owners", () => {
  it("CMD1 a command by SMS is nobody's: its sender can be forged", async () => {
    const of = await alone({ ...OPEN, commands: { ownerAllowFrom: ["+15550001"] } });
    await noted(of, [{ id: 1, guid: "any;-;+15550001", service: "SMS" }]);
    const command = (id: number, chat_guid: string): Json =>
      row(id, { guid: `C${id}`, chat_guid, sender: "+15550001", text: "/status" });
    await of.agent.show([command(1, "SMS;-;+15550001"), command(2, "any;-;+15550001")]);
    await noted(of, [{ id: 1, guid: "any;-;+15550001", service: "iMessage" }]);
    expect(await reasons(of)).toMatchObject({
      C1: "drop command_unauthorised",
      C2: "drop command_unauthorised",
    });
    await of.agent.show([command(3, "iMessage;-;+15550001")]);
    await of.agent.run({ result: { guid: "S" } });
  });
});

describe("what was not shown", () => {
  it("EVT1 is not shown by whoever answers to it either", async () => {
    const of = await alone({
      ...OPEN,
      groupPolicy: "allowlist",
      groupAllowFrom: ["+15550001"],
      groups: { "*": { requireMention: false } },
    });
    const group = { chat_id: 7, chat_guid: "iMessage;+;g", is_group: true };
    await of.agent.show([
      row(1, { ...group, guid: "BAD", sender: "+15550009", text: "do as I say" }),
      row(2, {
        ...group,
        guid: "GOOD",
        sender: "+15550001",
        text: "what is this?",
        thread_originator_guid: "BAD",
        reply_to_text: "do as I say",
        reply_to_sender: "+15550009",
      }),
    ]);
    const shown = await messages(of);
    expect(shown.map(({ data }) => data["quoted"])).toEqual([{ guid: "BAD", text: null, sender: null }]);
    expect(JSON.stringify(shown)).not.toContain("do as I say");
  });

  it("EVT1 context has a bound, and what does not fit is counted", async () => {
    const of = await alone({ ...OPEN, groups: { "*": {} }, mentionPatterns: ["bot"] });
    const group = { chat_id: 7, chat_guid: "iMessage;+;g", is_group: true };
    const long = Array.from({ length: 30 }, (_, at) => row(at + 1, { ...group, text: "x".repeat(9_000) }));
    await of.agent.show([...long, row(31, { ...group, text: "bot?" })]);
    const data = (await messages(of))[0]?.data;
    expect(data).toMatchObject({ context_missing: 14 });
    expect(JSON.stringify(data?.["context"]).length).toBeLessThan(70_000);
  });
});

describe("a filter that passes over everything", () => {
  it("EVT5 EVT9 is looked at in turns, and comes to the end all the same", async () => {
    const of = await channel();
    await inside(of.account, (_, { storage }) => {
      storage.sql.exec(
        `WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 7000)
         INSERT INTO event (seq, kind, database, logged_at, delayed, backfilled, body)
         SELECT i, 'account.health', 0, 1e15, 0, 0, '{"state":"ok","reason":null,"remedy":null}' FROM n`,
      );
      storage.sql.exec("UPDATE state SET last_seq = 7000");
    });
    await evict(of.account);
    const page = await poll(of, "after=beginning&kinds=pairing.*");
    expect(page).toMatchObject({ events: [], more: false, next: expect.stringMatching(/\.7000$/) });
  });
});
