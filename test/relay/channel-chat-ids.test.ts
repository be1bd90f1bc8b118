import { describe, expect, it } from "vitest";
import { Agent, row } from "./support/agent.ts";
import {
  call,
  channel,
  configure,
  messages,
  OPEN,
  post,
  reasons,
  shownGuids,
  type Channel,
} from "./support/channel.ts";
import { Gateway } from "./support/gateway.ts";
import { newKey, statusOf, type Json } from "./support/http.ts";
import { evict } from "./support/object.ts";
import { CHATS, noted, refused, sent } from "./support/sending.ts";

const GROUPS = { ...OPEN, groupPolicy: "open", groups: { "7": { requireMention: false } } };

/** A message in a group; a chat's id and its name are said apart, since they part ways. */
const said = (id: number, chat: string, chat_id: number, change: Json = {}): Json =>
  row(id, {
    guid: `${chat}-${id}`,
    chat_id,
    chat_guid: `iMessage;+;${chat}`,
    chat_identifier: chat,
    is_group: true,
    ...change,
  });

/** The Mac begins another database: ids mean something else from here on. */
async function replace(of: Channel, rows: readonly Json[] = [], database = 1): Promise<void> {
  await of.agent.show(rows, { database, until: 0, resume: 0 });
}

const warnings = async (of: Channel): Promise<string> =>
  JSON.stringify((await call(200, of, "GET", "config"))["warnings"]);

describe("numeric ids in the configuration, after the database was replaced", () => {
  it("CFG6 an id whose chat was seen stands for that chat, whatever its number, and for no other", async () => {
    const of = await channel(GROUPS);
    await of.agent.show([said(1, "alpha", 7), said(2, "beta", 8)]);
    await replace(of, [said(11, "alpha", 3), said(12, "beta", 7), said(13, "alpha", 7)]);
    await evict(of.account);
    await of.agent.show([said(14, "alpha", 99), said(15, "beta", 7)], { database: 1 });
    expect(await shownGuids(of)).toEqual(["alpha-1", "alpha-11", "alpha-13", "alpha-14"]);
    expect(await reasons(of)).toMatchObject({
      "beta-12": "drop group_not_listed",
      "beta-15": "drop group_not_listed",
    });
    expect(await warnings(of)).not.toContain("stands for no chat any more");
  });

  it("CFG6 an id that the Mac had noted is pinned without a message; the list alone suffices", async () => {
    const of = await channel();
    await noted(of);
    await configure(of.account, GROUPS);
    await replace(of, [said(1, "chat7", 2), said(2, "other", 7)]);
    expect(await shownGuids(of)).toEqual(["chat7-1"]);
  });

  it("CFG6 an id whose chat was never seen stands for nobody afterwards, and a warning says so", async () => {
    const of = await channel(GROUPS);
    expect(await statusOf(of.account)).toMatchObject({ config: { warnings: expect.any(Number) } });
    const { warnings: before } = (await statusOf(of.account))["config"] as { warnings: number };
    await replace(of, [said(1, "stranger", 7)]);
    await evict(of.account);
    await of.agent.show([said(2, "stranger", 7)], { database: 1 });
    expect(await shownGuids(of)).toEqual([]);
    expect(await warnings(of)).toContain("chat id 7 stands for no chat any more");
    expect(await statusOf(of.account)).toMatchObject({ config: { warnings: before + 1 } });
  });

  it("CFG6 a change that keeps the id keeps what it stood for; taken out and put in again it is today's", async () => {
    const of = await channel(GROUPS);
    await of.agent.show([said(1, "alpha", 7)]);
    await replace(of);
    await configure(of.account, { ...GROUPS, historyLimit: 5 });
    await of.agent.show([said(11, "beta", 7), said(12, "alpha", 3)], { database: 1 });
    await configure(of.account, { ...GROUPS, groups: {}, groupPolicy: "disabled" });
    await configure(of.account, GROUPS);
    await of.agent.show([said(13, "beta", 7), said(14, "alpha", 3)], { database: 1 });
    expect(await shownGuids(of)).toEqual(["alpha-1", "alpha-12", "beta-13"]);
  });

  it("CFG6 ids in groupAllowFrom follow the same rule", async () => {
    const lists = {
      dmPolicy: "allowlist",
      allowFrom: ["x@y.z"],
      groupPolicy: "allowlist",
      groupAllowFrom: ["chat_id:7"],
    };
    const of = await channel(lists);
    await of.agent.show([said(1, "alpha", 7)]);
    await replace(of, [said(11, "beta", 7), said(12, "alpha", 3)]);
    expect(await shownGuids(of)).toEqual(["alpha-1", "alpha-12"]);
  });

  it("CFG6 POL17 a group's conversation and where to answer stay the same over a replacement", async () => {
    const of = await channel(GROUPS);
    await of.agent.show([said(1, "alpha", 7)]);
    await replace(of, [said(11, "alpha", 3, { chat_guid: "any;+;alpha" })]);
    const names = (await messages(of)).map(
      ({ data }) => `${String(data["session_key"])} ${String(data["reply_to"])}`,
    );
    expect(new Set(names).size).toBe(1);
  });
});

describe("answers, after the database was replaced", () => {
  const TODAY = [
    { id: 1, guid: "iMessage;+;chat7", identifier: "chat7", is_group: true },
    { id: 7, guid: "iMessage;-;+15550002", identifier: "+15550002" },
  ];
  const replaced = async (): Promise<Channel & { gateway: Gateway }> => {
    const of = await channel();
    await noted(of);
    const gateway = await Gateway.connect(of.account);
    await replace(of);
    return { ...of, gateway };
  };
  const GONE = {
    error: { code: -32_047, data: { code: "gone", disposition: "not_started", retry_safe: true } },
  };

  it("EVT13 a reply_to goes to the same people under their new guid, or is refused while they are not known", async () => {
    const of = await replaced();
    const wish = { to: "chat_guid:any;+;chat7", text: "x" };
    expect(await refused(of, wish)).toMatchObject([425, { code: "not_ready", retryable: true }]);
    await noted(of, [{ id: 1, guid: "any;+;chat7", identifier: "chat7" }], of.agent, 1);
    expect((await sent(of, wish)).params).toEqual({ chat_guid: "any;+;chat7", text: "x" });
    expect((await sent(of, { to: "chat_guid:any;-;+15550002", text: "x" })).params).toMatchObject({
      to: "+15550002",
    });
  });

  it("EVT13 a chat_id that meant another chat before is refused at both ways in", async () => {
    const of = await replaced();
    for (const chats of [[], TODAY]) {
      await noted(of, chats, of.agent, 1);
      for (const chat_id of [1, 7])
        expect(await of.gateway.call("send", { chat_id, text: "x" })).toMatchObject(GONE);
    }
    expect(await refused(of, { to: "chat_id:7", text: "x" })).toMatchObject([410, { code: "gone" }]);
    await evict(of.account);
    expect(await of.gateway.call("send", { chat_id: 7, text: "x" })).toMatchObject(GONE);
    await of.agent.show([], { database: 1 });
    expect(of.agent.sock.pending).toEqual([]);
  });

  it("EVT13 until that key was shown a message of the chat it means now; other keys still are refused", async () => {
    const of = await replaced();
    await noted(of, TODAY, of.agent, 1);
    const other = await Gateway.connect(of.account, { key: await newKey(of.account.tenant) });
    await of.gateway.subscribe();
    await of.agent.show([row(21, { chat_id: 7, chat_guid: "iMessage;-;+15550002" })], { database: 1 });
    expect(await of.gateway.rows(1)).toEqual([21]);
    await evict(of.account);
    const id = of.gateway.request("send", { chat_id: 7, text: "x" });
    expect(await of.agent.run({ result: { guid: "S" } })).toMatchObject({ params: { chat_id: 7 } });
    expect(await of.gateway.answer(id)).toMatchObject({ result: { guid: "S" } });
    expect(await other.call("send", { chat_id: 7, text: "x" })).toMatchObject(GONE);
    expect(await of.gateway.call("send", { chat_id: 1, text: "x" })).toMatchObject(GONE);
  });

  it("EVT13 an id that means the same chat as before is nobody's doubt, and a new id neither", async () => {
    const of = await replaced();
    await noted(
      of,
      [
        { id: 7, guid: "SMS;+;chat7" },
        { id: 55, guid: "iMessage;-;+15550009" },
      ],
      of.agent,
      1,
    );
    for (const chat_id of [7, 55]) {
      const id = of.gateway.request("send", { chat_id, text: "x" });
      await of.agent.run({ result: { guid: "S" } });
      expect(await of.gateway.answer(id)).toMatchObject({ result: {} });
    }
  });

  it("EVT13 a second replacement before the Mac noted its chats forgets none of the ids of the first", async () => {
    const of = await replaced();
    await replace(of, [], 2);
    await noted(of, TODAY, of.agent, 2);
    for (const chat_id of [1, 7])
      expect(await of.gateway.call("send", { chat_id, text: "x" })).toMatchObject(GONE);
  });

  it("EVT13 what one key was shown of one database says nothing of the next", async () => {
    const of = await replaced();
    await noted(of, TODAY, of.agent, 1);
    await of.gateway.subscribe();
    await of.agent.show([row(21, { chat_id: 7, chat_guid: "iMessage;-;+15550002" })], { database: 1 });
    expect(await of.gateway.rows(1)).toEqual([21]);
    await replace(of, [], 2);
    await noted(of, CHATS, of.agent, 2);
    expect(await of.gateway.call("send", { chat_id: 7, text: "x" })).toMatchObject(GONE);
  });

  it("EVT13 a list of chats that belongs to another database is not believed", async () => {
    const of = await replaced();
    const again = await Agent.connect(of.account);
    again.sock.send({ t: "note", kind: "chats", database: 0, chats: CHATS });
    await again.show([], { database: 1 });
    expect((await post(of, { to: "chat_guid:any;+;chat7", text: "x" })).status).toBe(425);
  });

  it("EVT11 a claim is the chat's, whatever its number is today", async () => {
    const of = await replaced();
    await noted(of, TODAY, of.agent, 1);
    await of.gateway.subscribe();
    await of.agent.show([row(21, { chat_id: 7, chat_guid: "iMessage;-;+15550002" })], { database: 1 });
    expect(await of.gateway.rows(1)).toEqual([21]);
    await call(200, of, "POST", "claims", { chat: "-;+15550002" });
    expect(await of.gateway.call("send", { chat_id: 7, text: "x" })).toMatchObject({
      error: { code: -32_046 },
    });
  });
});
