// The only place that turns an id into an object. Every id that comes here has had its MAC checked.
import {
  accountName,
  openId,
  tenantName,
  type AccountId,
  type IdParts,
  type TenantId,
} from "../shared/ids.ts";
import type { AccountApi, TenantApi } from "./api.ts";
import type { RelayEnv } from "./env.ts";
import type { Secrets } from "./secrets.ts";

const OPERATOR = "operator";

// Stubs speak the platform's RPC, whose types wrap every result; the interfaces say what crosses.
const tenantStub = (env: RelayEnv, name: string): TenantApi =>
  env.TENANTS.getByName(name) as unknown as TenantApi;

export const operatorObject = (env: RelayEnv): TenantApi => tenantStub(env, OPERATOR);

export const tenantObject = (env: RelayEnv, parts: IdParts): TenantApi => tenantStub(env, tenantName(parts));

export const accountObject = (env: RelayEnv, parts: IdParts): AccountApi =>
  env.ACCOUNTS.getByName(accountName(parts)) as unknown as AccountApi;

/** For ids out of our own storage. */
export const tenantOf = (env: RelayEnv, tenant: TenantId, secrets: Secrets): TenantApi =>
  tenantObject(env, opened(openId("ten", tenant, secrets.macOf)));

export const accountOf = (env: RelayEnv, account: AccountId, secrets: Secrets): AccountApi =>
  accountObject(env, opened(openId("acc", account, secrets.macOf)));

function opened<T>(parts: T | undefined): T {
  if (parts === undefined)
    throw new Error("an id of ours was signed by a secret that is not listed any more");
  return parts;
}
