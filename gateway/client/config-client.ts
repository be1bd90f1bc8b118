import { accountPath } from "./account.ts";
import { tenantPath } from "./admin.ts";
import {
  accountConfigSchema,
  configChangedSchema,
  configHistorySchema,
  configVersionSchema,
  type AccountConfig,
  type ConfigChanged,
  type ConfigHistory,
  type ConfigVersion,
} from "./config-shapes.ts";
import { request, type Ask, type HttpTarget } from "./http.ts";

/** Whose settings: those of a whole tenant, or the overrides of one account. */
export type ConfigOwner =
  | { readonly kind: "tenant"; readonly tenant: string }
  | { readonly kind: "account"; readonly account: string };

/** The configuration of a tenant and of its accounts, with a key of scope `manage`. */
export class ConfigHttp {
  readonly #target: HttpTarget;

  constructor(target: HttpTarget) {
    this.#target = target;
  }

  /** What holds for one account, and its overrides. */
  account(account: string): Promise<AccountConfig> {
    return this.#ask({ method: "GET", path: accountPath(account, "config"), schema: accountConfigSchema });
  }

  /** A tenant's document: the newest, or an older version. */
  tenant(tenant: string, version?: number): Promise<ConfigVersion> {
    const what = version === undefined ? "config" : `config/history/${version}`;
    return this.#ask({ method: "GET", path: tenantPath(tenant, what), schema: configVersionSchema });
  }

  history(tenant: string): Promise<ConfigHistory> {
    return this.#ask({
      method: "GET",
      path: tenantPath(tenant, "config/history"),
      schema: configHistorySchema,
    });
  }

  /** `ifVersion`: refused as a conflict if that is not the newest any more. */
  replace(owner: ConfigOwner, value: unknown, ifVersion?: number): Promise<ConfigChanged> {
    return this.#change("PUT", pathOf(owner), value, ifVersion);
  }

  /** A JSON merge patch: null unsets. */
  patch(owner: ConfigOwner, patch: unknown, ifVersion?: number): Promise<ConfigChanged> {
    return this.#change("PATCH", pathOf(owner), patch, ifVersion);
  }

  /** An older version again, as a new one. */
  rollback(tenant: string, version: number, ifVersion?: number): Promise<ConfigChanged> {
    return this.#change("POST", tenantPath(tenant, "config/rollback"), { version }, ifVersion);
  }

  #change(
    method: "PUT" | "PATCH" | "POST",
    path: string,
    body: unknown,
    ifVersion: number | undefined,
  ): Promise<ConfigChanged> {
    const headers = ifVersion === undefined ? {} : { "if-match": `"${ifVersion}"` };
    return this.#ask({ method, path, body, headers, schema: configChangedSchema });
  }

  #ask<T>(ask: Ask<T>): Promise<T> {
    return request(this.#target, ask);
  }
}

const pathOf = (owner: ConfigOwner): string =>
  owner.kind === "tenant" ? tenantPath(owner.tenant, "config") : accountPath(owner.account, "config");
