// What a tenant is made of: accounts and keys as they change (TEN rules).
import { describe, expect, it, vi } from "vitest";
import { Agent, enrol, newPublicKey, row, type Install } from "./support/agent.ts";
import { alone, call, OPEN, poll, post } from "./support/channel.ts";
import { bearer, Gateway, refusedAt } from "./support/gateway.ts";
import {
  ask,
  get,
  newAccount,
  newKey,
  newTenant,
  ORIGIN,
  statusOf,
  worker,
  type Json,
} from "./support/http.ts";
import { endpoint } from "./support/hooks.ts";
import { evict, inside, insideTenant } from "./support/object.ts";
import { prove, proved } from "./support/proof.ts";
import { audited, auditOf, ofTenant, Posts, tableNames, tablesOf, type Entry } from "./support/tenants.ts";

describe("an account", () => {
  it("TEN7 is renamed and paused by a key for it alone, which may neither make nor delete one", async () => {
    const of = await alone(OPEN);
    const { tenant, account } = of.account;
    const { credential } = await newKey(tenant, ["manage"], { accounts: [account] });
    const path = `/v1/accounts/${account}`;
    expect(await get(200, "PATCH", path, { key: credential, body: { name: "office" } })).toMatchObject({
      account,
      name: "office",
      state: "active",
    });
    expect(await statusOf(of.account)).toMatchObject({ name: "office" });
    expect(await get(200, "POST", `${path}/pause`, { key: credential })).toMatchObject({ state: "paused" });
    expect(await of.agent.sock.closed).toEqual({ code: 4008, reason: "this account is paused" });
    // Whoever manages it sees how it stands; nobody reads or writes.
    await get(200, "GET", `${path}/status`, { key: credential });
    expect(await call(403, of, "GET", "events")).toMatchObject({ code: "account_paused" });
    expect(await (await post(of, { to: "+15550001", text: "x" })).json()).toMatchObject({
      code: "account_paused",
    });
    await get(200, "POST", `${path}/resume`, { key: credential });
    await poll(of);
    await get(403, "DELETE", path, { key: credential });
    await get(403, "POST", ofTenant(tenant, "/accounts"), { key: credential, body: { name: "x" } });
  });

  it("TEN7 deleted: nothing of it is left in its tenant either, and a key for it alone is revoked", async () => {
    const internet = new Posts();
    const of = await alone({ ...OPEN, groupAllowFrom: ["+15551111"] });
    const { tenant, account } = of.account;
    const kept = await newAccount(tenant);
    const own = await newKey(tenant, ["read"], { accounts: [account] });
    const both = await newKey(tenant, ["read"], { accounts: [account, kept.account] });
    const { id } = await endpoint(of, { accounts: [account] });
    expect(internet.count).toBe(0);
    await get(202, "DELETE", `/v1/accounts/${account}`);
    expect(await tablesOf(of.account)).toEqual([]);
    const { accounts } = await get(200, "GET", ofTenant(tenant, "/accounts"));
    expect(accounts).toMatchObject([{ account: kept.account }]);
    const { keys } = await get(200, "GET", ofTenant(tenant, "/keys"));
    expect(keys).toMatchObject(
      expect.arrayContaining([
        expect.objectContaining({ key: own.key, revoked_at: expect.any(Number) }),
        expect.objectContaining({ key: both.key, revoked_at: null, accounts: [kept.account] }),
      ]),
    );
    expect(await get(200, "GET", ofTenant(tenant, `/endpoints/${id}`))).toMatchObject({ state: "disabled" });
    const left = await insideTenant(tenant, ({ storage }) => {
      const rows = tableNames(storage)
        .filter((name) => name !== "audit")
        .flatMap((name) => storage.sql.exec(`SELECT * FROM ${name}`).toArray());
      return JSON.stringify(rows);
    });
    expect(left).not.toContain(account);
    expect(left).not.toContain("15551111");
  });
});

describe("keys that change", () => {
  const change = (tenant: string, key: string, body: Json): Promise<Json> =>
    get(200, "PATCH", ofTenant(tenant, `/keys/${key}`), { body });

  it("TEN8 narrowed, a key may less at once, wherever a copy is; its sockets begin anew", async () => {
    const account = await newAccount(await newTenant());
    const key = await newKey(account.tenant, ["rpc", "read"]);
    const gateway = await Gateway.connect(account, { key });
    expect(await change(account.tenant, key.key, { scopes: ["read"] })).toMatchObject({
      scopes: ["read"],
      accounts_reached: 1,
    });
    expect(await gateway.sock.closed).toMatchObject({ code: 4000 });
    expect((await refusedAt(account, bearer(key.credential))).status).toBe(403);
    await get(200, "GET", `/v1/accounts/${account.account}/status`, { key: key.credential });
    expect(await change(account.tenant, key.key, { name: "second" })).toMatchObject({ accounts_reached: 0 });
  });

  it.each([
    ["TEN8 rotated without grace, the former secret opens nothing more", 0, 401],
    ["TEN8 rotated with grace, both secrets open", 3_600, 200],
  ])("%s", async (_, grace_s, status) => {
    const account = await newAccount(await newTenant());
    const key = await newKey(account.tenant, ["manage"]);
    const path = `/v1/accounts/${account.account}/status`;
    await get(200, "GET", path, { key: key.credential });
    const rotated = await get(200, "POST", ofTenant(account.tenant, `/keys/${key.key}/rotate`), {
      body: { grace_s },
    });
    expect(rotated["credential"]).not.toBe(key.credential);
    expect(rotated["key"]).toBe(key.key);
    for (const place of [path, ofTenant(account.tenant, "/keys")]) {
      await get(200, "GET", place, { key: String(rotated["credential"]) });
      expect((await ask("GET", place, { key: key.credential })).status).toBe(status);
    }
  });

  it("TEN8 the former secret ends with its grace, and so does a socket that it opened", async () => {
    const account = await newAccount(await newTenant());
    const key = await newKey(account.tenant, ["rpc"]);
    await get(200, "POST", ofTenant(account.tenant, `/keys/${key.key}/rotate`), { body: { grace_s: 1 } });
    const gateway = await Gateway.connect(account, { key });
    await vi.waitUntil(async () => (await refusedAt(account, bearer(key.credential))).status === 401, {
      timeout: 5_000,
      interval: 50,
    });
    gateway.sock.send({ id: 1, method: "chats.list" });
    expect(await gateway.sock.closed).toMatchObject({ code: 4003 });
  });

  it("TEN8 EVT10 a ticket is worth no more than the secret by which it was asked for", async () => {
    const of = await alone(OPEN);
    const key = await newKey(of.account.tenant, ["read"]);
    const { account } = of.account;
    const ticketOf = async (credential: string): Promise<string> => {
      const asked = { key: credential, body: { door: "events" } };
      return String((await get(201, "POST", `/v1/accounts/${account}/tickets`, asked))["ticket"]);
    };
    const streamed = (ticket: string): Promise<Response> =>
      worker.fetch(`${ORIGIN}/v1/accounts/${account}/events?ticket=${ticket}`, {
        headers: { accept: "text/event-stream" },
      });
    const rotate = (grace_s: number): Promise<Json> =>
      get(200, "POST", ofTenant(of.account.tenant, `/keys/${key.key}/rotate`), { body: { grace_s } });
    // One that was asked for before the key had another secret.
    const before = await ticketOf(key.credential);
    const { credential } = await rotate(2);
    expect((await streamed(before)).status).toBe(401);
    // One that was asked for by a secret on its way out: what it opens ends with that.
    const stream = await streamed(await ticketOf(key.credential));
    expect(stream.status).toBe(200);
    const reader = stream.body?.getReader();
    await vi.waitUntil(async () => (await refusedAt(of.account, bearer(key.credential))).status === 401, {
      timeout: 5_000,
      interval: 50,
    });
    await of.agent.show([row(1)]);
    const decoder = new TextDecoder();
    let text = "";
    for (let read = await reader?.read(); read?.done === false; read = await reader?.read())
      text += decoder.decode(read.value);
    expect(text).not.toContain("G-1");
    await ticketOf(String(credential));
  });

  it.each<[string, Json]>([
    ["an unknown scope", { scopes: ["operator"] }],
    ["an expiry in the past", { expires_at: 1 }],
    ["no account", { accounts: [] }],
  ])("TEN8 a change to %s is refused", async (_, body) => {
    const tenant = await newTenant();
    const { key } = await newKey(tenant);
    const refused = await get(400, "PATCH", ofTenant(tenant, `/keys/${key}`), { body });
    expect(refused).toMatchObject({ code: "invalid_request" });
  });

  it("TEN8 a revoked key is not changed back", async () => {
    const tenant = await newTenant();
    const { key } = await newKey(tenant);
    await get(200, "DELETE", ofTenant(tenant, `/keys/${key}`));
    const path = ofTenant(tenant, `/keys/${key}`);
    const body = { scopes: ["rpc"] };
    expect(await get(410, "PATCH", path, { body })).toMatchObject({ code: "gone" });
    expect(await get(410, "POST", `${path}/rotate`)).toMatchObject({ code: "gone" });
  });
});

describe("a Mac's new key", () => {
  const rotations = async ({ tenant }: Install): Promise<readonly Entry[]> =>
    (await auditOf(tenant)).filter(({ verb }) => verb === "install.key_rotated");
  const installOf = async ({ account }: Install): Promise<unknown> =>
    ((await get(200, "GET", `/v1/accounts/${account}/installs`))["installs"] as unknown[])[0];

  it("TEN1 the audit has a rotation once, however often it was announced and the new key is used", async () => {
    const of = await enrol(await newAccount(await newTenant()));
    const next = await newPublicKey();
    const renewed = { ...of, keys: next.keys };
    await proved(of, "rotate", next);
    await proved(of, "rotate", next);
    // The old key is still good: it proves, connects, and nothing has been replaced.
    await Agent.connect(of);
    expect(await rotations(of)).toEqual([]);
    await Agent.connect(renewed);
    await proved(renewed, "look");
    expect(await audited(of.tenant, "install.key_rotated")).toMatchObject({
      by: "agent",
      about: of.install,
      result: "ok",
    });
    const later = await newPublicKey();
    await proved(renewed, "rotate", later);
    // Taken by a proof, as by a hello.
    await proved({ ...of, keys: later.keys }, "look");
    await vi.waitUntil(async () => (await rotations(of)).length === 2, { timeout: 5_000, interval: 10 });
    expect(await rotations(of)).toHaveLength(2);
  });

  it("TEN1 a rotation that cannot be stored is none, and one that nobody heard of is told by the alarm", async () => {
    const of = await enrol(await newAccount(await newTenant()));
    await audited(of.tenant, "install.enrolled");
    const next = await newPublicKey();
    const renewed = { ...of, keys: next.keys };
    await proved(of, "rotate", next);
    // Each time one half of what belongs together fails.
    await inside(of, (_, { storage }) =>
      storage.sql.exec("CREATE TRIGGER no_act BEFORE INSERT ON act BEGIN SELECT RAISE(ABORT, 'full'); END"),
    );
    await (await prove(renewed, "look")).handled();
    expect(await installOf(of)).toMatchObject({ key_pending: true, key_changed_at: null });
    await inside(of, (_, { storage }) => storage.sql.exec("DROP TRIGGER no_act"));
    await insideTenant(of.tenant, ({ storage }) =>
      storage.sql.exec("CREATE TRIGGER deaf BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END"),
    );
    await proved(renewed, "look");
    expect(await installOf(of)).toMatchObject({ key_pending: false });
    await evict(of);
    await insideTenant(of.tenant, ({ storage }) => storage.sql.exec("DROP TRIGGER deaf"));
    await inside(of, async (object, { storage }) => {
      storage.sql.exec("UPDATE deadline SET at = 0 WHERE name = 'acts'");
      await object.alarm();
    });
    await audited(of.tenant, "install.key_rotated");
    expect(await rotations(of)).toHaveLength(1);
  });
});
