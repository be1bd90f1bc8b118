import { afterEach, describe, expect, it, vi } from "vitest";
import { accountName, mintId, randomPart, tenantName, type IdKind } from "../../shared/ids.ts";
import { Access } from "../../relay/account/access.ts";
import type { AccountPorts, Caller, StoredGrant } from "../../relay/account/ports.ts";
import type { StateStore } from "../../relay/account/store/state.ts";
import { Agent, row } from "./support/agent.ts";
import { bearer, Gateway, refusedAt } from "./support/gateway.ts";
import {
  ask,
  get,
  newAccount,
  newKey,
  newTenant,
  OPERATOR,
  statusOf,
  type Account,
  type Json,
} from "./support/http.ts";
import { bindings, freeze, pass, secrets } from "./support/object.ts";
import { mac, scene } from "./support/scene.ts";
import { dial } from "./support/socket.ts";

afterEach(() => void vi.useRealTimers());

const TEN = 10;
const never = (kind: IdKind, account = randomPart(TEN)): string =>
  mintId(
    kind,
    { tenant: randomPart(TEN), account, own: randomPart(kind === "enr" ? 16 : TEN) },
    secrets.newest,
    secrets.macOf,
  );

const send = { id: 1, method: "send", params: { to: "x", text: "y" } };
const doors = (account: string): [string, string, unknown?][] => [
  ["GET", `/v1/accounts/${account}/status`],
  ["GET", `/v1/accounts/${account}/installs`],
  ["POST", `/v1/accounts/${account}/enrolments`],
  ["POST", `/v1/accounts/${account}/rpc`, send],
];

describe("keys", () => {
  it("ID3 a key is shown once, with its grant, and never again", async () => {
    const tenant = await newTenant();
    const body = { name: "bot", scopes: ["read", "rpc"], expires_at: Date.now() + 60_000 };
    const made = await get(201, "POST", `/v1/tenants/${tenant}/keys`, { body });
    expect(made).toMatchObject({
      ...body,
      accounts: null,
      key: expect.stringMatching(/^key_/),
      created_at: expect.any(Number),
    });
    expect(made["credential"]).toMatch(new RegExp(`^${String(made["key"])}\\.[0-9a-z]{52}$`));
    const { keys } = await get(200, "GET", `/v1/tenants/${tenant}/keys`);
    expect(keys).toEqual([
      {
        ...body,
        key: made["key"],
        accounts: null,
        created_at: made["created_at"],
        revoked_at: null,
        last_used_at: null,
      },
    ]);
  });

  it.each<[string, (key: { key: string; credential: string }) => string | null]>([
    ["nothing", () => null],
    ["another secret", ({ key }) => `${key}.${"0".repeat(52)}`],
    ["the id alone", ({ key }) => key],
    ["an id that was never issued", ({ credential }) => credential.replace("key_0", "key_1")],
    ["something after the secret", ({ credential }) => `${credential}.more`],
    ["half of the operator's key", () => OPERATOR.slice(0, 20)],
  ])("ID3 %s is 401 at every door", async (_, bearerOf) => {
    const account = await newAccount();
    const key = bearerOf(await newKey(account.tenant, ["rpc", "read", "manage"]));
    for (const [method, path, body] of doors(account.account))
      expect(await get(401, method, path, { key, body })).toMatchObject({
        code: "unauthenticated",
        retryable: false,
      });
    const response = await refusedAt(account, key === null ? {} : bearer(key));
    expect(response.status).toBe(401);
  });

  it.each<[string, number[]]>([
    ["read", [200, 403, 403, 403]],
    ["send", [200, 403, 403, 403]],
    ["rpc", [200, 403, 403, 200]],
    ["manage", [200, 200, 201, 403]],
  ])("ID4 what scope %s opens", async (scope, expected) => {
    const account = await newAccount();
    const { credential } = await newKey(account.tenant, [scope]);
    const statuses = [];
    for (const [method, path, body] of doors(account.account))
      statuses.push((await ask(method, path, { key: credential, body })).status);
    expect(statuses).toEqual(expected);
    expect((await refusedAt(account, bearer(credential))).status).toBe(scope === "rpc" ? 101 : 403);
  });

  it("ID4 a key restricted to accounts opens no other, and cannot act on the tenant", async () => {
    const [one, two] = [await newAccount(), await newAccount()];
    const { credential } = await newKey(one.tenant, ["read", "manage"], { accounts: [one.account] });
    await get(200, "GET", `/v1/accounts/${one.account}/status`, { key: credential });
    expect(await get(403, "GET", `/v1/accounts/${two.account}/status`, { key: credential })).toMatchObject({
      code: "forbidden",
    });
    for (const what of ["accounts", "keys"])
      await get(403, "GET", `/v1/tenants/${one.tenant}/${what}`, { key: credential });
    await get(403, "POST", `/v1/tenants/${one.tenant}/keys`, {
      key: credential,
      body: { name: "x", scopes: ["rpc"] },
    });
  });

  it.each<[string, Json]>([
    ["an unknown scope", { scopes: ["admin"] }],
    ["the operator's scope", { scopes: ["operator"] }],
    ["no scopes", { scopes: [] }],
    ["an expiry in the past", { expires_at: 1 }],
    ["no accounts", { accounts: [] }],
    ["an empty name", { name: "  " }],
    ["a long name", { name: "x".repeat(121) }],
  ])("ID4 a key with %s is refused", async (_, change) => {
    const tenant = await newTenant();
    const body = { name: "x", scopes: ["rpc"], ...change };
    expect(await get(400, "POST", `/v1/tenants/${tenant}/keys`, { body })).toMatchObject({
      code: "invalid_request",
    });
  });

  it("ID4 a key cannot be restricted to another tenant's account", async () => {
    const [tenant, other] = [await newTenant(), await newAccount(await newTenant())];
    await get(400, "POST", `/v1/tenants/${tenant}/keys`, {
      body: { name: "x", scopes: ["rpc"], accounts: [other.account] },
    });
    await get(404, "POST", `/v1/tenants/${tenant}/keys`, {
      body: { name: "x", scopes: ["rpc"], accounts: [never("acc")] },
    });
  });

  it("ID4 an expired key is 401, and its open socket is closed at its next word with 4003", async () => {
    freeze();
    const account = await mac();
    const key = await newKey(account.tenant, ["rpc"], { expires_at: Date.now() + 5_000 });
    const gateway = await Gateway.connect(account, { key });
    await pass(account, 4_999);
    await gateway.leftovers();
    await pass(account, 1);
    expect((await refusedAt(account, bearer(key.credential))).status).toBe(401);
    gateway.sock.send({ id: 1, method: "status" });
    expect(await gateway.sock.closed).toMatchObject({ code: 4003 });
  });

  it("ID4 an expired key is shown nothing more, even if it only listens", async () => {
    freeze();
    const account = await mac();
    const agent = await Agent.connect(account);
    const key = await newKey(account.tenant, ["rpc"], { expires_at: Date.now() + 5_000 });
    const gateway = await Gateway.connect(account, { key });
    await gateway.subscribe();
    await pass(account, 5_000);
    await agent.show([row(1)]);
    await statusOf(account);
    expect(gateway.sock.pending).toEqual([]);
  });
});

describe("revocation", () => {
  const revoke = ({ tenant }: Account, key: string): Promise<Json> =>
    get(200, "DELETE", `/v1/tenants/${tenant}/keys/${key}`);

  it("ID4 closes the key's sockets with 4004 on every account, says how many accounts were reached, and nobody else's", async () => {
    const tenant = await newTenant();
    const accounts = [await newAccount(tenant), await newAccount(tenant), await newAccount(tenant)] as const;
    const [key, kept] = [await newKey(tenant), await newKey(tenant)];
    const sockets = [
      await Gateway.connect(accounts[0], { key }),
      await Gateway.connect(accounts[0], { key }),
      await Gateway.connect(accounts[1], { key }),
    ];
    const other = await Gateway.connect(accounts[0], { key: kept });
    expect(await revoke(accounts[0], key.key)).toEqual({
      key: key.key,
      revoked_at: expect.any(Number),
      accounts_reached: 2,
    });
    for (const { sock } of sockets) expect(await sock.closed).toMatchObject({ code: 4004 });
    await other.leftovers();
    expect((await refusedAt(accounts[2], bearer(key.credential))).status).toBe(401);
    expect(
      (await ask("GET", `/v1/accounts/${accounts[0].account}/status`, { key: key.credential })).status,
    ).toBe(401);
    expect(await get(200, "GET", `/v1/tenants/${tenant}/keys`)).toMatchObject({
      keys: expect.arrayContaining([
        expect.objectContaining({ key: key.key, revoked_at: expect.any(Number) }),
      ]),
    });
  });

  it("ID4 what a revoked key still says on the socket it had is not done", async () => {
    const account = await mac();
    const agent = await Agent.connect(account);
    const key = await newKey(account.tenant);
    const gateway = await Gateway.connect(account, { key });
    await revoke(account, key.key);
    gateway.sock.send(send);
    await statusOf(account);
    expect(await statusOf(account)).toMatchObject({ gateways: 0, calls: 0, operations_open: 0 });
    await agent.settled();
  });

  it("ID4 a second revocation says when the first was", async () => {
    const account = await newAccount();
    const { key } = await newKey(account.tenant);
    const { revoked_at } = await revoke(account, key);
    expect(await revoke(account, key)).toMatchObject({ revoked_at, accounts_reached: 0 });
  });

  it("ID4 the copy of a grant is used for 60 s, and pulled again after", async () => {
    freeze();
    const pulls: number[] = [];
    const grant = {
      key: "key_1",
      secret_hash: "h",
      scopes: ["rpc"],
      accounts: null,
      expires_at: null,
    } as unknown as StoredGrant;
    const caller: Caller = { kind: "key", key: grant.key, secret_hash: "h" };
    const ports = {
      clock: { now: () => Date.now(), after: () => () => undefined },
      pullGrant: async () => (pulls.push(Date.now()), grant),
    } as unknown as AccountPorts;
    const access = new Access(ports, { current: {} } as StateStore);
    for (const ms of [0, 59_999, 1]) {
      vi.advanceTimersByTime(ms);
      expect(await access.admit(caller, ["rpc"])).toMatchObject({ ok: true });
    }
    expect(pulls).toHaveLength(2);
  });

  it("ID4 a revocation that comes while the grant is being pulled is not forgotten", async () => {
    const grant = {
      key: "key_1",
      secret_hash: "h",
      scopes: ["rpc"],
      accounts: null,
      expires_at: null,
    } as unknown as StoredGrant;
    const caller: Caller = { kind: "key", key: grant.key, secret_hash: "h" };
    const answers: ((grant: StoredGrant | null) => void)[] = [];
    const ports = {
      clock: { now: () => 0, after: () => () => undefined },
      pullGrant: () => new Promise((resolve) => answers.push(resolve)),
    } as unknown as AccountPorts;
    const access = new Access(ports, { current: {} } as StateStore);
    const first = access.admit(caller, ["rpc"]);
    access.forget(grant.key);
    answers[0]?.(grant);
    await first;
    const second = access.admit(caller, ["rpc"]);
    answers[1]?.(null);
    expect(await second).toMatchObject({ ok: false, error: "unauthenticated" });
  });
});

describe("strangers", () => {
  const bare = ({ request_id: _, ...rest }: Json): Json => rest;

  it("ID2 another tenant's key sees of an account exactly what it sees of one that never was", async () => {
    const { account } = await scene();
    const { credential } = await newKey(await newTenant(), ["read", "send", "rpc", "manage"]);
    const guessed = account.account.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
    for (const [at, [method, path, body]] of doors(account.account).entries()) {
      const seen = [];
      for (const id of [account.account, guessed, never("acc")]) {
        const other = doors(id)[at]?.[1] ?? path;
        seen.push(bare(await get(404, method, other, { key: credential, body })));
      }
      expect(seen[1]).toEqual(seen[0]);
      expect(seen[2]).toEqual(seen[0]);
    }
    for (const id of [account.account, guessed, never("acc")])
      expect((await refusedAt({ tenant: "", account: id }, bearer(credential))).status).toBe(404);
  });

  it("ID2 another tenant's key sees nothing of a tenant", async () => {
    const tenant = await newTenant();
    const { credential } = await newKey(await newTenant(), ["manage"]);
    const paths: [string, string, unknown?][] = [
      ["GET", "accounts"],
      ["GET", "keys"],
      ["POST", "accounts", { name: "x" }],
      ["POST", "keys", { name: "x", scopes: ["rpc"] }],
      ["DELETE", `keys/${(await newKey(tenant)).key}`],
    ];
    for (const [method, what, body] of paths) {
      const [real, none] = [
        await get(404, method, `/v1/tenants/${tenant}/${what}`, { key: credential, body }),
        await get(404, method, `/v1/tenants/${never("ten")}/${what}`, { key: credential, body }),
      ];
      expect(bare(real)).toEqual(bare(none));
    }
  });

  it("ID2 a key or install of elsewhere is not found here, even by the operator", async () => {
    const [account, other] = [await mac(), await mac()];
    const [tenant, key] = [await newTenant(), await newKey(account.tenant)];
    await get(404, "DELETE", `/v1/tenants/${tenant}/keys/${key.key}`);
    await get(404, "DELETE", `/v1/accounts/${account.account}/installs/${other.install}`);
    await get(404, "DELETE", `/v1/accounts/${account.account}/installs/${never("ins")}`);
    expect((await dial(`/v1/accounts/${never("acc")}/agent`)).status).toBe(404);
  });

  it("ID2 an id of ours whose object was never made answers 404 and writes nothing", async () => {
    const [account, tenant] = [randomPart(TEN), randomPart(TEN)];
    const parts = { tenant, account };
    const id = mintId("acc", parts, secrets.newest, secrets.macOf);
    const ten = mintId("ten", parts, secrets.newest, secrets.macOf);
    for (const [method, path, body] of doors(id)) await get(404, method, path, { body });
    expect((await dial(`/v1/accounts/${id}/agent`)).status).toBe(404);
    await get(404, "GET", `/v1/tenants/${ten}/accounts`);
    await get(404, "POST", `/v1/tenants/${ten}/keys`, { body: { name: "x", scopes: ["rpc"] } });
    const { runInDurableObject } = await import("cloudflare:test");
    for (const stub of [
      bindings.ACCOUNTS.getByName(accountName(parts)),
      bindings.TENANTS.getByName(tenantName(parts)),
    ]) {
      const found = await runInDurableObject(stub, async (_, { storage }) => [
        storage.sql.exec("SELECT name FROM sqlite_master").toArray(),
        await storage.getAlarm(),
      ]);
      expect(found).toEqual([[], null]);
    }
  });

  it("ID3 the operator's key manages, and reads nobody's messages", async () => {
    const { account, agent } = await scene();
    await agent.show([row(1)]);
    expect(await get(403, "POST", `/v1/accounts/${account.account}/rpc`, { body: send })).toMatchObject({
      code: "forbidden",
    });
    expect((await refusedAt(account, bearer(OPERATOR))).status).toBe(403);
    const forged = { ...bearer(OPERATOR), "relay-caller-key": "key_x", "relay-caller-hash": "x" };
    expect((await refusedAt(account, forged)).status).toBe(403);
    expect(JSON.stringify(await statusOf(account))).not.toContain("text 1");
  });

  it("ID3 headers of the inside are not believed from outside", async () => {
    const { account, gateway } = await scene();
    await gateway.call("relay.outcome", { idempotency_key: "x" });
    const { createHash } = await import("node:crypto");
    const [key = "", secret = ""] = gateway.key.credential.split(".");
    const inside = {
      "relay-caller-key": key,
      "relay-caller-hash": createHash("sha256").update(secret).digest("hex"),
    };
    expect((await dial(`/v1/accounts/${account.account}/rpc`, inside)).status).toBe(401);
  });

  it.each([
    ["POST", "/v1/tenants", { name: "x" }],
    ["GET", "/v1/tenants", undefined],
  ])("ID3 %s %s is the operator's alone", async (method, path, body) => {
    const { credential } = await newKey(await newTenant(), ["read", "send", "rpc", "manage"]);
    expect(await get(401, method, path, { key: null, body })).toMatchObject({ code: "unauthenticated" });
    expect(await get(401, method, path, { key: `${OPERATOR}x`, body })).toMatchObject({
      code: "unauthenticated",
    });
    expect(await get(403, method, path, { key: credential, body })).toMatchObject({ code: "forbidden" });
  });
});
