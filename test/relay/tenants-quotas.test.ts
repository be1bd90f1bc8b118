// What a tenant may use, and what it has used (TEN rules).
import { describe, expect, it, vi } from "vitest";
import { dayUsageSchema } from "../../shared/usage.ts";
import { row } from "./support/agent.ts";
import { alone, OPEN, post, type Channel } from "./support/channel.ts";
import { bearer, Gateway, refusedAt } from "./support/gateway.ts";
import { ask, get, newAccount, newKey, newTenant, statusOf, type Json } from "./support/http.ts";
import { endpoint } from "./support/hooks.ts";
import { evict, inside, insideTenant } from "./support/object.ts";
import { ofTenant } from "./support/tenants.ts";

describe("quotas", () => {
  const setQuotas = (tenant: string, quotas: Json): Promise<Json> =>
    get(200, "PATCH", ofTenant(tenant, "/quotas"), { body: { quotas } });

  it("TEN9 accounts, keys and endpoints: one more is refused with both numbers, null is as usual again", async () => {
    const of = await alone();
    const { tenant } = of.account;
    await endpoint(of);
    const { used } = await get(200, "GET", ofTenant(tenant));
    expect(used).toEqual({ accounts: 1, keys: 1, endpoints: 1 });
    await setQuotas(tenant, { accounts: 1, keys: 1, endpoints: 1 });
    for (const [name, body] of [
      ["accounts", { name: "x" }],
      ["keys", { name: "x", scopes: ["read"] }],
      ["endpoints", { url: "https://bot.example.com/x" }],
    ] as const)
      expect(await get(409, "POST", ofTenant(tenant, `/${name}`), { body })).toMatchObject({
        code: "conflict",
        quota: { name, limit: 1, used: 1 },
      });
    expect(await setQuotas(tenant, { accounts: null })).toMatchObject({
      quotas: { accounts: 1_000, keys: 1 },
    });
    await newAccount(tenant);
  });

  it.each<[string, Json]>([
    ["one that there is not", { chats: 1 }],
    ["more than may be", { endpoints: 101 }],
    ["less than nothing", { accounts: -1 }],
  ])("TEN9 %s is refused", async (_, quotas) => {
    const refused = await get(400, "PATCH", ofTenant(await newTenant(), "/quotas"), { body: { quotas } });
    expect(refused).toMatchObject({ code: "invalid_request" });
  });

  it("TEN9 requests: each key has its own, the next one waits, and a refusal writes nothing", async () => {
    const account = await newAccount(await newTenant());
    const [one, two] = [await newKey(account.tenant, ["manage"]), await newKey(account.tenant, ["manage"])];
    await setQuotas(account.tenant, { requests_a_second: 1 });
    const path = `/v1/accounts/${account.account}/status`;
    const statuses: number[] = [];
    for (let n = 0; n < 12; n += 1) statuses.push((await ask("GET", path, { key: one.credential })).status);
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(10);
    expect(statuses).toContain(429);
    const refused = await ask("GET", path, { key: one.credential });
    expect(await refused.json()).toMatchObject({
      code: "rate_limited",
      quota: { name: "requests_a_second", limit: 1 },
    });
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    await get(200, "GET", path, { key: two.credential });
    // The tenant's own door counts by itself, and so does a socket.
    await get(200, "GET", ofTenant(account.tenant, "/keys"), { key: one.credential });
    expect((await refusedAt(account, bearer(one.credential))).status).toBe(429);
  });

  it("TEN9 requests over a socket are counted as well", async () => {
    const account = await newAccount(await newTenant());
    const key = await newKey(account.tenant, ["rpc"]);
    const gateway = await Gateway.connect(account, { key });
    await setQuotas(account.tenant, { requests_a_second: 0 });
    expect(await gateway.call("chats.list")).toMatchObject({
      error: { code: -32052, data: { quota: { name: "requests_a_second", limit: 0 }, retry_safe: true } },
    });
  });

  it("TEN9 sends of a day: what is over is refused till midnight, in the channel and in the tunnel", async () => {
    const of = await alone(OPEN);
    await setQuotas(of.account.tenant, { sends_a_day: 1 });
    const sent = post(of, { to: "+15550001", text: "one" });
    of.agent.answer(await of.agent.call(), { result: { ok: true, guid: "G-1" } });
    await of.agent.sock.next();
    expect((await sent).status).toBe(200);
    const refused = await post(of, { to: "+15550002", text: "two" });
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({ quota: { name: "sends_a_day", limit: 1, used: 1 } });
    expect(Number(refused.headers.get("retry-after"))).toBeLessThanOrEqual(24 * 3_600);
    const gateway = await Gateway.connect(of.account, { key: await newKey(of.account.tenant, ["rpc"]) });
    expect(await gateway.call("send", { to: "+15550002", text: "two" })).toMatchObject({
      error: { code: -32052, data: { quota: { name: "sends_a_day" } } },
    });
    // Counted from what is stored, not from memory.
    await evict(of.account);
    expect((await post(of, { to: "+15550002", text: "two" })).status).toBe(429);
  });

  it("TEN9 bytes of a day: the next attachment is refused, either way", async () => {
    const of = await alone(OPEN);
    await setQuotas(of.account.tenant, { bytes_a_day: 0 });
    const refused = await ask("POST", `/v1/accounts/${of.account.account}/attachments?name=a.txt`, {
      key: of.key.credential,
      body: "x",
      headers: { "content-length": "1" },
    });
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({ quota: { name: "bytes_a_day", limit: 0, used: 0 } });
  });

  it("TEN9 events kept: the oldest go when there are a thousand too many", async () => {
    const of = await alone(OPEN);
    await setQuotas(of.account.tenant, { events_kept: 10 });
    for (let n = 0; n < 3; n += 1)
      await of.agent.show(Array.from({ length: 400 }, (_, at) => row(n * 400 + at + 1)));
    const { log } = (await statusOf(of.account)) as { log: { first_seq: number; last_seq: number } };
    expect(log.last_seq - log.first_seq + 1).toBeLessThan(1_010);
    expect(log.first_seq).toBeGreaterThan(1);
  });
});

describe("usage", () => {
  const usageOf = async (of: Channel, query = ""): Promise<readonly Json[]> => {
    const { days } = await get(200, "GET", `/v1/accounts/${of.account.account}/usage${query}`);
    return days as Json[];
  };
  const reported = async (tenant: string): Promise<readonly Json[]> =>
    (await get(200, "GET", ofTenant(tenant, "/usage")))["days"] as Json[];
  const tell = (of: Channel): Promise<void> =>
    inside(of.account, async (object, { storage }) => {
      storage.sql.exec("UPDATE deadline SET at = 0 WHERE name = 'usage'");
      await object.alarm();
    });

  it("TEN10 a day is what was counted in it, and is told to the tenant by the hour", async () => {
    const of = await alone(OPEN);
    await of.agent.show([row(1), row(2), row(3, { is_from_me: true })]);
    const [today, ...others] = await usageOf(of);
    expect(others).toEqual([]);
    expect(today).toMatchObject({
      day: new Date().toISOString().slice(0, 10),
      messages_in: 2,
      messages_out: 1,
      calls: 0,
      bytes_in: 0,
      webhook_attempts: 0,
      wakes: expect.any(Number),
    });
    expect(today?.["rows_written"]).toBeGreaterThan(3);
    expect(await reported(of.account.tenant)).toEqual([]);
    await tell(of);
    await vi.waitUntil(async () => (await reported(of.account.tenant)).length > 0, { interval: 10 });
    expect(await reported(of.account.tenant)).toMatchObject([
      { account: of.account.account, day: today?.["day"], messages_in: 2, messages_out: 1 },
    ]);
    // Nothing more happens, so nothing more is told: an idle account is not woken for it.
    const armed = await inside(of.account, (_, { storage }) =>
      storage.sql.exec("SELECT * FROM deadline WHERE name = 'usage'").toArray(),
    );
    expect(armed).toEqual([]);
  });

  it("TEN10 midnight ends a day, the next begins at nothing, and both outlive the object", async () => {
    const of = await alone(OPEN);
    await of.agent.show([row(1), row(2)]);
    const later = Date.now() + 24 * 3_600_000;
    vi.useFakeTimers({ toFake: ["Date"], now: later });
    try {
      await evict(of.account);
      await of.agent.show([row(3)]);
      await evict(of.account);
      const days = await usageOf(of);
      expect(days.map(({ messages_in }) => messages_in)).toEqual([2, 1]);
      await tell(of);
      await vi.waitUntil(async () => (await reported(of.account.tenant)).length === 2, { interval: 10 });
      expect((await reported(of.account.tenant)).map(({ messages_in }) => messages_in)).toEqual([2, 1]);
      const only = await usageOf(of, `?to=${new Date(later - 24 * 3_600_000).toISOString().slice(0, 10)}`);
      expect(only).toHaveLength(1);
    } finally {
      vi.useRealTimers();
    }
  });

  it("TEN10 a tenant's days come in pages, as lines too, and a place that is none is refused", async () => {
    const tenant = await newTenant();
    await insideTenant(tenant, ({ storage }) => {
      const names = Object.keys(dayUsageSchema.shape);
      const body = JSON.stringify(Object.fromEntries(names.map((name) => [name, 1])));
      for (const [day, account] of [
        ["2026-05-01", "acc_a"],
        ["2026-05-01", "acc_b"],
        ["2026-05-02", "acc_a"],
      ] as const)
        storage.sql.exec("INSERT INTO usage_day VALUES (?, ?, 0, ?)", day, account, body);
    });
    const range = "from=2026-05-01&to=2026-05-31&limit=2";
    const first = await get(200, "GET", ofTenant(tenant, `/usage?${range}`));
    expect(first).toMatchObject({ from: "2026-05-01", to: "2026-05-31", next: "2026-05-01.acc_b" });
    const second = await get(200, "GET", ofTenant(tenant, `/usage?${range}&after=2026-05-01.acc_b`));
    expect(second).toMatchObject({ days: [{ day: "2026-05-02", account: "acc_a" }], next: null });
    const lines = await ask("GET", ofTenant(tenant, `/usage?${range}`), {
      headers: { accept: "application/x-ndjson" },
    });
    const text = new TextDecoder().decode(await lines.arrayBuffer());
    expect(text.trim().split("\n")).toHaveLength(3);
    await get(400, "GET", ofTenant(tenant, "/usage?after=x"));
    await get(400, "GET", ofTenant(tenant, "/usage?from=yesterday"));
  });
});
