import * as z from "zod";
import { scopeSchema } from "../../shared/grant.ts";
import type { AccountId, KeyId, TenantId } from "../../shared/ids.ts";
import type { Sql, StoredGrant } from "../account/ports.ts";
import type { AccountInfo, KeyInfo, NewKey, TenantInfo } from "../api.ts";

const tenantSchema = z.object({
  tenant: z.string().transform((id) => id as TenantId),
  name: z.string(),
  created_at: z.number(),
});
const accountSchema = z.object({
  account: z.string().transform((id) => id as AccountId),
  name: z.string(),
  created_at: z.number(),
});
const keySchema = z.object({
  key: z.string().transform((id) => id as KeyId),
  secret_hash: z.string(),
  name: z.string(),
  scopes: z.string().transform((json) => z.array(scopeSchema).parse(JSON.parse(json))),
  accounts: z
    .string()
    .nullable()
    .transform((json) =>
      json === null ? null : z.array(z.string().transform((id) => id as AccountId)).parse(JSON.parse(json)),
    ),
  expires_at: z.number().nullable(),
  created_at: z.number(),
  revoked_at: z.number().nullable(),
  last_used_at: z.number().nullable(),
});
const outboxSchema = z.object({
  id: z.number(),
  kind: z.enum(["create_account", "revoke_key", "inform"]),
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

  tenants(): TenantInfo[] {
    return this.#sql
      .exec("SELECT * FROM tenant ORDER BY created_at")
      .toArray()
      .map((row) => tenantSchema.parse(row));
  }

  addTenant({ tenant, name, created_at }: TenantInfo): void {
    this.#sql.exec(
      "INSERT OR IGNORE INTO tenant (tenant, name, created_at) VALUES (?, ?, ?)",
      tenant,
      name,
      created_at,
    );
  }

  accounts(): AccountInfo[] {
    return this.#sql
      .exec("SELECT * FROM account ORDER BY created_at")
      .toArray()
      .map((row) => accountSchema.parse(row));
  }

  findAccount(account: AccountId): AccountInfo | undefined {
    const row = this.#sql.exec("SELECT * FROM account WHERE account = ?", account).toArray()[0];
    return row === undefined ? undefined : accountSchema.parse(row);
  }

  addAccount({ account, name, created_at }: AccountInfo): void {
    this.#sql.exec(
      "INSERT INTO account (account, name, created_at) VALUES (?, ?, ?)",
      account,
      name,
      created_at,
    );
  }

  count(table: "account" | "key"): number {
    return Number(this.#sql.exec(`SELECT count(*) AS n FROM ${table}`).toArray()[0]?.["n"] ?? 0);
  }

  keys(): KeyInfo[] {
    return this.#sql
      .exec("SELECT * FROM key ORDER BY created_at")
      .toArray()
      .map((row) => {
        const { secret_hash: _, ...shown } = keySchema.parse(row);
        return shown;
      });
  }

  addKey(key: KeyId, secretHash: string, { name, scopes, accounts, expires_at }: NewKey, now: number): void {
    this.#sql.exec(
      "INSERT INTO key (key, secret_hash, name, scopes, accounts, expires_at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
      key,
      secretHash,
      name,
      JSON.stringify(scopes),
      accounts === null ? null : JSON.stringify(accounts),
      expires_at,
      now,
    );
  }

  /** A key that was not revoked; an expired one too, since whoever asks knows the time. */
  grant(key: KeyId, tenant: TenantId): (StoredGrant & { last_used_at: number | null }) | undefined {
    const row = this.#sql.exec("SELECT * FROM key WHERE key = ? AND revoked_at IS NULL", key).toArray()[0];
    if (row === undefined) return undefined;
    const { secret_hash, scopes, accounts, expires_at, last_used_at } = keySchema.parse(row);
    return { key, tenant, secret_hash, scopes, accounts, expires_at, last_used_at };
  }

  findKey(key: KeyId): KeyInfo | undefined {
    return this.keys().find((known) => known.key === key);
  }

  revokeKey(key: KeyId, at: number): void {
    this.#sql.exec("UPDATE key SET revoked_at = ? WHERE key = ? AND revoked_at IS NULL", at, key);
  }

  touchKey(key: KeyId, at: number): void {
    this.#sql.exec("UPDATE key SET last_used_at = ? WHERE key = ?", at, key);
  }

  rememberUse(key: KeyId, account: AccountId): void {
    this.#sql.exec("INSERT OR IGNORE INTO grant_use (key, account) VALUES (?, ?)", key, account);
  }

  /** Queues the revocation for every account that holds a copy. */
  queueRevocation(key: KeyId): void {
    this.#sql.exec(
      `INSERT INTO outbox (kind, account, key, attempts) SELECT 'revoke_key', account, key, 0 FROM grant_use WHERE key = ?`,
      key,
    );
  }

  queueAccount(account: AccountId): void {
    this.#sql.exec("UPDATE revision SET n = n + 1");
    this.#sql.exec("INSERT INTO outbox (kind, account, attempts) VALUES ('create_account', ?, 0)", account);
  }

  /** Every account (null), or those named, must be told what is new. */
  queueInform(accounts: readonly AccountId[] | null): void {
    this.#sql.exec("UPDATE revision SET n = n + 1");
    if (accounts === null) {
      this.#sql.exec("INSERT INTO outbox (kind, account, attempts) SELECT 'inform', account, 0 FROM account");
      return;
    }
    for (const account of accounts) {
      this.#sql.exec("INSERT INTO outbox (kind, account, attempts) VALUES ('inform', ?, 0)", account);
    }
  }

  /** Until when a key of scope `rpc` lives for that account: null = without end, 0 = there is none. */
  rpcUntil(account: AccountId): number | null {
    const ends = this.keys()
      .filter(({ scopes, accounts, revoked_at }) => {
        const isFor = accounts === null || accounts.includes(account);
        return isFor && revoked_at === null && scopes.includes("rpc");
      })
      .map(({ expires_at }) => expires_at);
    return ends.includes(null) ? null : Math.max(0, ...ends.map((end) => end ?? 0));
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

  outbox(limit: number): OutboxItem[] {
    return this.#sql
      .exec("SELECT * FROM outbox ORDER BY attempts, id LIMIT ?", limit)
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
