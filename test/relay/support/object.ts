// Behind the door: the account's object itself, its eviction and its time.
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import { accountName, openId, tenantName } from "../../../shared/ids.ts";
import { AccountObject } from "../../../relay/account/object.ts";
import type { RelayEnv } from "../../../relay/env.ts";
import { readSecrets } from "../../../relay/secrets.ts";
import type { Account } from "./http.ts";

/** What wrangler's generated types leave out: the secrets. */
export const bindings = env as unknown as RelayEnv;
export const secrets = readSecrets(bindings.RELAY_SECRETS);

export function stubOf({ account }: Account): DurableObjectStub<AccountObject> {
  const parts = openId("acc", account, secrets.macOf);
  if (parts === undefined) throw new Error("not an account");
  return bindings.ACCOUNTS.getByName(accountName(parts)) as unknown as DurableObjectStub<AccountObject>;
}

export const inside = <T>(
  account: Account,
  run: (object: AccountObject, state: DurableObjectState) => T,
): Promise<Awaited<T>> =>
  runInDurableObject(stubOf(account), async (object, state) => run(object, state)) as Promise<Awaited<T>>;

export function tenantStub(tenant: string): DurableObjectStub {
  const parts = openId("ten", tenant, secrets.macOf);
  if (parts === undefined) throw new Error("not a tenant");
  return bindings.TENANTS.getByName(tenantName(parts));
}

/** The tenant's own object: what is stored of its configuration. */
export const insideTenant = <T>(tenant: string, run: (state: DurableObjectState) => T): Promise<Awaited<T>> =>
  runInDurableObject(tenantStub(tenant), async (_, state) => run(state)) as Promise<Awaited<T>>;

/** Object → the one that was constructed in its place. */
const successors = new WeakMap<object, object>();
const latest = (object: object): object => {
  const next = successors.get(object);
  return next === undefined ? object : latest(next);
};

// This version of the pool cannot evict (evictDurableObject came later), so its wrapper's instance is made to hand
// every callback to its successor.
for (const name of Object.getOwnPropertyNames(AccountObject.prototype)) {
  const method: unknown = Reflect.get(AccountObject.prototype, name);
  if (name === "constructor" || typeof method !== "function") continue;
  Reflect.set(AccountObject.prototype, name, function (this: object, ...args: unknown[]): unknown {
    return Reflect.apply(method, latest(this), args);
  });
}

/** Forgets everything but storage and sockets: what hibernation does to the object. */
export async function evict(account: Account): Promise<void> {
  await inside(account, (object, state) => {
    successors.set(latest(object), new AccountObject(state, bindings));
  });
}

/** The relay's time stands still until it is moved. Only for tests that have one account. */
export function freeze(msAgo = 0): void {
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"], now: Date.now() - msAgo });
}

/** Moves time; what falls due runs as the account's object. */
export const pass = (account: Account, ms: number): Promise<void> =>
  inside(account, () => void vi.advanceTimersByTime(ms));

export const alarmAt = (account: Account): Promise<number | null> =>
  inside(account, (_, { storage }) => storage.getAlarm());

export interface Logged {
  readonly seq: number;
  readonly kind: string;
  readonly rowid: number | null;
  readonly database: number;
  readonly delayed: number;
  readonly backfilled: number;
  readonly body: string;
}

/** The log as it is stored: what no tunnel shows (kinds, marks). */
export const logOf = (account: Account): Promise<Logged[]> =>
  inside(
    account,
    (_, { storage }) => storage.sql.exec("SELECT * FROM event ORDER BY seq").toArray() as unknown as Logged[],
  );
