import type * as z from "zod";
import type { Scope } from "../../shared/grant.ts";
import { accountPath } from "./account.ts";
import { tenantPath } from "./admin.ts";
import { withQuery } from "./events-query.ts";
import { request, type Ask, type HttpTarget } from "./http.ts";
import {
  accountStateSchema,
  accountUsageSchema,
  auditSchema,
  changedKeySchema,
  deletedAccountSchema,
  deletedTenantSchema,
  rotatedKeySchema,
  tenantUsageSchema,
  tenantViewSchema,
  type AccountState,
  type AccountUsage,
  type AuditPage,
  type ChangedKey,
  type DeletedTenant,
  type RotatedKey,
  type TenantUsage,
  type TenantView,
} from "./tenant-shapes.ts";

/** Absent = as it is. Null of `accounts` = all of the tenant, of `expires_at` = never (ms). */
export interface KeyChange {
  readonly name?: string;
  readonly scopes?: readonly Scope[];
  readonly accounts?: readonly string[] | null;
  readonly expires_at?: number | null;
}

/** Days of UTC, as `2026-05-03`, both included; absent = the last month. */
export interface DayRange {
  readonly from?: string;
  readonly to?: string;
}

/**
 * What is done with tenants, by the operator's key; and with a tenant's accounts and keys, also by one of scope `manage`
 * (docs/protocol.md §11). What lists and makes them is in `Admin`.
 */
export class TenantsHttp {
  readonly #target: HttpTarget;

  constructor(target: HttpTarget) {
    this.#target = target;
  }

  show(tenant: string): Promise<TenantView> {
    return this.#ask("GET", onePath(tenant), tenantViewSchema);
  }

  rename(tenant: string, name: string): Promise<TenantView> {
    return this.#ask("PATCH", onePath(tenant), tenantViewSchema, { name });
  }

  /** Everybody of it is shut out, and told `reason`; nothing is lost meanwhile. */
  suspend(tenant: string, reason?: string): Promise<TenantView> {
    const body = reason === undefined ? {} : { reason };
    return this.#ask("POST", tenantPath(tenant, "suspend"), tenantViewSchema, body);
  }

  resume(tenant: string): Promise<TenantView> {
    return this.#ask("POST", tenantPath(tenant, "resume"), tenantViewSchema, {});
  }

  /** Null = as usual. */
  setQuotas(tenant: string, quotas: Readonly<Record<string, number | null>>): Promise<TenantView> {
    return this.#ask("PATCH", tenantPath(tenant, "quotas"), tenantViewSchema, { quotas });
  }

  /** Everything of it. Where `state` is `deleting`, it goes on by itself. */
  remove(tenant: string): Promise<DeletedTenant> {
    return this.#ask("DELETE", onePath(tenant), deletedTenantSchema);
  }

  /** The newest first; `after`: what `next` of the page before said. */
  audit(tenant: string, page: { readonly after?: number; readonly limit?: number } = {}): Promise<AuditPage> {
    return this.#ask("GET", withQuery(tenantPath(tenant, "audit"), { ...page }), auditSchema);
  }

  /** `after`: what `next` of the page before said. */
  usage(
    tenant: string,
    asked: DayRange & { readonly after?: string; readonly limit?: number } = {},
  ): Promise<TenantUsage> {
    return this.#ask("GET", withQuery(tenantPath(tenant, "usage"), { ...asked }), tenantUsageSchema);
  }

  accountUsage(account: string, range: DayRange = {}): Promise<AccountUsage> {
    return this.#ask("GET", withQuery(accountPath(account, "usage"), { ...range }), accountUsageSchema);
  }

  renameAccount(account: string, name: string): Promise<AccountState> {
    return this.#ask("PATCH", wholeAccount(account), accountStateSchema, { name });
  }

  pauseAccount(account: string): Promise<AccountState> {
    return this.#ask("POST", accountPath(account, "pause"), accountStateSchema, {});
  }

  resumeAccount(account: string): Promise<AccountState> {
    return this.#ask("POST", accountPath(account, "resume"), accountStateSchema, {});
  }

  removeAccount(account: string): Promise<z.infer<typeof deletedAccountSchema>> {
    return this.#ask("DELETE", wholeAccount(account), deletedAccountSchema);
  }

  changeKey(tenant: string, key: string, change: KeyChange): Promise<ChangedKey> {
    return this.#ask("PATCH", keyPath(tenant, key), changedKeySchema, change);
  }

  /** The credential is shown this once; the former one opens for `graceS` seconds more. */
  rotateKey(tenant: string, key: string, graceS = 0): Promise<RotatedKey> {
    return this.#ask("POST", `${keyPath(tenant, key)}/rotate`, rotatedKeySchema, { grace_s: graceS });
  }

  #ask<T>(method: Ask<T>["method"], path: string, schema: z.ZodType<T>, body?: unknown): Promise<T> {
    return request(this.#target, { method, path, schema, ...(body === undefined ? {} : { body }) });
  }
}

const onePath = (tenant: string): string => `/v1/tenants/${encodeURIComponent(tenant)}`;
const keyPath = (tenant: string, key: string): string =>
  `${tenantPath(tenant, "keys")}/${encodeURIComponent(key)}`;
const wholeAccount = (account: string): string => `/v1/accounts/${encodeURIComponent(account)}`;
