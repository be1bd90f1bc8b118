// The breaker of an endpoint in its tenant: what is said of a round that is over changes nothing.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { migrate } from "../../relay/migrate.ts";
import { TenantEndpoints } from "../../relay/tenant/endpoints.ts";
import { TENANT_MIGRATIONS } from "../../relay/tenant/migrations.ts";
import { BREAKER_FAILURES } from "../../shared/webhooks/limits.ts";
import { openStorage, type SqlStorage } from "../seeds/sql-storage.ts";

const ID = "end_1";
const NOW = Date.UTC(2026, 4, 3);
const PLAIN = { seal: (text: string) => text, unseal: (text: string) => text };

let storage: SqlStorage;
let endpoints: TenantEndpoints;
beforeEach(async () => {
  storage = await openStorage(({ sql }) => migrate(sql, TENANT_MIGRATIONS));
  endpoints = new TenantEndpoints(storage.sql, PLAIN, { allowLoopback: false, ownHosts: [] });
  const wish = {
    kinds: ["*"],
    chats: null,
    accounts: null,
    description: "",
    takes_replies: false,
    secret: null,
  };
  const added = endpoints.add(ID, { url: "https://bot.example.com/", ...wish }, NOW);
  if (!added.ok) throw new Error(added.error.detail);
});
afterEach(() => storage.close());

const fail = (round: number, who: string, last_success_at: number | null = null) =>
  endpoints.failed({ endpoint: ID, round, who, last_success_at, retry_after_ms: 0 }, NOW, 0.5);
const failAll = (round: number) =>
  Array.from({ length: BREAKER_FAILURES }, (_, at) => fail(round, `chat ${at}`)).at(-1);
const waits = (): number | null | undefined => endpoints.find(ID, NOW)?.next_attempt_at;
const round = (): number | undefined => endpoints.factsFor("any")[0]?.round;

describe("HOOK14 after an endpoint was resumed", () => {
  beforeEach(() => {
    failAll(0);
    endpoints.resume(ID, NOW);
  });

  test("failures of before do not close it", () => {
    expect([round(), waits()]).toEqual([1, null]);
    expect(failAll(0)).toEqual({ until: null, others_at: null, isNews: false });
    expect([endpoints.find(ID, NOW)?.failing_since, waits()]).toEqual([null, null]);
    expect(failAll(1)?.until).toBeGreaterThan(NOW);
  });

  test("a success of before does not open it", () => {
    failAll(1);
    expect(endpoints.succeeded(ID, 0, NOW)).toBe(false);
    expect(waits()).toBeGreaterThan(NOW);
    expect(endpoints.succeeded(ID, 1, NOW)).toBe(true);
    expect([round(), waits()]).toEqual([2, null]);
  });

  test("a 410 of before does not disable it", () => {
    expect(endpoints.gone(ID, 0, NOW)).toBe(false);
    expect(endpoints.find(ID, NOW)?.state).toBe("active");
    expect(endpoints.gone(ID, 1, NOW)).toBe(true);
    expect(endpoints.find(ID, NOW)?.state).toBe("disabled");
  });
});

test("HOOK14 an endpoint that moved begins a round of its own, and one that was only renamed does not", () => {
  endpoints.change(ID, { description: "the same bot" }, NOW);
  expect(round()).toBe(0);
  endpoints.change(ID, { url: "https://elsewhere.example.com/" }, NOW);
  expect(round()).toBe(1);
});

test("HOOK6 an account that delivered since the first failure opens it for the others, and that is news", () => {
  failAll(0);
  const told = fail(0, "chat 1", NOW + 1);
  expect(told).toEqual({ until: null, others_at: NOW + 1, isNews: true });
  expect(round()).toBe(1);
});
