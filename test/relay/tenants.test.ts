// Tenants by their operator: audit, suspension, deletion (TEN rules).
import { runDurableObjectAlarm } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import { Reporting } from "../../relay/account/reporting.ts";
import { AUDIT_VERBS } from "../../shared/audit.ts";
import { Agent, enrol, greet, row } from "./support/agent.ts";
import { alone, call, OPEN, shownGuids } from "./support/channel.ts";
import { bearer, Gateway, refusedAt } from "./support/gateway.ts";
import { ask, get, newAccount, newKey, newTenant, statusOf, type Ask, type Json } from "./support/http.ts";
import { endpoint } from "./support/hooks.ts";
import { evict, inside, insideTenant, tenantStub } from "./support/object.ts";
import { Reader } from "./support/readers.ts";
import {
  audited,
  auditOf,
  ofTenant,
  Posts,
  resume,
  suspend,
  tableNames,
  tablesOf,
  type Entry,
} from "./support/tenants.ts";

describe("audit", () => {
  it("TEN1 every act is one entry: who, what, about which id, with what result, in which request", async () => {
    const tenant = await newTenant();
    const manager = await newKey(tenant, ["manage"]);
    const asked: Ask = { key: manager.credential, body: { name: "home" } };
    const made = await ask("POST", ofTenant(tenant, "/accounts"), asked);
    const { account }: Json = await made.json();
    const refused = await ask("PATCH", ofTenant(tenant, `/keys/${manager.key}`), {
      body: { accounts: [(await newAccount(await newTenant())).account] },
    });
    const entries = await auditOf(tenant);
    expect(entries.map(({ id: _id, at: _at, ...entry }) => entry)).toEqual([
      {
        by: "operator",
        verb: "key.changed",
        about: manager.key,
        result: "invalid_request",
        request_id: refused.headers.get("x-request-id"),
      },
      {
        by: manager.key,
        verb: "account.created",
        about: account,
        result: "ok",
        request_id: made.headers.get("x-request-id"),
      },
      {
        by: "operator",
        verb: "key.created",
        about: manager.key,
        result: "ok",
        request_id: expect.any(String),
      },
    ]);
    expect(entries.every(({ verb }) => Object.hasOwn(AUDIT_VERBS, verb))).toBe(true);
  });

  it("TEN1 what is done in an account is told to its tenant, the agent's act too, without a handle", async () => {
    const of = await alone({ dmPolicy: "pairing" });
    const { tenant } = of.account;
    await of.agent.show([row(1, { sender: "+15559999" })]);
    const { requests } = await call(200, of, "GET", "pairing");
    const [{ code } = { code: "" }] = requests as { code: string }[];
    await call(200, of, "POST", "pairing/approve", { code });
    expect(await audited(tenant, "pairing.approved")).toMatchObject({
      by: of.key.key,
      about: of.account.account,
      result: "ok",
    });
    expect(await audited(tenant, "install.enrolled")).toMatchObject({
      by: "agent",
      about: of.account.install,
    });
    const told = JSON.stringify(await auditOf(tenant));
    expect(told).not.toContain("15559999");
    expect(told).not.toContain(code);
  });

  it("TEN1 one that the tenant did not hear is told again, and counts once", async () => {
    const of = await alone();
    const { tenant, account } = of.account;
    await audited(tenant, "install.enrolled");
    const body = { by: "agent", verb: "install.offered", about: account, result: "ok", request_id: null };
    const count = (): Promise<number> =>
      inside(of.account, (_, { storage }) => storage.sql.exec("SELECT * FROM act").toArray().length);
    // As if the object had died between being heard and knowing it.
    for (let time = 0; time < 2; time += 1) {
      await inside(of.account, async (object, { storage }) => {
        storage.sql.exec("INSERT INTO act (id, at, body) VALUES ('same', 1, ?)", JSON.stringify(body));
        storage.sql.exec("INSERT OR REPLACE INTO deadline (name, at) VALUES ('acts', 0)");
        await object.alarm();
      });
      await vi.waitUntil(async () => (await count()) === 0, { timeout: 5_000, interval: 10 });
    }
    expect((await auditOf(tenant)).filter(({ at }) => at === 1)).toHaveLength(1);
  });

  it("TEN1 an alarm that rings while a report hangs is not the last one", async () => {
    const armed: string[] = [];
    const ports = { clock: { now: () => 0 }, report: () => new Promise(() => undefined) };
    const state = { current: {}, transact: (run: () => void) => run() };
    const acts = { first: () => [{}] };
    const schedule = { arm: (name: string) => armed.push(name) };
    const parts = [ports, state, acts, {}, schedule] as unknown as ConstructorParameters<typeof Reporting>;
    const reporting = new Reporting(...parts);
    void reporting.tell();
    await reporting.tell();
    expect(armed).toEqual(["acts"]);
  });

  it("TEN2 pages, newest first; and all of it as lines, oldest first; for managers of the whole tenant only", async () => {
    const tenant = await newTenant();
    const [one, two] = [await newKey(tenant, ["manage"]), await newKey(tenant, ["read"])];
    for (let n = 0; n < 5; n += 1) await newAccount(tenant);
    const first = await get(200, "GET", ofTenant(tenant, "/audit?limit=4"), { key: one.credential });
    const second = await get(200, "GET", ofTenant(tenant, `/audit?limit=4&after=${String(first["next"])}`));
    const ids = [first, second].flatMap(({ entries }) => (entries as Entry[]).map(({ id }) => id));
    expect(ids).toEqual([7, 6, 5, 4, 3, 2, 1]);
    expect(second["next"]).toBeNull();
    const lines = await ask("GET", ofTenant(tenant, "/audit"), {
      headers: { accept: "application/x-ndjson" },
    });
    expect(lines.headers.get("content-type")).toBe("application/x-ndjson");
    const entries = new TextDecoder()
      .decode(await lines.arrayBuffer())
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Entry);
    expect(entries.map(({ id }) => id)).toEqual(ids.toReversed());
    await get(403, "GET", ofTenant(tenant, "/audit"), { key: two.credential });
  });

  it("TEN2 the operator's own audit says which tenants were made, and by no key is it read", async () => {
    const tenant = await newTenant();
    const { entries } = await get(200, "GET", "/v1/audit?limit=1");
    expect(entries).toMatchObject([{ verb: "tenant.created", about: tenant, by: "operator" }]);
    const { credential } = await newKey(tenant, ["manage"]);
    await get(403, "GET", "/v1/audit", { key: credential });
    await get(401, "GET", "/v1/audit", { key: null });
  });
});

describe("a tenant", () => {
  it("TEN3 is shown, renamed and listed by its operator, page by page, and by nobody else", async () => {
    const tenant = await newTenant();
    const { credential } = await newKey(tenant, ["manage"]);
    expect(await get(200, "PATCH", ofTenant(tenant), { body: { name: "Acme" } })).toMatchObject({
      tenant,
      name: "Acme",
      state: "active",
      reason: null,
      used: { accounts: 0, keys: 1, endpoints: 0 },
      quotas: { accounts: 1_000 },
    });
    const listed: Json[] = [];
    for (let after = ""; ;) {
      const { tenants, next } = await get(200, "GET", `/v1/tenants?limit=2${after}`);
      listed.push(...(tenants as Json[]));
      if (next === null) break;
      after = `&after=${JSON.stringify(next).slice(1, -1)}`;
    }
    expect(listed.at(-1)).toMatchObject({ tenant, name: "Acme" });
    for (const [method, path] of [
      ["GET", ""],
      ["PATCH", ""],
      ["DELETE", ""],
      ["POST", "/suspend"],
      ["POST", "/resume"],
      ["PATCH", "/quotas"],
    ] as const)
      await get(403, method, ofTenant(tenant, path), { key: credential });
  });

  it("TEN4 suspended: keys are refused by code, sockets closed with 4008 and words, and nothing is lost", async () => {
    const internet = new Posts();
    const of = await alone(OPEN);
    const { tenant } = of.account;
    const rpc = await newKey(tenant, ["rpc"]);
    await endpoint(of);
    await of.agent.show([row(1)]);
    await internet.until("message.received");
    const gateway = await Gateway.connect(of.account, { key: rpc });
    const reader = await Reader.open(of, "after=tail&consumer=bot");
    await expect(suspend(tenant, { reason: "x".repeat(61) })).rejects.toThrow(
      '"detail":"reason: at most 60 characters"',
    );
    expect(await suspend(tenant, { reason: "the bill is open" })).toMatchObject({
      state: "suspended",
      accounts_pending: 0,
    });
    const words = "the relay's operator has suspended this tenant: the bill is open";
    for (const sock of [gateway.sock, reader.sock, of.agent.sock])
      expect(await sock.closed).toEqual({ code: 4008, reason: words });
    // Whoever comes now: the Mac is told after it has shown who it is, every key by code.
    expect(await (await greet(of.account)).closed).toEqual({ code: 4008, reason: words });
    const refusal = { code: "tenant_suspended", detail: "the bill is open", retryable: false };
    expect(await call(403, of, "GET", "status")).toMatchObject(refusal);
    expect(await get(403, "GET", ofTenant(tenant, "/keys"), { key: of.key.credential })).toMatchObject(
      refusal,
    );
    expect((await refusedAt(of.account, bearer(rpc.credential))).status).toBe(403);
    expect(await statusOf(of.account)).toMatchObject({ agent: { state: "offline" } });

    await resume(tenant);
    const agent = await Agent.connect(of.account);
    expect(agent.welcome["resume"]).toBe(1);
    await agent.show([row(2)]);
    expect(await shownGuids(of)).toEqual(["G-1", "G-2"]);
    await internet.until("message.received", 2);
    expect((await Reader.open(of, "consumer=bot")).ready).toMatchObject({ consumer: "bot" });
  });

  it("TEN4 what waits for a webhook goes out after the suspension, not during it", async () => {
    const internet = new Posts();
    const of = await alone(OPEN);
    await endpoint(of);
    internet.status = 500;
    await of.agent.show([row(1)]);
    await internet.until("message.received");
    await suspend(of.account.tenant);
    const before = internet.count;
    internet.status = 200;
    // An object that begins to live looks at what is due.
    await inside(of.account, (_, { storage }) => storage.sql.exec("UPDATE parked SET next_at = 0").toArray());
    await evict(of.account);
    await inside(of.account, (object) => object.alarm());
    expect(internet.count).toBe(before);
    await resume(of.account.tenant);
    await internet.until("message.received", before + 1);
  });

  it("TEN4 while nobody may read, nothing gets too old, and then there is a day to read it", async () => {
    const of = await alone(OPEN);
    await of.agent.show([row(1)]);
    await suspend(of.account.tenant);
    const age = (): Promise<void> =>
      inside(of.account, async (object, { storage }) => {
        storage.sql.exec("UPDATE event SET logged_at = logged_at - ?", 30 * 24 * 3_600_000);
        storage.sql.exec("INSERT OR REPLACE INTO deadline (name, at) VALUES ('retention', 0)");
        await object.alarm();
      });
    await age();
    await resume(of.account.tenant);
    expect(await shownGuids(of)).toEqual(["G-1"]);
    const due = await inside(of.account, (_, { storage }) =>
      Number(storage.sql.exec("SELECT at FROM deadline WHERE name = 'retention'").one()["at"]),
    );
    expect(due).toBeGreaterThan(Date.now() + 23 * 3_600_000);
    await age();
    expect(await shownGuids(of)).toEqual([]);
  });

  it("TEN6 deleted: every object of it is empty, its id is like one that never was, and the list has it no more", async () => {
    const internet = new Posts();
    const of = await alone(OPEN);
    const { tenant } = of.account;
    const other = await enrol(await newAccount(tenant));
    await endpoint(of);
    await of.agent.show([row(1)]);
    await internet.until("message.received");
    const gateway = await Gateway.connect(of.account, { key: await newKey(tenant, ["rpc"]) });
    expect(await get(200, "DELETE", ofTenant(tenant))).toEqual({
      tenant,
      state: "deleted",
      accounts_left: 0,
    });
    expect(await gateway.sock.closed).toMatchObject({ code: 4004, reason: "this account was deleted" });
    expect(await of.agent.sock.closed).toMatchObject({ code: 4004 });
    for (const account of [of.account, other]) expect(await tablesOf(account)).toEqual([]);
    const tables = await insideTenant(tenant, ({ storage }) => tableNames(storage));
    expect(tables).toEqual([]);
    expect(await get(404, "GET", ofTenant(tenant))).toMatchObject({ code: "not_found" });
    expect((await ask("GET", `/v1/accounts/${other.account}/status`)).status).toBe(404);
    await get(404, "GET", ofTenant(tenant, "/keys"), { key: of.key.credential });
    const { tenants } = await get(200, "GET", "/v1/tenants");
    expect(JSON.stringify(tenants)).not.toContain(tenant);
    const { entries } = await get(200, "GET", "/v1/audit?limit=1");
    expect(entries).toMatchObject([{ verb: "tenant.deleted", about: tenant }]);
  });

  it("TEN6 what did not come to its end at once is seen as deleting, and ended by the alarm", async () => {
    const of = await alone(OPEN);
    const { tenant } = of.account;
    await insideTenant(tenant, ({ storage }) => {
      storage.sql.exec(
        "INSERT OR REPLACE INTO standing (tenant, state, quotas, changed_at) VALUES (?, 'deleting', '{}', 0)",
        tenant,
      );
      storage.sql.exec(
        "INSERT INTO outbox (kind, account, attempts) SELECT 'delete_account', account, 0 FROM account",
      );
    });
    expect(await get(200, "GET", ofTenant(tenant))).toMatchObject({ state: "deleting", accounts_pending: 1 });
    await get(404, "GET", ofTenant(tenant, "/keys"), { key: of.key.credential });
    await get(410, "POST", ofTenant(tenant, "/resume"));
    await insideTenant(tenant, ({ storage }) => storage.setAlarm(Date.now() + 60_000));
    await runDurableObjectAlarm(tenantStub(tenant));
    await get(404, "GET", ofTenant(tenant));
    expect(await tablesOf(of.account)).toEqual([]);
  });
});
