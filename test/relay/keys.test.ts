import { afterEach, describe, expect, it, vi } from "vitest";
import { Access } from "../../relay/account/access.ts";
import type { AccountPorts, Caller, StoredGrant } from "../../relay/account/ports.ts";
import type { StateStore } from "../../relay/account/store/state.ts";
import { USUAL_QUOTAS } from "../../shared/quotas.ts";
import { Agent, row } from "./support/agent.ts";
import { doors, never, SEND } from "./support/doors.ts";
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
import { freeze, pass } from "./support/object.ts";
import { mac } from "./support/scene.ts";

afterEach(() => void vi.useRealTimers());

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
        old_secret_until: null,
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

  it("ID4 ID2 a key cannot be restricted to another tenant's account, which looks like one that never was", async () => {
    const [tenant, other] = [await newTenant(), await newAccount(await newTenant())];
    const seen: Json[] = [];
    for (const account of [other.account, never("acc"), "acc_0", other.account.replace(/.$/, "z")]) {
      const response = await ask("POST", `/v1/tenants/${tenant}/keys`, {
        body: { name: "x", scopes: ["rpc"], accounts: [account] },
      });
      const { request_id: _, ...body }: Json = await response.json();
      seen.push(body);
    }
    expect(seen).toEqual(Array.from({ length: 4 }, () => seen[0]));
    expect([400, 404]).toContain(seen[0]?.["status"]);
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

const grant = {
  key: "key_1",
  secret_hash: "h",
  scopes: ["rpc"],
  accounts: null,
  expires_at: null,
} as unknown as StoredGrant;
const caller: Caller = { kind: "key", key: grant.key, secret_hash: "h" };

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
      accounts: 2,
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
    gateway.sock.send(SEND);
    await gateway.sock.handled();
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
    const ports = {
      clock: { now: () => Date.now(), after: () => () => undefined },
      pullGrant: async () => (pulls.push(Date.now()), grant),
    } as unknown as AccountPorts;
    const access = new Access(ports, { current: {} } as StateStore, { held: null, quotas: USUAL_QUOTAS });
    for (const ms of [0, 59_999, 1]) {
      vi.advanceTimersByTime(ms);
      expect(await access.admit(caller, ["rpc"])).toMatchObject({ ok: true });
    }
    expect(pulls).toHaveLength(2);
  });

  it("ID4 a revocation that comes while the grant is being pulled is not forgotten", async () => {
    let pulled: (grant: StoredGrant | null) => void = () => undefined;
    const slow = new Promise<StoredGrant | null>((resolve) => {
      pulled = resolve;
    });
    const answers = [slow, Promise.resolve(null), Promise.resolve(null)];
    const ports = {
      clock: { now: () => 0, after: () => () => undefined },
      pullGrant: () => answers.shift(),
    } as unknown as AccountPorts;
    const access = new Access(ports, { current: {} } as StateStore, { held: null, quotas: USUAL_QUOTAS });
    const first = access.admit(caller, ["rpc"]);
    access.forget(grant.key);
    pulled(grant);
    expect([await first, await access.admit(caller, ["rpc"])]).toEqual([
      { ok: false, error: { code: "unauthenticated" } },
      { ok: false, error: { code: "unauthenticated" } },
    ]);
  });
});
