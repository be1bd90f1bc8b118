/**
 * The account object's tables. Append-only: a migration that was ever deployed is never edited.
 *
 * state: one row, written in the same transaction as every batch. event: the log. operation: mutations, their
 * answers kept for IDEMPOTENCY_MS, their params (message text) only until settled. install: public keys of
 * agents. enrolment: hashes of codes. chats: the list that `chats.list` falls back to. deadline: see schedule.
 * Never stored: attachment bytes, keys, codes, private keys.
 *
 * WITHOUT ROWID where the key is a text: otherwise every insert writes two rows, and rows written are what
 * Cloudflare bills (2026-11). No secondary index but the one on dedupe_key, for the same reason.
 */
export const ACCOUNT_MIGRATIONS: readonly string[] = [
  `CREATE TABLE state (
     id INTEGER PRIMARY KEY CHECK (id = 1),
     account TEXT NOT NULL, tenant TEXT NOT NULL, name TEXT NOT NULL, created_at INTEGER NOT NULL,
     log TEXT NOT NULL, last_seq INTEGER NOT NULL,
     database INTEGER NOT NULL, resume INTEGER, newest INTEGER, reset_floor INTEGER, reset_until INTEGER, resets TEXT NOT NULL,
     tail_rowid INTEGER, tail_guid TEXT,
     install TEXT, epoch INTEGER NOT NULL, journal TEXT,
     online INTEGER NOT NULL, since INTEGER NOT NULL, seen_at INTEGER, outage_from INTEGER, outage_until INTEGER,
     engine TEXT, health TEXT, usage TEXT NOT NULL
   );
   CREATE TABLE event (
     seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, dedupe_key TEXT UNIQUE,
     database INTEGER NOT NULL, rowid INTEGER, chat TEXT,
     logged_at INTEGER NOT NULL, delayed INTEGER NOT NULL, backfilled INTEGER NOT NULL, body TEXT NOT NULL
   );
   CREATE TABLE operation (
     id TEXT PRIMARY KEY, idempotency_key TEXT UNIQUE, request_hash TEXT NOT NULL,
     method TEXT NOT NULL, params TEXT, journal TEXT NOT NULL, gateway TEXT, rpc_id TEXT,
     created_at INTEGER NOT NULL, deadline INTEGER NOT NULL,
     settled_at INTEGER, outcome TEXT, answer TEXT
   ) WITHOUT ROWID;
   CREATE TABLE install (
     id TEXT PRIMARY KEY, public_key TEXT NOT NULL, name TEXT NOT NULL,
     created_at INTEGER NOT NULL, revoked_at INTEGER
   ) WITHOUT ROWID;
   CREATE TABLE enrolment (hash TEXT PRIMARY KEY, expires_at INTEGER NOT NULL, used_at INTEGER) WITHOUT ROWID;
   CREATE TABLE chats (id INTEGER PRIMARY KEY CHECK (id = 1), database INTEGER NOT NULL, noted_at INTEGER NOT NULL, body TEXT NOT NULL);
   CREATE TABLE deadline (name TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;`,
];
