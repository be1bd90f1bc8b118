import { runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Agent, row, unjoined } from "./support/agent.ts";
import {
  alone,
  call,
  channel,
  configure,
  messages,
  poll,
  reasons,
  shownGuids,
  type Bot,
  type Channel,
} from "./support/channel.ts";
import { Gateway } from "./support/gateway.ts";
import { ask, newKey, statusOf, type Json } from "./support/http.ts";
import { evict, freeze, pass, stubOf } from "./support/object.ts";
import { from, silent, told } from "./support/strangers.ts";

afterEach(() => void vi.useRealTimers());

const HOUR = 3_600_000;
const PAIRING = { dmPolicy: "pairing", pairingMessage: "code {code} for {handle}, {name}" };

interface Waiting {
  readonly handle: string;
  readonly code: string;
  readonly name: string | null;
  readonly created_at: number;
  readonly last_seen_at: number;
  readonly expires_at: number;
}

const list = async (bot: Bot): Promise<{ requests: readonly Waiting[]; allowed: readonly Json[] }> =>
  (await call(200, bot, "GET", "pairing")) as unknown as { requests: Waiting[]; allowed: Json[] };
const codeOf = async (bot: Bot): Promise<string> => (await list(bot)).requests[0]?.code ?? "";
const settle = (status: number, bot: Bot, verb: string, body: Json): Promise<Json> =>
  call(status, bot, "POST", `pairing/${verb}`, body);

const events = async (bot: Bot): Promise<[string, Json][]> =>
  (await poll(bot, "after=beginning&kinds=pairing.*")).events.map(({ kind, data }) => [kind, data]);

describe("a stranger writes", () => {
  it("PAIR1 PAIR4 gets one answer with a code, in that chat; the message is not shown, the request is an event", async () => {
    freeze();
    const bot = await alone(PAIRING);
    const said = await told(bot.agent, [from(1, 1, { sender_name: "Ann" })]);
    const { requests } = await list(bot);
    const now = Date.now();
    expect(requests).toEqual([
      {
        handle: "+15559990001",
        code: expect.stringMatching(/^[A-HJ-NP-Z2-9]{8}$/),
        name: "Ann",
        created_at: now,
        last_seen_at: now,
        expires_at: now + HOUR,
      },
    ]);
    const code = requests[0]?.code ?? "";
    expect(said).toMatchObject({
      method: "send",
      params: { chat_guid: "iMessage;-;+15559990001", text: `code ${code} for +15559990001, Ann` },
    });
    expect(await shownGuids(bot)).toEqual([]);
    expect(await reasons(bot)).toEqual({ "G-1": "pair pairing" });
    expect(await events(bot)).toEqual([["pairing.requested", { handle: "+15559990001", code, name: "Ann" }]]);
    expect(await statusOf(bot.account)).toMatchObject({ pairing: { pending: 1, allowed: 0 } });
  });

  it("PAIR1 more messages get no second answer and no new code, also after an eviction and in one batch", async () => {
    freeze();
    const bot = await alone(PAIRING);
    await told(bot.agent, [from(1, 1), from(1, 2)]);
    const code = await codeOf(bot);
    await evict(bot.account);
    await pass(bot.account, 1_000);
    await silent(bot.agent, [from(1, 3, { sender: "tel:+1 555 999 0001" })]);
    const { requests } = await list(bot);
    expect(requests).toMatchObject([{ code, created_at: Date.now() - 1_000, last_seen_at: Date.now() }]);
    expect(await events(bot)).toHaveLength(1);
    expect(Object.values(await reasons(bot))).toEqual(["pair pairing", "pair pairing", "pair pairing"]);
  });

  it("PAIR1 three wait at once, a fourth hears nothing until one of them is gone", async () => {
    freeze();
    const bot = await alone(PAIRING);
    await bot.agent.show([from(1, 1), from(2, 2), from(3, 3), from(4, 4)]);
    for (let at = 0; at < 3; at += 1)
      bot.agent.answer(await bot.agent.call(), { result: { guid: `S-${at}` } });
    for (let at = 0; at < 3; at += 1) await bot.agent.sock.next();
    expect((await list(bot)).requests.map(({ handle }) => handle.at(-1))).toEqual(["1", "2", "3"]);
    await evict(bot.account);
    await silent(bot.agent, [from(4, 5)]);
    expect(await reasons(bot)).toMatchObject({ "G-4": "pair pairing_full", "G-5": "pair pairing_full" });
    await settle(200, bot, "deny", { code: (await list(bot)).requests[1]?.code });
    const said = await told(bot.agent, [from(4, 6)]);
    expect(said).toMatchObject({ params: { chat_guid: "iMessage;-;+15559990004" } });
    expect((await list(bot)).requests.map(({ handle }) => handle.at(-1))).toEqual(["1", "3", "4"]);
    await silent(bot.agent, [from(2, 7)]);
  });

  it("PAIR1 a code is good for an hour to the millisecond; afterwards there is a new one", async () => {
    freeze();
    const bot = await alone(PAIRING);
    await told(bot.agent, [from(1, 1), from(1, 2)]);
    const first = await codeOf(bot);
    await pass(bot.account, HOUR);
    expect(await codeOf(bot)).toBe(first);
    await pass(bot.account, 1);
    expect(await list(bot)).toMatchObject({ requests: [] });
    expect(await settle(404, bot, "approve", { code: first })).toMatchObject({ code: "not_found" });
    const again = await Agent.connect(bot.account);
    await told(again, [from(1, 3)]);
    expect(await codeOf(bot)).not.toBe(first);
  });

  it("PAIR1 nobody is asked in a group, for a tapback of a known one, by an unjoined row, or under another policy", async () => {
    const bot = await alone(PAIRING);
    const group = { chat_id: 2, chat_guid: "iMessage;+;g", chat_identifier: "g", is_group: true };
    await silent(bot.agent, [
      from(1, 1, group),
      unjoined(2, { sender: "+15559990001" }),
      from(1, 3, { is_from_me: true }),
      from(1, 4, { sender: "" }),
    ]);
    for (const dmPolicy of ["disabled", "allowlist"]) {
      await configure(bot.account, { ...PAIRING, dmPolicy, allowFrom: ["+15550001"] });
      await silent(bot.agent, [from(1, dmPolicy.length)]);
    }
    expect(await list(bot)).toEqual({ requests: [], allowed: [] });
  });

  it("PAIR2 a message over an hour old, or back-filled, gets none", async () => {
    freeze();
    const bot = await alone(PAIRING);
    const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();
    await bot.agent.show([row(1, { created_at: ago(0), is_from_me: true })]);
    const back = await Agent.connect(bot.account);
    await silent(back, [
      from(1, 2, { created_at: ago(HOUR + 1) }),
      from(1, 3, { created_at: ago(50 * HOUR) }),
    ]);
    expect(await reasons(bot)).toMatchObject({ "G-2": "drop pairing_late", "G-3": "drop pairing_late" });
    await told(back, [from(1, 4, { created_at: ago(HOUR) })]);
    expect(await list(bot)).toMatchObject({ requests: [{ handle: "+15559990001" }] });
  });
});

describe("the answer and the Mac", () => {
  it("PAIR2 a link that is lost with the answer under way: it is given again to the same journal, once", async () => {
    const bot = await channel(PAIRING);
    await bot.agent.show([from(1, 1)]);
    const { operation, params } = await bot.agent.call();
    bot.agent.sock.close();
    await bot.agent.sock.closed;
    await evict(bot.account);
    const back = await Agent.connect(bot.account);
    expect(await back.run({ result: { guid: "SAID" } })).toMatchObject({ operation, params });
    await back.settled();
    await (await Agent.connect(bot.account)).settled();
  });

  it("PAIR2 a Mac that comes back within the hour still sends it, also long after a call would have ended", async () => {
    freeze();
    const bot = await alone(PAIRING);
    await bot.agent.show([from(1, 1)]);
    const { operation } = await bot.agent.call();
    await pass(bot.account, 59 * 60_000);
    await evict(bot.account);
    const back = await Agent.connect(bot.account);
    const again = await back.run({ result: { guid: "SAID" } });
    expect(again).toMatchObject({ operation, params: { chat_guid: "iMessage;-;+15559990001" } });
    expect(again["deadline"]).toBe(60_000);
    await back.settled();
  });

  it("PAIR2 a link that is found dead when the answer is to go: it is sent when the Mac is back, and only once", async () => {
    freeze();
    const bot = await alone(PAIRING);
    // The row comes over a link whose heartbeat stopped; nothing else was heard of it but that row.
    await bot.agent.show([from(1, 1)]);
    const first = await bot.agent.call();
    await pass(bot.account, 30_000);
    expect(await statusOf(bot.account)).toMatchObject({ agent: { state: "offline" } });
    const back = await Agent.connect(bot.account);
    const second = await back.run({ result: { guid: "SAID" } });
    expect(second["operation"]).toBe(first["operation"]);
    await back.settled();
  });

  it("PAIR2 a Mac that sends nothing does no harm: the request stays, and the next stranger's as well", async () => {
    const bot = await channel(PAIRING);
    const no = {
      error: { code: -32_043, message: "no", data: { code: "forbidden_by_mac", disposition: "not_started" } },
    };
    await told(bot.agent, [from(1, 1)], no);
    await told(bot.agent, [from(2, 2)], no);
    expect((await list(bot)).requests).toHaveLength(2);
    await settle(200, bot, "approve", { code: await codeOf(bot) });
    await silent(bot.agent, [from(1, 3)]);
    expect(await shownGuids(bot)).toEqual(["G-3"]);
  });

  it("PAIR2 an answer that could not be sent within an hour is not sent any more", async () => {
    freeze();
    const bot = await alone(PAIRING);
    await bot.agent.show([from(1, 1)]);
    await bot.agent.call();
    await pass(bot.account, HOUR + 1_000);
    await runDurableObjectAlarm(stubOf(bot.account));
    const back = await Agent.connect(bot.account);
    const asked = await back.call();
    expect(Number(asked["deadline"])).toBeLessThanOrEqual(0);
    back.answer(asked, { error: { code: -32_054, message: "no", data: { disposition: "not_started" } } });
    await back.sock.next();
    await back.settled();
  });

  it("PAIR2 neither the code nor the answer is shown as anybody's message, and the tunnel does not hear of it twice", async () => {
    const bot = await channel(PAIRING);
    const gateway = await Gateway.connect(bot.account);
    await gateway.subscribe();
    await told(bot.agent, [from(1, 1)]);
    await bot.agent.show([from(1, 2, { guid: "SAID", is_from_me: true, text: "code" })]);
    expect(await gateway.rows(2)).toEqual([1, 2]);
    expect(await messages(bot)).toEqual([]);
    expect(await reasons(bot)).toMatchObject({ SAID: "drop own_elsewhere" });
  });
});

describe("the owner decides", () => {
  const asked = async (): Promise<Channel & { code: string }> => {
    const bot = await channel(PAIRING);
    await told(bot.agent, [from(1, 1)]);
    return { ...bot, code: await codeOf(bot) };
  };

  it("PAIR3 approve lets them in from the next message on, for good, in direct messages of that account only", async () => {
    const { code, ...bot } = await asked();
    const [other] = [await channel(PAIRING, bot.account.tenant)];
    const approved = await settle(200, bot, "approve", { code: ` ${code.toLowerCase()} ` });
    expect(approved).toEqual({ handle: "+15559990001", approved_at: expect.any(Number), by: bot.key.key });
    expect(await list(bot)).toEqual({ requests: [], allowed: [approved] });
    await evict(bot.account);
    const group = { chat_guid: "iMessage;+;g", is_group: true };
    await silent(bot.agent, [from(1, 2), from(1, 3, group)]);
    await told(other.agent, [from(1, 2)]);
    expect(await shownGuids(bot)).toEqual(["G-2"]);
    expect(await shownGuids(other)).toEqual([]);
    expect((await events(bot)).at(-1)).toEqual([
      "pairing.approved",
      { handle: "+15559990001", by: bot.key.key },
    ]);
    expect(await settle(404, bot, "approve", { code })).toMatchObject({ code: "not_found" });
  });

  it("PAIR3 deny takes the request away, and whoever writes again gets a new code", async () => {
    const { code, ...bot } = await asked();
    expect(await settle(200, bot, "deny", { code })).toEqual({ handle: "+15559990001" });
    expect((await events(bot)).at(-1)).toEqual([
      "pairing.denied",
      { handle: "+15559990001", by: bot.key.key },
    ]);
    await settle(404, bot, "approve", { code });
    await told(bot.agent, [from(1, 2)]);
    expect(await codeOf(bot)).not.toBe(code);
  });

  it("PAIR3 revoke takes the handle however it is written; the next message asks again", async () => {
    const { code, ...bot } = await asked();
    await settle(200, bot, "approve", { code });
    await settle(404, bot, "revoke", { handle: "+15559990002" });
    expect(await settle(200, bot, "revoke", { handle: "tel:+1 (555) 999-0001" })).toEqual({
      handle: "+15559990001",
    });
    expect((await events(bot)).at(-1)).toEqual([
      "pairing.revoked",
      { handle: "+15559990001", by: bot.key.key },
    ]);
    expect(await list(bot)).toEqual({ requests: [], allowed: [] });
    await told(bot.agent, [from(1, 2)]);
    await settle(404, bot, "revoke", { handle: "+15559990001" });
  });

  it("PAIR3 after 10 wrong codes none is looked at for the rest of 10 minutes, also after an eviction", async () => {
    freeze();
    const bot = await alone(PAIRING);
    await told(bot.agent, [from(1, 1)]);
    const code = await codeOf(bot);
    for (let at = 0; at < 10; at += 1) {
      await settle(404, bot, at % 2 === 0 ? "approve" : "deny", { code: `WRONG${at}` });
      await pass(bot.account, 10_000);
      if (at === 5) await evict(bot.account);
    }
    await evict(bot.account);
    const refused = await ask("POST", `/v1/accounts/${bot.account.account}/pairing/approve`, {
      key: bot.key.credential,
      body: { code },
    });
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "500"]);
    expect(await refused.json()).toMatchObject({ code: "rate_limited", retryable: true, retry_after_s: 500 });
    await settle(429, bot, "deny", { code });
    await pass(bot.account, 499_999);
    await settle(429, bot, "approve", { code });
    await pass(bot.account, 1);
    await settle(200, bot, "approve", { code });
  });

  it("PAIR3 only scope manage sees or decides; nonsense is 400", async () => {
    const bot = await channel(PAIRING);
    for (const scope of ["read", "send", "rpc"]) {
      const other = { ...bot, key: await newKey(bot.account.tenant, [scope]) };
      await call(403, other, "GET", "pairing");
      for (const verb of ["approve", "deny", "revoke"])
        await settle(403, other, verb, { code: "AAAAAAAA", handle: "x" });
    }
    for (const body of [{}, { code: "" }, { code: 5 }, { code: "x".repeat(65) }])
      expect(await settle(400, bot, "approve", body)).toMatchObject({ code: "invalid_request" });
  });
});
