import { afterEach, describe, expect, it, vi } from "vitest";
import { Agent, row } from "./support/agent.ts";
import {
  alone,
  call,
  channel,
  configure,
  decided,
  poll,
  reasons,
  shownGuids,
  type Channel,
} from "./support/channel.ts";
import { get, newTenant, statusOf, type Json } from "./support/http.ts";
import { evict, freeze, pass } from "./support/object.ts";
import { Reader } from "./support/readers.ts";
import { from, silent, told } from "./support/strangers.ts";

afterEach(() => void vi.useRealTimers());

const OWNER = "+15550001";
const OWNED = {
  dmPolicy: "pairing",
  allowFrom: [OWNER],
  groupPolicy: "open",
  groups: { "*": { requireMention: false } },
  commands: { config: true, ownerAllowFrom: ["tel:+1 (555) 000-1"] },
};

let rowid = 1_000;

/** A command by message; the text of the answer. */
async function answer(bot: Channel, text: string, change: Json = {}): Promise<string> {
  rowid += 1;
  const { method, params } = await told(bot.agent, [row(rowid, { text, ...change })]);
  expect(method).toBe("send");
  expect(params).toMatchObject({ chat_guid: "iMessage;-;+15550001" });
  return (params as { text: string }).text;
}

const effective = async (bot: Channel): Promise<Json> =>
  (await call(200, bot, "GET", "config"))["config"] as Json;

describe("who may", () => {
  it("CMD1 an owner's command is done, answered in the same chat, and shown to nobody", async () => {
    const bot = await channel(OWNED);
    const reader = await Reader.open(bot, "after=tail");
    expect(await answer(bot, "  /Status ")).toMatch(/^Mac: connected\nMessages: fine\nLog: \d+ events/);
    expect(await shownGuids(bot)).toEqual([]);
    expect(reader.waiting).toBe(0);
    expect(await decided(bot)).toMatchObject([
      { verdict: "command", reason: "owner_command", sender: OWNER },
    ]);
  });

  it("CMD1 from anybody else it is an ordinary message, or nothing in a group; never done", async () => {
    const bot = await channel({ ...OWNED, allowFrom: [OWNER, "+15559990001"], groupAllowFrom: ["*"] });
    const group = { chat_id: 2, chat_guid: "iMessage;+;g", chat_identifier: "g", is_group: true };
    await silent(bot.agent, [
      from(1, 1, { text: "/config set name hacked" }),
      from(1, 2, { ...group, text: "/status" }),
      row(3, { text: "/statusquo" }),
      row(4, { text: "say /status" }),
      row(5, { text: "/status", is_from_me: true }),
      row(6, { text: "/status", is_reaction: true, reacted_to_guid: "x" }),
    ]);
    expect(await reasons(bot)).toMatchObject({
      "G-1": "show allowed",
      "G-2": "drop command_unauthorised",
      "G-3": "show allowed",
      "G-4": "show allowed",
    });
    expect(await effective(bot)).toMatchObject({ name: "" });
  });

  it("CMD1 an owner who may not write otherwise commands nothing", async () => {
    const bot = await channel({ ...OWNED, dmPolicy: "allowlist", allowFrom: ["nobody@example.com"] });
    await silent(bot.agent, [row(1, { text: "/status" })]);
    expect(await reasons(bot)).toEqual({ "G-1": "drop dm_not_listed" });
  });

  it("CMD1 in a group only /status is answered, there", async () => {
    const bot = await channel(OWNED);
    const group = { chat_id: 2, chat_guid: "iMessage;+;g", chat_identifier: "g", is_group: true };
    const said: string[] = [];
    for (const [at, text] of ["/status", "/pairing list", "/config show", "/config set name x"].entries()) {
      const { params } = await told(bot.agent, [row(at + 1, { ...group, text })]);
      expect(params).toMatchObject({ chat_guid: "iMessage;+;g" });
      said.push((params as { text: string }).text);
    }
    expect(said[0]).toMatch(/^Mac: connected/);
    expect(said.slice(1)).toEqual([
      "Please send me /pairing directly, not in a group.",
      "Please send me /config directly, not in a group.",
      "Please send me /config directly, not in a group.",
    ]);
  });

  it("CMD3 one that is over 10 minutes old, or back-filled, is not done", async () => {
    freeze();
    const bot = await alone(OWNED);
    const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();
    await silent(bot.agent, [row(1, { text: "/status", created_at: ago(600_001) })]);
    await told(bot.agent, [row(2, { text: "/status", created_at: ago(600_000) })]);
    const back = await Agent.connect(bot.account);
    await silent(back, [row(3, { text: "/status", created_at: ago(48 * 3_600_000) })]);
    expect(await reasons(bot)).toEqual({
      "G-1": "drop command_late",
      "G-2": "command owner_command",
      "G-3": "drop command_late",
    });
  });
});

describe("pairing by message", () => {
  it("CMD1 PAIR3 list, approve, deny, revoke: by says who it was", async () => {
    const bot = await channel(OWNED);
    expect(await answer(bot, "/pairing")).toBe("Nobody is waiting.\n\nNobody was approved.");
    await told(bot.agent, [from(1, 1, { sender_name: "Ann" })]);
    await told(bot.agent, [from(2, 2)]);
    const { requests } = await call(200, bot, "GET", "pairing");
    const [one, two] = (requests as { code: string }[]).map(({ code }) => code);
    expect(await answer(bot, "/pairing LIST")).toBe(
      `Waiting:\n${one}  +15559990001 (Ann), 60 min left\n${two}  +15559990002, 60 min left\n\nNobody was approved.`,
    );
    expect(await answer(bot, `/pairing approve ${one?.toLowerCase()}`)).toBe(
      "+15559990001 may write from now on.",
    );
    expect(await answer(bot, `/pairing deny ${two}`)).toBe("The request of +15559990002 is gone.");
    expect(await answer(bot, `/pairing deny ${two}`)).toContain("no pending request has this code");
    expect(await answer(bot, "/pairing revoke +1 (555) 999-0001")).toBe(
      "+15559990001 may not write any more.",
    );
    expect(await answer(bot, "/pairing approve")).toContain("no pending request");
    expect(await answer(bot, "/pairing nonsense")).toContain("/pairing approve CODE");
    const { events } = await poll(bot, "after=beginning&kinds=pairing.*");
    expect(events.slice(2).map(({ kind, data }) => [kind, data["by"]])).toEqual([
      ["pairing.approved", `owner:${OWNER}`],
      ["pairing.denied", `owner:${OWNER}`],
      ["pairing.revoked", `owner:${OWNER}`],
    ]);
  });
});

describe("configuration by message", () => {
  it("CMD2 show, set, unset change this account's overrides alone, as a version by that owner", async () => {
    const tenant = await newTenant();
    const bot = await channel(OWNED, tenant);
    const other = await channel({}, tenant);
    expect(await answer(bot, "/config show historyLimit")).toBe("historyLimit = 50");
    expect(await answer(bot, "/config show")).toContain('allowFrom = ["+15550001"]');
    expect(await answer(bot, "/config set historyLimit 7")).toMatch(
      new RegExp(`^Changed: accounts\\.${bot.account.account}\\.historyLimit\\. Version \\d+\\.$`),
    );
    expect(await answer(bot, "/config set historyLimit 7")).toMatch(/^That is how it was\. Version \d+\.$/);
    expect(await answer(bot, "/config set mentionPatterns [“@bot”, “hey you”]")).toContain("Changed");
    expect(await answer(bot, "/config set responsePrefix two  words")).toContain("Changed");
    expect(await effective(bot)).toMatchObject({
      historyLimit: 7,
      mentionPatterns: ["@bot", "hey you"],
      responsePrefix: "two words",
    });
    expect(await effective(other)).toMatchObject({ historyLimit: 50, mentionPatterns: [] });
    expect(await answer(bot, "/config unset historyLimit")).toContain("Changed");
    expect(await effective(bot)).toMatchObject({ historyLimit: 50 });
    const { by, document } = await get(200, "GET", `/v1/tenants/${tenant}/config`);
    expect(by).toBe(`owner:${OWNER}`);
    expect(Object.keys(document as Json)).toEqual(["accounts"]);
  });

  it("CMD2 what is refused says why, names the setting that was meant, and changes nothing", async () => {
    const bot = await channel(OWNED);
    const before = await call(200, bot, "GET", "config");
    expect(await answer(bot, "/config set historyLimt 7")).toMatch(
      /^Nothing was changed\.\n.*did you mean historyLimit\?/,
    );
    expect(await answer(bot, "/config set dmPolicy everybody")).toContain(
      "must be pairing, allowlist, open or disabled",
    );
    expect(await answer(bot, "/config set dmPolicy open")).toContain("needs `*` in `allowFrom`");
    expect(await answer(bot, "/config set [ 7")).toMatch(/^Nothing was changed\.\n/);
    expect(await answer(bot, "/config set __proto__ 7")).toMatch(/^Nothing was changed\.\n/);
    expect(await answer(bot, "/config set historyLimit null")).toMatch(/^Nothing was changed\.\n/);
    expect(await answer(bot, "/config unset historyLimit")).toMatch(
      /^(Nothing was changed\.|That is how it was)/,
    );
    for (const text of ["/config set", "/config set historyLimit", "/config unset", "/config nonsense x"])
      expect(await answer(bot, text)).toContain("/config set SETTING VALUE");
    expect(await answer(bot, "/config show nonsense")).toBe("There is no setting nonsense.");
    expect(await call(200, bot, "GET", "config")).toEqual(before);
  });

  it("CMD2 needs commands.config at all, and configWrites to change anything", async () => {
    const bot = await channel({ ...OWNED, configWrites: false });
    expect(await answer(bot, "/config show region")).toBe('region = "US"');
    expect(await answer(bot, "/config set region DE")).toBe("/config may only show here (configWrites).");
    expect(await answer(bot, "/config unset allowFrom")).toBe("/config may only show here (configWrites).");
    await configure(bot.account, { ...OWNED, commands: { ownerAllowFrom: [OWNER] } });
    for (const text of ["/config show", "/config set region DE"])
      expect(await answer(bot, text)).toBe("/config is switched off (commands.config).");
    expect(await answer(bot, "/status")).toContain("connected");
    expect(await effective(bot)).toMatchObject({ region: "US" });
  });

  it("CMD2 an owner may take the ownership away: the next command is an ordinary message", async () => {
    const bot = await channel(OWNED);
    expect(await answer(bot, '/config set commands {"config": true}')).toContain("Changed");
    await silent(bot.agent, [row(1, { text: "/config set region DE" })]);
    expect(await shownGuids(bot)).toEqual(["G-1"]);
  });

  it("CMD3 commands of one batch are done in the order in which they came, also from one digit to the next", async () => {
    const bot = await channel(OWNED);
    const { log } = (await statusOf(bot.account)) as { log: { last_seq: number } };
    const limits = Array.from({ length: 12 }, (_, at) => at + 1);
    await bot.agent.show(limits.map((limit) => row(limit, { text: `/config set historyLimit ${limit}` })));
    for (const _ of limits) await bot.agent.run({ result: { guid: "SAID" } });
    expect(log.last_seq).toBeLessThan(9);
    expect(await effective(bot)).toMatchObject({ historyLimit: 12 });
  });
});

describe("answered once", () => {
  it("CMD3 whatever breaks: the object sleeps, the link goes, the row comes again", async () => {
    freeze();
    const bot = await alone(OWNED);
    await bot.agent.show([row(1, { text: "/config set historyLimit 9" })]);
    const { operation, params } = await bot.agent.call();
    await evict(bot.account);
    bot.agent.sock.close();
    await bot.agent.sock.closed;
    await pass(bot.account, 30_000);
    const back = await Agent.connect(bot.account);
    expect(await back.run({ result: { guid: "SAID" } })).toMatchObject({ operation, params });
    await evict(bot.account);
    await silent(back, [row(1, { text: "/config set historyLimit 9" })]);
    const { versions } = await get(200, "GET", `/v1/tenants/${bot.account.tenant}/config/history`);
    expect((versions as Json[]).map(({ by }) => by)).toEqual([`owner:${OWNER}`, "operator"]);
  });
});
