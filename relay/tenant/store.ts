import * as z from "zod";
import type { AccountId, KeyId, TenantId } from "../../shared/ids.ts";
import type { Sql, SqlValue } from "../account/ports.ts";
import type { AccountInfo, Page, TenantInfo } from "../api.ts";
import { TENANT_STATES, type TenantState } from "./standing.ts";

const tenantSchema = z.object({
  tenant: z.string().transform((id) => id as TenantId),
  name: z.string(),
  created_at: z.number(),
  state: z.enum(TENANT_STATES).nullable(),
});
const accountSchema = z.object({
  account: z.string().transform((id) => id as AccountId),
  name: z.string(),
  created_at: z.number(),
  tenant: z.string().transform((id) => id as TenantId),
  state: z.enum(["paused", "deleting"]).nullable(),
});
const ACCOUNTS = `SELECT account.*, state, (SELECT tenant FROM tenant) AS tenant
  FROM account LEFT JOIN account_standing USING (account)`;
const outboxSchema = z.object({
  id: z.number(),
  kind: z.enum(["create_account", "revoke_key", "narrow_key", "inform", "delete_account", "list_tenant"]),
  /** Of `list_tenant`, the tenant. */
  account: z.string().transform((id) => id as AccountId),
  key: z
    .string()
    .nullable()
    .transform((id) => id as KeyId | null),
  attempts: z.number(),
});
/** Something that another object must still be told. */
export type OutboxItem = z.infer<typeof outboxSchema>;

export class TenantStore {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** In the tenant's object its one row, in the operator's all of them. */
  tenants(page: Page = { after: null, limit: -1 }): TenantInfo[] {
    return this.#sql
      .exec(
        `SELECT tenant.*, state FROM tenant LEFT JOIN standing USING (tenant)
         WHERE ?1 IS NULL OR (created_at, tenant) > (SELECT created_at, tenant FROM tenant WHERE tenant = ?1)
         ORDER BY created_at, tenant LIMIT ?2`,
        page.after,
        page.limit,
      )
      .toArray()
      .map((row) => {
        const { state, ...info } = tenantSchema.parse(row);
        return Object.assign(info, { state: state ?? "active" });
      });
  }

  addTenant({ tenant, name, created_at }: Omit<TenantInfo, "state">): void {
    this.#sql.exec(
      `INSERT INTO tenant (tenant, name, created_at) VALUES (?, ?, ?)
       ON CONFLICT (tenant) DO UPDATE SET name = excluded.name`,
      tenant,
      name,
      created_at,
    );
  }

  /** In the operator's object: what is known of one that is listed. */
  list({ tenant, name, state }: TenantInfo, now: number): void {
    this.#sql.exec("UPDATE tenant SET name = ? WHERE tenant = ?", name, tenant);
    this.#sql.exec(
      "INSERT OR REPLACE INTO standing (tenant, state, quotas, changed_at) VALUES (?, ?, '{}', ?)",
      tenant,
      state satisfies TenantState,
      now,
    );
  }

  unlist(tenant: TenantId): void {
    this.#sql.exec("DELETE FROM tenant WHERE tenant = ?", tenant);
    this.#sql.exec("DELETE FROM standing WHERE tenant = ?", tenant);
  }

  renameTenant(tenant: TenantId, name: string): void {
    this.#sql.exec("UPDATE tenant SET name = ? WHERE tenant = ?", name, tenant);
  }

  accounts(page: Page = { after: null, limit: -1 }): AccountInfo[] {
    return this.#sql
      .exec(
        `${ACCOUNTS}
         WHERE ?1 IS NULL OR (created_at, account) > (SELECT created_at, account FROM account WHERE account = ?1)
         ORDER BY created_at, account LIMIT ?2`,
        page.after,
        page.limit,
      )
      .toArray()
      .map((row) => toAccount(accountSchema.parse(row)));
  }

  findAccount(account: string): AccountInfo | undefined {
    const row = this.#sql.exec(`${ACCOUNTS} WHERE account = ?`, account).toArray()[0];
    return row === undefined ? undefined : toAccount(accountSchema.parse(row));
  }

  addAccount({ account, name, created_at }: Omit<AccountInfo, "state" | "tenant">): void {
    this.#sql.exec(
      `INSERT INTO account (account, name, created_at) VALUES (?, ?, ?)
       ON CONFLICT (account) DO UPDATE SET name = excluded.name`,
      account,
      name,
      created_at,
    );
  }

  renameAccount(account: AccountId, name: string): void {
    this.#sql.exec("UPDATE account SET name = ? WHERE account = ?", name, account);
  }

  removeAccount(account: AccountId): void {
    this.#sql.exec("DELETE FROM account WHERE account = ?", account);
    this.#sql.exec("DELETE FROM account_standing WHERE account = ?", account);
  }

  count(table: "account" | "outbox"): number {
    return this.#count(`SELECT count(*) AS n FROM ${table}`);
  }

  rememberUse(key: KeyId, account: AccountId): void {
    this.#sql.exec("INSERT OR IGNORE INTO grant_use (key, account) VALUES (?, ?)", key, account);
  }

  /** For every account that holds a copy of the key; how many there are. One that is revoked is used no more. */
  queueForCopies(kind: "revoke_key" | "narrow_key", key: KeyId): number {
    this.#sql.exec(
      "INSERT INTO outbox (kind, account, key, attempts) SELECT ?, account, key, 0 FROM grant_use WHERE key = ?",
      kind,
      key,
    );
    const copies = this.#count("SELECT count(*) AS n FROM grant_use WHERE key = ?", key);
    if (kind === "revoke_key") this.#sql.exec("DELETE FROM grant_use WHERE key = ?", key);
    return copies;
  }

  /** Whatever else it was to be told is told no more. */
  queueDeletion(account: AccountId): void {
    // First the new row: the number of one that is under way must not come again.
    this.#sql.exec("INSERT INTO outbox (kind, account, attempts) VALUES ('delete_account', ?, 0)", account);
    this.#sql.exec("DELETE FROM outbox WHERE account = ? AND kind <> 'delete_account'", account);
    this.#sql.exec("DELETE FROM grant_use WHERE account = ?", account);
  }

  /** Every account, and everything that was to be said of anything else. */
  queueDeletionOfAll(): void {
    this.#sql.exec(
      "INSERT INTO outbox (kind, account, attempts) SELECT 'delete_account', account, 0 FROM account",
    );
    this.#sql.exec("DELETE FROM outbox WHERE kind <> 'delete_account'");
    this.#sql.exec(
      "INSERT OR REPLACE INTO account_standing (account, state) SELECT account, 'deleting' FROM account",
    );
  }

  /** The operator's list is to say how the tenant is called, and stands. */
  queueListing(tenant: TenantId): void {
    this.#sql.exec("INSERT INTO outbox (kind, account, attempts) VALUES ('list_tenant', ?, 0)", tenant);
  }

  queueAccount(account: AccountId): void {
    this.#sql.exec("UPDATE revision SET n = n + 1");
    this.#sql.exec("INSERT INTO outbox (kind, account, attempts) VALUES ('create_account', ?, 0)", account);
  }

  /** They were imported, and are to be made whole. */
  queueAllAccounts(): void {
    this.#sql.exec("UPDATE revision SET n = n + 1");
    this.#sql.exec(
      "INSERT INTO outbox (kind, account, attempts) SELECT 'create_account', account, 0 FROM account",
    );
  }

  /** Every account (null), or those named, must be told what is new. */
  queueInform(accounts: readonly AccountId[] | null): void {
    this.#sql.exec("UPDATE revision SET n = n + 1");
    if (accounts === null) {
      this.#sql.exec(
        `INSERT INTO outbox (kind, account, attempts) SELECT 'inform', account, 0 FROM account
         WHERE account NOT IN (SELECT account FROM account_standing WHERE state = 'deleting')`,
      );
      return;
    }
    for (const account of accounts) {
      this.#sql.exec("INSERT INTO outbox (kind, account, attempts) VALUES ('inform', ?, 0)", account);
    }
  }

  #count(query: string, ...bindings: SqlValue[]): number {
    return Number(this.#sql.exec(query, ...bindings).toArray()[0]?.["n"] ?? 0);
  }

  revision(): number {
    return Number(this.#sql.exec("SELECT n FROM revision").toArray()[0]?.["n"] ?? 0);
  }

  /** Accounts that were not told yet: of all (null), or of that one. */
  countToInform(account: AccountId | null): number {
    const row = this.#sql
      .exec(
        "SELECT count(DISTINCT account) AS n FROM outbox WHERE kind = 'inform' AND (?1 IS NULL OR account = ?1)",
        account,
      )
      .toArray()[0];
    return Number(row?.["n"] ?? 0);
  }

  /** Accounts that are still to be told something, or emptied. */
  countPending(): number {
    return this.#count("SELECT count(DISTINCT account) AS n FROM outbox WHERE kind <> 'list_tenant'");
  }

  /** Those that failed at most so often (null = however often), the least first. */
  outbox(limit: number, mostAttempts: number | null): OutboxItem[] {
    return this.#sql
      .exec(
        "SELECT * FROM outbox WHERE ?1 IS NULL OR attempts <= ?1 ORDER BY attempts, id LIMIT ?2",
        mostAttempts,
        limit,
      )
      .toArray()
      .map((row) => outboxSchema.parse(row));
  }

  done({ id }: OutboxItem): void {
    this.#sql.exec("DELETE FROM outbox WHERE id = ?", id);
  }

  failed({ id }: OutboxItem): void {
    this.#sql.exec("UPDATE outbox SET attempts = attempts + 1 WHERE id = ?", id);
  }
}

const toAccount = ({ state, ...row }: z.infer<typeof accountSchema>): AccountInfo => ({
  ...row,
  state: state ?? "active",
});
