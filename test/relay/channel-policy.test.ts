import { afterEach, describe, expect, it, vi } from "vitest";
import { Agent, enrol, row, unjoined, UNSTORABLE } from "./support/agent.ts";
import {
  alone,
  call,
  channel,
  configure,
  decided,
  guids,
  messages,
  OPEN,
  poll,
  reasons,
  shownGuids,
  type Channel,
} from "./support/channel.ts";
import { Gateway } from "./support/gateway.ts";
import { get, newKey, newTenant, type Json, type Key } from "./support/http.ts";
import { evict, freeze, inside, logOf, pass } from "./support/object.ts";
import { Reader } from "./support/readers.ts";

afterEach(() => void vi.useRealTimers());

const ALLOW = { dmPolicy: "allowlist", allowFrom: ["+15550001"] };
const SECRET = "the secret word";
const stranger = (id: number, change: Json = {}): Json =>
  row(id, {
    sender: "+15559999",
    chat_id: 9,
    chat_guid: "iMessage;-;+15559999",
    chat_identifier: "+15559999",
    participants: ["+15559999"],
    text: SECRET,
    sender_name: SECRET,
    ...change,
  });

/** Everything that is stored of the account, as one text. */
const stored = ({ account }: Channel): Promise<string> =>
  inside(account, (_, { storage }) => {
    const tables = storage.sql.exec(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
    );
    return JSON.stringify(
      tables.toArray().map(({ name }) => storage.sql.exec(`SELECT * FROM "${name as string}"`).toArray()),
    );
  });

const bodies = async (bot: Channel): Promise<unknown[]> =>
  (await logOf(bot.account)).filter(({ rowid }) => rowid !== null).map(({ body }) => JSON.parse(body));

describe("off until configured", () => {
  it("POL2 without any configuration nothing is shown and nobody is answered; the tunnel has everything", async () => {
    const tenant = await newTenant();
    const bot = await channel(ALLOW, tenant);
    await get(200, "PUT", `/v1/tenants/${tenant}/config`, { body: { enabled: false } });
    await bot.agent.show([row(1), stranger(2)]);
    expect(await shownGuids(bot)).toEqual([]);
    expect(await reasons(bot)).toEqual({ "G-1": "drop disabled", "G-2": "drop disabled" });
    expect(await call(200, bot, "GET", "status")).toMatchObject({ config: { enabled: false } });
  });

  it("POL2 before the first document every message is dropped as disabled, and no code is sent", async () => {
    const tenant = await newTenant();
    const { account } = await get(201, "POST", `/v1/tenants/${tenant}/accounts`, { body: { name: "x" } });
    const install = await enrol({ tenant, account: String(account) });
    const agent = await Agent.connect(install);
    const bot = { account: install, agent, key: await newKey(tenant, ["read", "manage"]) };
    await agent.show([stranger(1)]);
    expect(await reasons(bot)).toEqual({ "G-1": "drop disabled" });
    expect(await call(200, bot, "GET", "config")).toMatchObject({ version: 0, config: { enabled: false } });
    expect(agent.sock.pending).toEqual([]);
    await configure(install, OPEN);
    await agent.show([row(2)]);
    expect(await shownGuids(bot)).toEqual(["G-2"]);
  });
});

describe("decisions at the log's door", () => {
  it("POL1 a decision is of the settings at that moment, and a later change shows nothing of before", async () => {
    const bot = await channel(ALLOW);
    await bot.agent.show([row(1), stranger(2)]);
    await configure(bot.account, OPEN);
    await bot.agent.show([stranger(3)]);
    await configure(bot.account, { ...ALLOW, allowFrom: ["nobody@example.com"] });
    await evict(bot.account);
    await bot.agent.show([row(4)]);
    expect(await shownGuids(bot)).toEqual(["G-1", "G-3"]);
    expect(await reasons(bot)).toEqual({
      "G-1": "show allowed",
      "G-2": "drop dm_not_listed",
      "G-3": "show allowed",
      "G-4": "drop dm_not_listed",
    });
  });

  it("POL1 the decision stands in the row of the batch's own transaction", async () => {
    const bot = await channel(ALLOW);
    bot.agent.push([row(1), stranger(2), row(3, UNSTORABLE)]);
    expect(await bot.agent.sock.closed).toMatchObject({ code: 1_011 });
    expect(await decided(bot)).toEqual([]);
    const again = await Agent.connect(bot.account);
    await again.show([row(1), stranger(2)]);
    const rows = await inside(bot.account, (_, { storage }) =>
      storage.sql.exec("SELECT seq, decision FROM event WHERE decision IS NOT NULL").toArray(),
    );
    expect(rows.map(({ decision }) => JSON.parse(decision as string) as Json)).toMatchObject([
      { verdict: "show", reason: "allowed", sender: "+15550001", withheld: false },
      { verdict: "drop", reason: "dm_not_listed", sender: "+15559999" },
    ]);
  });

  it("EVT12 decisions say what became of what was not shown, page by page, without its text", async () => {
    const bot = await channel(ALLOW);
    await bot.agent.show([row(1), stranger(2), row(3), stranger(4), stranger(5)]);
    const list = await decided(bot, false);
    expect(list[0]).toEqual({
      id: expect.stringMatching(/^[0-9a-z]+\.\d+$/),
      kind: "message.received",
      logged_at: expect.any(Number),
      verdict: "drop",
      reason: "dm_not_listed",
      says: "The sender is not in `allowFrom`.",
      sender: "+15559999",
      guid: "G-2",
      chat: "-;+15559999",
      rowid: 2,
    });
    expect(list.map(({ guid }) => guid)).toEqual(["G-2", "G-4", "G-5"]);
    expect((await decided(bot)).map(({ guid }) => guid)).toEqual(["G-1", "G-2", "G-3", "G-4", "G-5"]);
    const first = await call(200, bot, "GET", "decisions?limit=2");
    expect(first).toMatchObject({ more: true, decisions: [{ guid: "G-2" }, { guid: "G-4" }] });
    const second = await call(200, bot, "GET", `decisions?limit=2&after=${String(first["next"])}`);
    expect(second).toMatchObject({ more: false, decisions: [{ guid: "G-5" }] });
    expect(JSON.stringify([list, first, second])).not.toContain(SECRET);
    for (const query of ["limit=0", "limit=201", "after=x", "all=yes"])
      await call(400, bot, "GET", `decisions?${query}`);
    for (const scope of ["read", "send", "rpc"])
      await call(403, { ...bot, key: await newKey(bot.account.tenant, [scope]) }, "GET", "decisions");
  });
});

describe("what is kept of a dropped message", () => {
  const named = (id: number): Json => ({
    message: {
      id,
      guid: `G-${id}`,
      chat_id: 9,
      chat_guid: "iMessage;-;+15559999",
      sender: "+15559999",
      is_from_me: false,
      is_reaction: false,
      created_at: expect.any(String),
    },
  });

  it("LOG7 without a live rpc key only what names it: no text, no name, nowhere", async () => {
    const bot = await alone(ALLOW);
    await bot.agent.show([
      stranger(1, { attachments: [{ filename: SECRET }], reply_to_text: SECRET, participants: [SECRET] }),
    ]);
    expect(await bodies(bot)).toEqual([named(1)]);
    await configure(bot.account, { dmPolicy: "pairing" });
    bot.agent.push([stranger(2, { sender_name: "Ann" })]);
    await bot.agent.sock.next();
    expect(await bodies(bot)).toEqual([named(1), named(2)]);
    expect(await stored(bot)).not.toContain(SECRET);
    await evict(bot.account);
    expect(await shownGuids(bot)).toEqual([]);
    expect(await decided(bot)).toMatchObject([{ guid: "G-1" }, { guid: "G-2" }]);
  });

  it("LOG7 a tapback or a group message that is dropped leaves no text either", async () => {
    const bot = await alone({ ...ALLOW, groupPolicy: "disabled" });
    await bot.agent.show([
      row(1, { is_reaction: true, text: SECRET, reacted_to_guid: "X" }),
      stranger(2, { chat_guid: "iMessage;+;g", is_group: true, chat_name: SECRET }),
      stranger(3, { is_from_me: true }),
    ]);
    expect((await decided(bot)).map(({ verdict }) => verdict)).toEqual(["drop", "drop", "drop"]);
    expect(await stored(bot)).not.toContain(SECRET);
  });

  it("LOG7 a dropped row that came before its chat leaves no text, also not in the row it repairs", async () => {
    const bot = await alone(ALLOW);
    await bot.agent.show([unjoined(1, { sender: "+15559999", text: SECRET })]);
    await bot.agent.show([stranger(1)]);
    expect(await reasons(bot)).toEqual({ "G-1": "drop dm_not_listed" });
    expect(await stored(bot)).not.toContain(SECRET);
  });

  it("LOG7 while a key of scope rpc lives the body is kept, from its creation to its end", async () => {
    freeze();
    const bot = await alone(ALLOW);
    const kept = async (id: number): Promise<boolean> => {
      const agent = await Agent.connect(bot.account);
      await agent.show([stranger(id)]);
      return JSON.stringify((await bodies(bot)).at(-1)).includes(SECRET);
    };
    const { tenant } = bot.account;
    const revoke = (key: Key): Promise<Json> => get(200, "DELETE", `/v1/tenants/${tenant}/keys/${key.key}`);
    expect(await kept(1)).toBe(false);
    await newKey(tenant, ["read", "send", "manage"]);
    expect(await kept(2)).toBe(false);
    const one = await newKey(tenant);
    expect(await kept(3)).toBe(true);
    const two = await newKey(tenant, ["rpc", "read"], { expires_at: Date.now() + 60_000 });
    await revoke(one);
    await evict(bot.account);
    expect(await kept(4)).toBe(true);
    await pass(bot.account, 59_999);
    expect(await kept(5)).toBe(true);
    await pass(bot.account, 1);
    expect(await kept(6)).toBe(false);
    await revoke(two);
    const elsewhere = await get(201, "POST", `/v1/tenants/${tenant}/accounts`, { body: { name: "x" } });
    await newKey(tenant, ["rpc"], { accounts: [String(elsewhere["account"])] });
    expect(await kept(7)).toBe(false);
    const three = await newKey(tenant, ["rpc"], { accounts: [bot.account.account] });
    expect(await kept(8)).toBe(true);
    await revoke(three);
    expect(await kept(9)).toBe(false);
  });

  it("LOG7 an account whose tenant has not said yet keeps everything", async () => {
    const bot = await alone(ALLOW);
    await inside(bot.account, (_, { storage }) => storage.sql.exec("DELETE FROM settings"));
    await evict(bot.account);
    await bot.agent.show([stranger(1)]);
    expect(await reasons(bot)).toEqual({ "G-1": "drop disabled" });
    expect(await stored(bot)).toContain(SECRET);
  });

  it("LOG7 the tunnel is told of what was not kept, and never shown a part of it", async () => {
    const bot = await alone(ALLOW);
    await bot.agent.show([unjoined(1), row(1), stranger(2), stranger(3), row(4), stranger(5)]);
    const key = await newKey(bot.account.tenant);
    await bot.agent.show([stranger(6)]);
    const v1 = await Gateway.connect(bot.account, { v1: true, key });
    const plain = await Gateway.connect(bot.account, { key });
    const beginning = (await poll(bot, "after=beginning&limit=1")).next.replace(/\d+$/, "0");
    await v1.subscribe({ relay_after: beginning });
    await plain.subscribe({ relay_after: beginning });
    const frames = await v1.leftovers();
    const gaps = frames.filter(({ method }) => method === "relay.gap").map(({ params }) => params);
    expect(gaps).toMatchObject([{ subscription: 1, count: 3, why: "not_kept" }]);
    const rowids = (all: Json[]): unknown[] =>
      all
        .filter(({ method }) => method === "message")
        .map(({ params }) => (params as { message: Json }).message["id"]);
    expect(rowids(frames)).toEqual([1, 4, 6]);
    const others = await plain.leftovers();
    expect(rowids(others)).toEqual([1, 4, 6]);
    expect(others.map(({ method }) => method)).not.toContain("relay.gap");
    expect(JSON.stringify([frames, others])).not.toContain("G-2");
  });

  it("LOG7 in both ways in, each sees its own: the tunnel everything, the channel what was decided", async () => {
    const bot = await channel(ALLOW);
    const gateway = await Gateway.connect(bot.account);
    await gateway.subscribe();
    const reader = await Reader.open(bot, "after=tail");
    await bot.agent.show([stranger(1), row(2), stranger(3), row(4)]);
    expect(await gateway.rows(4)).toEqual([1, 2, 3, 4]);
    expect(guids(await reader.take(2))).toEqual(["G-2", "G-4"]);
    expect(reader.waiting).toBe(0);
  });
});

describe("rows without their chat", () => {
  it("POL2 an unjoined row is shown to nobody; its repair is, judged as if it had just come", async () => {
    const bot = await channel(ALLOW);
    await bot.agent.show([unjoined(1), unjoined(2, { sender: "+15559999" })]);
    expect(await shownGuids(bot)).toEqual([]);
    expect((await decided(bot)).map(({ reason }) => reason)).toEqual(["unanchored", "unanchored"]);
    await evict(bot.account);
    await bot.agent.show([row(1), stranger(2)]);
    const [repaired, ...more] = await messages(bot);
    expect(more).toEqual([]);
    expect(repaired).toMatchObject({
      kind: "message.repaired",
      chat: "-;+15550001",
      data: { message: { guid: "G-1", text: "text 1" }, previous: expect.stringMatching(/\.\d+$/) },
    });
  });
});
