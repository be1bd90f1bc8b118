import { constantFrom, dictionary, jsonValue, oneof, sample } from "fast-check";
import { describe, expect, it } from "vitest";
import type { TenantWord } from "../../relay/account/tenant-word.ts";
import { Agent, enrol, row } from "./support/agent.ts";
import { botKey, call, channel, configure, OPEN, poll, type Bot } from "./support/channel.ts";
import { never } from "./support/doors.ts";
import { ask, get, newAccount, newKey, newTenant, statusOf, type Json } from "./support/http.ts";
import { evict, inside, stubOf } from "./support/object.ts";
import { mac } from "./support/scene.ts";

const at = (tenant: string, rest = ""): string => `/v1/tenants/${tenant}/config${rest}`;
const ofAccount = (account: string): string => `/v1/accounts/${account}/config`;

const put = (tenant: string, body: unknown, key?: string): Promise<Json> =>
  get(200, "PUT", at(tenant), { body, ...(key === undefined ? {} : { key }) });
const someName = constantFrom(
  "enabled",
  "dmPolicy",
  "allowFrom",
  "groups",
  "historyLimit",
  "region",
  "name",
  "typo",
);
const someValue = oneof(
  constantFrom<unknown>(
    null,
    true,
    "open",
    "allowlist",
    "DE",
    [],
    {},
    ["*"],
    ["+1", 5],
    { "*": {} },
    0,
    7,
    -1,
    1e9,
  ),
  jsonValue({ maxDepth: 2 }),
);
const read = (tenant: string): Promise<Json> => get(200, "GET", at(tenant));

describe("one account", () => {
  it("CFG5 what holds, and where each value comes from", async () => {
    const { tenant, account } = await newAccount(await newTenant());
    await put(tenant, { historyLimit: 5, attachmentRoots: ["/root"], allowFrom: ["a@b.c"] });
    const overrides = { historyLimit: 7, attachmentRoots: ["/own"] };
    const made = await configure({ tenant, account }, overrides);
    expect(made).toMatchObject({
      version: 2,
      changed: [`accounts.${account}.attachmentRoots`, `accounts.${account}.historyLimit`],
    });
    const seen = await get(200, "GET", ofAccount(account));
    expect(seen).toMatchObject({
      version: 2,
      overrides,
      config: {
        historyLimit: 7,
        attachmentRoots: ["/own", "/root"],
        allowFrom: ["a@b.c"],
        region: "US",
        enabled: true,
      },
      origin: {
        historyLimit: "account",
        attachmentRoots: "tenant+account",
        allowFrom: "tenant",
        region: "default",
      },
    });
    await get(200, "PATCH", ofAccount(account), { body: { historyLimit: null, name: "mine" } });
    expect(await get(200, "GET", ofAccount(account))).toMatchObject({
      overrides: { attachmentRoots: ["/own"], name: "mine" },
      config: { historyLimit: 5 },
    });
    await put(tenant, { enabled: false, accounts: { [account]: { enabled: true } } });
    expect(await get(200, "GET", ofAccount(account))).toMatchObject({ config: { enabled: false } });
  });

  it("CFG1 of 60 random changes each is made as a whole or not at all, and the account works by the last one made", async () => {
    const { account } = (await channel({}, await newTenant())).account;
    let before = (await get(200, "GET", ofAccount(account)))["overrides"] as Json;
    const statuses: number[] = [];
    for (const body of sample(dictionary(someName, someValue, { maxKeys: 3 }), { numRuns: 60, seed: 7 })) {
      const { status } = await ask("PATCH", ofAccount(account), { body });
      statuses.push(status);
      const { overrides, config } = (await get(200, "GET", ofAccount(account))) as {
        overrides: Json;
        config: Json;
      };
      const change = status === 200 ? body : {};
      const kept = Object.entries(before).filter(([key]) => !Object.hasOwn(change, key));
      const set = Object.keys(change).filter((key) => change[key] !== null);
      expect(new Set(Object.keys(overrides))).toEqual(new Set([...kept.map(([key]) => key), ...set]));
      expect(overrides).toMatchObject(Object.fromEntries(kept));
      expect(config).toMatchObject(overrides);
      before = overrides;
    }
    expect(new Set(statuses)).toEqual(new Set([200, 400]));
  });

  it("CFG4 a key restricted to accounts reads and changes their overrides, and nothing of the tenant's document", async () => {
    const [one, two] = [await mac(), await mac()];
    const { credential: key } = await newKey(one.tenant, ["manage"], { accounts: [one.account] });
    const body = { name: "mine" };
    await get(200, "PUT", ofAccount(one.account), { key, body });
    await get(200, "PATCH", ofAccount(one.account), { key, body: { region: "DE" } });
    expect(await get(200, "GET", ofAccount(one.account), { key })).toMatchObject({
      overrides: { name: "mine", region: "DE" },
    });
    for (const [method, path] of [
      ["GET", at(one.tenant)],
      ["PUT", at(one.tenant)],
      ["PATCH", at(one.tenant)],
      ["GET", at(one.tenant, "/history")],
      ["GET", at(one.tenant, "/history/1")],
      ["GET", ofAccount(two.account)],
      ["PUT", ofAccount(two.account)],
      ["PATCH", ofAccount(two.account)],
    ] as const)
      expect([
        path,
        (await ask(method, path, { key, ...(method === "GET" ? {} : { body }) })).status,
      ]).toEqual([path, 403]);
    expect((await ask("POST", at(one.tenant, "/rollback"), { key, body: { version: 1 } })).status).toBe(403);
    for (const sneaky of [{ accounts: { [two.account]: body } }, { accounts: null }])
      expect((await ask("PATCH", ofAccount(one.account), { key, body: sneaky })).status).toBe(400);
    const { document } = await read(one.tenant);
    expect(JSON.stringify(document)).not.toContain(two.account);
  });

  it("CFG4 scopes read, send and rpc may not, another tenant's key finds nothing", async () => {
    const { tenant, account } = await newAccount();
    const doors = [at(tenant), at(tenant, "/history"), ofAccount(account)];
    for (const scope of ["read", "send", "rpc"]) {
      const { credential: key } = await newKey(tenant, [scope]);
      for (const path of doors) expect((await ask("GET", path, { key })).status).toBe(403);
      expect((await ask("PUT", ofAccount(account), { key, body: {} })).status).toBe(403);
    }
    const { credential: foreign } = await newKey(await newTenant(), ["manage"]);
    for (const path of doors) expect((await ask("GET", path, { key: foreign })).status).toBe(404);
    for (const path of [at(tenant), ofAccount(account)]) {
      expect((await ask("PUT", path, { key: foreign, body: {} })).status).toBe(404);
      expect((await ask("PUT", path, { key: null, body: {} })).status).toBe(401);
    }
    expect((await ask("PUT", ofAccount(never("acc")), { body: {} })).status).toBe(404);
  });

  it("CFG5 works by its copy when the answer says so, and logs config.changed once a version, with who it was", async () => {
    const tenant = await newTenant();
    const bots = await Promise.all([channel(OPEN, tenant), channel(OPEN, tenant), channel(OPEN, tenant)]);
    const { credential: key, key: by } = await newKey(tenant, ["manage"]);
    const made = await put(tenant, { groupPolicy: "disabled" }, key);
    expect(made).toMatchObject({ accounts_reached: 3, accounts_pending: 0 });
    const [bot] = bots;
    if (bot === undefined) throw new Error("no bot");
    const changes = async (of: Bot): Promise<unknown[]> =>
      (await poll(of, "after=beginning&kinds=config.changed")).events.map(({ data }) => data);
    for (const of of bots) expect((await changes(of)).at(-1)).toEqual({ version: made["version"], by });
    await configure(bot.account, { ...OPEN, name: "x" });
    expect((await changes(bots[1] ?? bot)).at(-1)).toMatchObject({ version: made["version"] });
    // Accounts are told of keys too (LOG7); that is no change of the configuration.
    await newKey(tenant);
    await evict(bot.account);
    const versions = (await changes(bot)).map((data) => (data as { version: number }).version);
    expect(versions).toEqual([...new Set(versions)]);
    expect(versions.at(-1)).toBe(Number(made["version"]) + 1);
    await bot.agent.show([row(1, { chat_guid: "iMessage;+;g", is_group: true })]);
    expect((await poll(bot, "after=beginning&kinds=message.*")).events).toHaveLength(1);
  });

  it("CFG5 an account that is made later knows the document before its first message", async () => {
    const tenant = await newTenant();
    await put(tenant, { ...OPEN, name: "all" });
    const install = await enrol(await newAccount(tenant));
    const of = { account: install, key: await botKey(tenant) };
    const agent = await Agent.connect(install);
    await agent.show([row(1)]);
    expect(await call(200, of, "GET", "config")).toMatchObject({ version: 1, config: { name: "all" } });
    expect((await poll(of, "kinds=message.*")).events).toHaveLength(1);
  });

  it("CFG5 what was said of an older revision and comes late changes nothing", async () => {
    const of = await channel({ ...OPEN, name: "new" }, await newTenant());
    const facts = await inside(
      of.account,
      (_, { storage }) => storage.sql.exec("SELECT * FROM settings").toArray()[0],
    );
    const late = (change: Partial<TenantWord>): TenantWord => ({
      revision: Number(facts?.["revision"]),
      version: 1,
      changed_by: "late",
      changed_at: 1,
      chat_ids: [],
      config: {
        ...(JSON.parse(facts?.["config"] as string) as TenantWord["config"]),
        name: "late",
      },
      origin: {},
      rpc_until: 0,
      endpoints: [],
      ...change,
    });
    const stub = stubOf(of.account);
    for (const back of [0, 1, 5]) await stub.inform(late({ revision: Number(facts?.["revision"]) - back }));
    await evict(of.account);
    expect(await call(200, of, "GET", "config")).toMatchObject({ config: { name: "new" } });
    expect(await statusOf(of.account)).toMatchObject({ config: { enabled: true } });
    await stub.inform(late({ revision: Number(facts?.["revision"]) + 1, version: 9 }));
    expect(await call(200, of, "GET", "config")).toMatchObject({ applied: 9, config: { name: "late" } });
  });

  it("CFG5 a setting that this code cannot read falls back, and the others hold", async () => {
    const of = await channel({ ...OPEN, name: "kept" }, await newTenant());
    await inside(of.account, (_, { storage }) =>
      storage.sql.exec(
        `UPDATE settings SET config = json_set(config, '$.dmPolicy', 'everybody', '$.later', 1), origin = 'null', chat_refs = '[]'`,
      ),
    );
    await evict(of.account);
    expect(await call(200, of, "GET", "config")).toMatchObject({
      config: { dmPolicy: "pairing", name: "kept" },
    });
  });
});
