/**
 * The tables of a tenant's object and of the operator's. Append-only. key: hashes of secrets, never the secrets.
 * grant_use: which accounts hold a copy of a key's grant, so that a revocation reaches them. outbox: what must
 * still be told to other objects. tenant: one row in a tenant's object, all of them in the operator's.
 */
export const TENANT_MIGRATIONS: readonly string[] = [
  `CREATE TABLE tenant (tenant TEXT PRIMARY KEY, name TEXT NOT NULL, created_at INTEGER NOT NULL) WITHOUT ROWID;
   CREATE TABLE account (account TEXT PRIMARY KEY, name TEXT NOT NULL, created_at INTEGER NOT NULL) WITHOUT ROWID;
   CREATE TABLE key (
     key TEXT PRIMARY KEY, secret_hash TEXT NOT NULL, name TEXT NOT NULL, scopes TEXT NOT NULL, accounts TEXT,
     expires_at INTEGER, created_at INTEGER NOT NULL, revoked_at INTEGER, last_used_at INTEGER
   ) WITHOUT ROWID;
   CREATE TABLE grant_use (key TEXT NOT NULL, account TEXT NOT NULL, PRIMARY KEY (key, account)) WITHOUT ROWID;
   CREATE TABLE outbox (
     id INTEGER PRIMARY KEY, kind TEXT NOT NULL, account TEXT NOT NULL, key TEXT, attempts INTEGER NOT NULL
   );`,
  // config_version: every version of the configuration that is remembered. revision: rises with everything that
  // accounts must be told, so that what arrives late is known to be old.
  `CREATE TABLE config_version (
     version INTEGER PRIMARY KEY, at INTEGER NOT NULL, changed_by TEXT NOT NULL, changed TEXT NOT NULL, document TEXT NOT NULL
   );
   CREATE TABLE revision (id INTEGER PRIMARY KEY CHECK (id = 1), n INTEGER NOT NULL);
   INSERT INTO revision (id, n) VALUES (1, 0);`,
  // endpoint: where events go by webhook. secrets: sealed under RELAY_SECRETS, since they sign. breaker: how it did last.
  `CREATE TABLE endpoint (
     endpoint TEXT PRIMARY KEY, url TEXT NOT NULL, kinds TEXT NOT NULL, chats TEXT, accounts TEXT, description TEXT NOT NULL,
     state TEXT NOT NULL, reason TEXT, takes_replies INTEGER NOT NULL, secrets TEXT NOT NULL, round INTEGER NOT NULL,
     breaker TEXT NOT NULL, created_at INTEGER NOT NULL, changed_at INTEGER NOT NULL
   ) WITHOUT ROWID;`,
  // audit: administrative acts; told_as: the name under which an account told of one, so that it counts once. standing: how the tenant stands, one row. account_standing: accounts that are not
  // simply active. former_secret: secrets of keys that were rotated, as hashes, while they still open. usage_day: what
  // each account reported of a day.
  `CREATE TABLE audit (
     id INTEGER PRIMARY KEY, at INTEGER NOT NULL, acted_by TEXT NOT NULL, verb TEXT NOT NULL, about TEXT NOT NULL,
     result TEXT NOT NULL, request_id TEXT, told_as TEXT UNIQUE
   );
   CREATE TABLE standing (
     tenant TEXT PRIMARY KEY, state TEXT NOT NULL, reason TEXT, quotas TEXT NOT NULL, changed_at INTEGER NOT NULL
   ) WITHOUT ROWID;
   CREATE TABLE account_standing (account TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE former_secret (key TEXT PRIMARY KEY, secret_hash TEXT NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
   CREATE TABLE usage_day (
     day TEXT NOT NULL, account TEXT NOT NULL, reported_at INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (day, account)
   ) WITHOUT ROWID;`,
];
