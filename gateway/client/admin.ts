import * as z from "zod";
import type { Scope } from "../../shared/grant.ts";
import { accountPath } from "./account.ts";
import { request, type HttpTarget } from "./http.ts";
import {
  accountSchema,
  enrolmentSchema,
  installSchema,
  keySchema,
  madeKeySchema,
  relayHealthSchema,
  revokedInstallSchema,
  revokedKeySchema,
  tenantSchema,
  type Account,
  type Enrolment,
  type Install,
  type Key,
  type MadeKey,
  type Tenant,
} from "./shapes.ts";

export interface KeyWish {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Absent = all accounts of the tenant. */
  readonly accounts?: readonly string[];
  /** Milliseconds since the epoch. */
  readonly expires_at?: number;
}

/** Where a list goes on; a relay of before that has all of it in one answer. */
const next = z.string().nullable().default(null);
const tenantsSchema = z.looseObject({ tenants: z.array(tenantSchema), next });
const accountsSchema = z.looseObject({ accounts: z.array(accountSchema), next });
const keysSchema = z.looseObject({ keys: z.array(keySchema) });
const installsSchema = z.looseObject({ installs: z.array(installSchema) });

/** The administration of a relay, with the operator's key or a key of scope `manage`. */
export class Admin {
  readonly #target: HttpTarget;

  constructor(target: HttpTarget) {
    this.#target = target;
  }

  health(): Promise<{ ok: boolean; version: string }> {
    return this.#get("/v1/health", relayHealthSchema);
  }

  createTenant(name: string): Promise<Tenant> {
    return this.#post("/v1/tenants", { name }, tenantSchema);
  }

  /** All of them, page by page. */
  tenants(): Promise<readonly Tenant[]> {
    return this.#all("/v1/tenants", async (path) => {
      const { tenants, next } = await this.#get(path, tenantsSchema);
      return { items: tenants, next };
    });
  }

  createAccount(tenant: string, name: string): Promise<Account> {
    return this.#post(tenantPath(tenant, "accounts"), { name }, accountSchema);
  }

  /** All of them, page by page. */
  accounts(tenant: string): Promise<readonly Account[]> {
    return this.#all(tenantPath(tenant, "accounts"), async (path) => {
      const { accounts, next } = await this.#get(path, accountsSchema);
      return { items: accounts, next };
    });
  }

  /** `credential` is shown this once. */
  createKey(tenant: string, wish: KeyWish): Promise<MadeKey> {
    return this.#post(tenantPath(tenant, "keys"), wish, madeKeySchema);
  }

  async keys(tenant: string): Promise<readonly Key[]> {
    return (await this.#get(tenantPath(tenant, "keys"), keysSchema)).keys;
  }

  revokeKey(tenant: string, key: string): Promise<z.infer<typeof revokedKeySchema>> {
    return this.#delete(`${tenantPath(tenant, "keys")}/${encodeURIComponent(key)}`, revokedKeySchema);
  }

  /** A code with which one Mac joins the account: once, within 10 minutes (ID5). */
  createEnrolment(account: string): Promise<Enrolment> {
    return this.#post(accountPath(account, "enrolments"), {}, enrolmentSchema);
  }

  async installs(account: string): Promise<readonly Install[]> {
    return (await this.#get(accountPath(account, "installs"), installsSchema)).installs;
  }

  revokeInstall(account: string, install: string): Promise<z.infer<typeof revokedInstallSchema>> {
    return this.#delete(
      `${accountPath(account, "installs")}/${encodeURIComponent(install)}`,
      revokedInstallSchema,
    );
  }

  async #all<T>(
    path: string,
    page: (path: string) => Promise<{ readonly items: readonly T[]; readonly next: string | null }>,
  ): Promise<readonly T[]> {
    const all: T[] = [];
    for (let place: string | null = path; place !== null;) {
      const { items, next } = await page(place);
      all.push(...items);
      place = next === null ? null : `${path}?after=${encodeURIComponent(next)}`;
    }
    return all;
  }

  #get<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    return request(this.#target, { method: "GET", path, schema });
  }

  #post<T>(path: string, body: unknown, schema: z.ZodType<T>): Promise<T> {
    return request(this.#target, { method: "POST", path, body, schema });
  }

  #delete<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    return request(this.#target, { method: "DELETE", path, schema });
  }
}

export const tenantPath = (tenant: string, what: string): string =>
  `/v1/tenants/${encodeURIComponent(tenant)}/${what}`;
