import type * as z from "zod";
import type { Scope } from "../../shared/grant.ts";
import { accountPath } from "./account.ts";
import { tenantPath } from "./admin.ts";
import { accountSchema, type Account } from "./shapes.ts";
import { withQuery } from "./events-query.ts";
import type { BytesTarget } from "./bytes-ask.ts";
import { request, type Ask } from "./http.ts";
import {
  exportLines,
  exportTenant,
  type Exported,
  type ExportedLine,
  type ExportOptions,
  type ExportSink,
} from "./tenant-export.ts";
import { importTenant, type Imported, type ImportOptions } from "./tenant-import.ts";
import {
  accountUsageSchema,
  auditSchema,
  changedKeySchema,
  deletedAccountSchema,
  deletedTenantSchema,
  rotatedKeySchema,
  tenantUsageSchema,
  tenantViewSchema,
  type AccountDay,
  type AccountUsage,
  type AuditEntry,
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
  readonly #target: BytesTarget;

  constructor(target: BytesTarget) {
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

  /** The newest first; `after`: what `next` of the page before said. Of the operator's own where `tenant` is null. */
  audit(
    tenant: string | null,
    page: { readonly after?: number; readonly limit?: number } = {},
  ): Promise<AuditPage> {
    const path = tenant === null ? "/v1/audit" : tenantPath(tenant, "audit");
    return this.#ask("GET", withQuery(path, { ...page }), auditSchema);
  }

  /** All of it, the newest first, page by page as they are wanted. */
  async *audited(tenant: string | null): AsyncGenerator<AuditEntry, void> {
    for (let after: number | undefined, isOver = false; !isOver;) {
      const page = await this.audit(tenant, { ...(after === undefined ? {} : { after }), limit: AUDIT_PAGE });
      yield* page.entries;
      isOver = page.next === null;
      after = page.next ?? undefined;
    }
  }

  /** `after`: what `next` of the page before said. */
  usage(
    tenant: string,
    asked: DayRange & { readonly after?: string; readonly limit?: number } = {},
  ): Promise<TenantUsage> {
    return this.#ask("GET", withQuery(tenantPath(tenant, "usage"), { ...asked }), tenantUsageSchema);
  }

  /** All of it, day by day and account by account. */
  async *used(tenant: string, range: DayRange = {}): AsyncGenerator<AccountDay, void> {
    for (let after: string | undefined, isOver = false; !isOver;) {
      const page = await this.usage(tenant, { ...range, ...(after === undefined ? {} : { after }) });
      yield* page.days;
      isOver = page.next === null;
      after = page.next ?? undefined;
    }
  }

  accountUsage(account: string, range: DayRange = {}): Promise<AccountUsage> {
    return this.#ask("GET", withQuery(accountPath(account, "usage"), { ...range }), accountUsageSchema);
  }

  renameAccount(account: string, name: string): Promise<Account> {
    return this.#ask("PATCH", wholeAccount(account), accountSchema, { name });
  }

  pauseAccount(account: string): Promise<Account> {
    return this.#ask("POST", accountPath(account, "pause"), accountSchema, {});
  }

  resumeAccount(account: string): Promise<Account> {
    return this.#ask("POST", accountPath(account, "resume"), accountSchema, {});
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

  /** All of it, to its last line; goes on where it is cut off. The tenant is to be suspended first. */
  export(tenant: string, sink: ExportSink, options: ExportOptions = {}): Promise<Exported> {
    return exportTenant(this.#target, tenant, sink, options);
  }

  /** One request of an export, as it comes: at its end `more` says where the next one goes on, or `end` that it is over. */
  exportLines(
    tenant: string,
    options: { readonly after?: string; readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<ExportedLine, void> {
    return exportLines(this.#target, tenant, options);
  }

  /** The lines of an export, all its pages; afterwards the tenant is suspended here. Safe to repeat. */
  import(lines: AsyncIterable<string>, options: ImportOptions = {}): Promise<Imported> {
    return importTenant(this.#target, lines, options);
  }

  #ask<T>(method: Ask<T>["method"], path: string, schema: z.ZodType<T>, body?: unknown): Promise<T> {
    return request(this.#target, { method, path, schema, ...(body === undefined ? {} : { body }) });
  }
}

/** As many as a relay gives at once. */
const AUDIT_PAGE = 200;

const onePath = (tenant: string): string => `/v1/tenants/${encodeURIComponent(tenant)}`;
const keyPath = (tenant: string, key: string): string =>
  `${tenantPath(tenant, "keys")}/${encodeURIComponent(key)}`;
const wholeAccount = (account: string): string => `/v1/accounts/${encodeURIComponent(account)}`;
