// A tenant's keys: hashes of secrets, never the secrets.
import * as z from "zod";
import { scopeSchema } from "../../shared/grant.ts";
import type { AccountId, KeyId, TenantId } from "../../shared/ids.ts";
import type { Sql, StoredGrant } from "../account/ports.ts";
import type { KeyInfo, NewKey } from "../api.ts";

const idsSchema = z.array(z.string().transform((id) => id as AccountId));
export const keyRow = z.object({
  key: z.string().transform((id) => id as KeyId),
  secret_hash: z.string(),
  name: z.string(),
  scopes: z.string().transform((json) => z.array(scopeSchema).parse(JSON.parse(json))),
  accounts: z
    .string()
    .nullable()
    .transform((json) => (json === null ? null : idsSchema.parse(JSON.parse(json)))),
  expires_at: z.number().nullable(),
  created_at: z.number(),
  revoked_at: z.number().nullable(),
  last_used_at: z.number().nullable(),
});
const keySchema = keyRow.extend({ former_hash: z.string().nullable(), former_until: z.number().nullable() });
type Row = z.infer<typeof keySchema>;

const ROWS = `SELECT key.*, former_secret.secret_hash AS former_hash, former_secret.until AS former_until
  FROM key LEFT JOIN former_secret USING (key)`;

export class KeyStore {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  list(now: number): KeyInfo[] {
    return this.#rows("ORDER BY created_at, key").map((row) => infoOf(row, now));
  }

  find(key: string, now: number): KeyInfo | undefined {
    const row = this.#rows("WHERE key.key = ?", key)[0];
    return row === undefined ? undefined : infoOf(row, now);
  }

  /** Those that were not revoked: of the others only the newest are remembered. */
  countLive(): number {
    return Number(
      this.#sql.exec("SELECT count(*) AS n FROM key WHERE revoked_at IS NULL").toArray()[0]?.["n"] ?? 0,
    );
  }

  add(key: KeyId, secretHash: string, { name, scopes, accounts, expires_at }: NewKey, now: number): void {
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

  change(key: KeyId, { name, scopes, accounts, expires_at }: NewKey): void {
    this.#sql.exec(
      "UPDATE key SET name = ?, scopes = ?, accounts = ?, expires_at = ? WHERE key = ?",
      name,
      JSON.stringify(scopes),
      accounts === null ? null : JSON.stringify(accounts),
      expires_at,
      key,
    );
  }

  /** The former secret opens until then; of several rotations the last. */
  rotate(key: KeyId, secretHash: string, until: number): void {
    this.#sql.exec(
      `INSERT INTO former_secret (key, secret_hash, until) SELECT key, secret_hash, ? FROM key WHERE key = ?
       ON CONFLICT (key) DO UPDATE SET secret_hash = excluded.secret_hash, until = excluded.until`,
      until,
      key,
    );
    this.#sql.exec("UPDATE key SET secret_hash = ? WHERE key = ?", secretHash, key);
  }

  /** Revoked ones are remembered for whoever looks; of more than `most` the oldest are not. */
  revoke(key: KeyId, at: number, most: number): void {
    this.#sql.exec("UPDATE key SET revoked_at = ? WHERE key = ? AND revoked_at IS NULL", at, key);
    this.#sql.exec("DELETE FROM former_secret WHERE key = ?", key);
    this.#sql.exec(
      `DELETE FROM key WHERE key IN
         (SELECT key FROM key WHERE revoked_at IS NOT NULL ORDER BY revoked_at DESC LIMIT -1 OFFSET ?)`,
      most,
    );
  }

  touch(key: KeyId, at: number): void {
    this.#sql.exec("UPDATE key SET last_used_at = ? WHERE key = ?", at, key);
  }

  /** A key that was not revoked; an expired one too, since whoever asks knows the time. */
  grant(key: KeyId, tenant: TenantId): (StoredGrant & { last_used_at: number | null }) | undefined {
    const row = this.#rows("WHERE key.key = ? AND revoked_at IS NULL", key)[0];
    if (row === undefined) return undefined;
    const { secret_hash, scopes, accounts, expires_at, last_used_at, former_hash, former_until } = row;
    const former =
      former_hash === null || former_until === null
        ? null
        : { secret_hash: former_hash, until: former_until };
    return { key, tenant, secret_hash, former, scopes, accounts, expires_at, last_used_at };
  }

  /** Until when a key of scope `rpc` lives for that account: null = without end, 0 = there is none. */
  rpcUntil(account: AccountId): number | null {
    const ends = this.#rows("WHERE revoked_at IS NULL")
      .filter(({ scopes, accounts }) => scopes.includes("rpc") && (accounts?.includes(account) ?? true))
      .map(({ expires_at }) => expires_at);
    return ends.includes(null) ? null : Math.max(0, ...ends.map((end) => end ?? 0));
  }

  /** An account is gone: keys that were restricted to it are not any more, or may do nothing. Returns those. */
  withoutAccount(account: AccountId): KeyId[] {
    const named = this.#rows("WHERE revoked_at IS NULL").filter(({ accounts }) =>
      accounts?.includes(account),
    );
    for (const { accounts, ...row } of named)
      this.change(row.key, { ...row, accounts: accounts?.filter((one) => one !== account) ?? null });
    return named.filter(({ accounts }) => accounts?.length === 1).map(({ key }) => key);
  }

  #rows(rest: string, ...bindings: string[]): Row[] {
    return this.#sql
      .exec(`${ROWS} ${rest}`, ...bindings)
      .toArray()
      .map((row) => keySchema.parse(row));
  }
}

function infoOf(row: Row, now: number): KeyInfo {
  const { secret_hash: _, former_hash: _former, former_until, ...shown } = row;
  return { ...shown, old_secret_until: former_until !== null && former_until > now ? former_until : null };
}
