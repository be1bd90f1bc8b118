/**
 * The account object's tables. Append-only: a migration that was ever deployed is never edited.
 *
 * state: one row, written in the same transaction as every batch. event: the log. operation: mutations, their
 * answers kept for IDEMPOTENCY_MS, their params (message text) only until settled. install: public keys of
 * agents. enrolment: hashes of codes. chats: the list that `chats.list` falls back to. deadline: see schedule.
 * Never stored: attachment bytes, keys, codes, private keys.
 *
 * WITHOUT ROWID where the key is a text: otherwise every insert writes two rows, and rows written are what
 * Cloudflare bills (2026-11). No secondary index but the one on dedupe_key, for the same reason, and one that holds
 * only the few sends whose outcome is not known.
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
  // decision: what the policy said of a message. settings: this account's copy of its tenant's configuration, and
  // what numeric chat ids in it stand for. pairing, allowed: strangers who asked, people who were approved. pending:
  // group messages kept as context, as seqs. consumer: places of named readers. claim: chats with one answerer.
  // ticket: hashes of tickets not yet used. errand: answers by message that are still to be sent. tally: wrong codes.
  // former_chat: chat ids of the database before this one; told: who was shown what an ambiguous one means now.
  `ALTER TABLE event ADD COLUMN decision TEXT;
   ALTER TABLE operation ADD COLUMN chat TEXT;
   ALTER TABLE operation ADD COLUMN text_hash TEXT;
   CREATE TABLE settings (
     id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL, version INTEGER NOT NULL, changed_by TEXT NOT NULL,
     changed_at INTEGER NOT NULL, config TEXT NOT NULL, origin TEXT NOT NULL, rpc_until INTEGER, chat_refs TEXT NOT NULL
   );
   CREATE TABLE pairing (
     handle TEXT PRIMARY KEY, code TEXT NOT NULL, name TEXT, chat TEXT, created_at INTEGER NOT NULL, last_seen_at INTEGER NOT NULL
   ) WITHOUT ROWID;
   CREATE TABLE allowed (handle TEXT PRIMARY KEY, approved_at INTEGER NOT NULL, approved_by TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE pending (chat TEXT PRIMARY KEY, seqs TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE consumer (
     name TEXT PRIMARY KEY, cursor INTEGER NOT NULL, created_at INTEGER NOT NULL, seen_at INTEGER NOT NULL
   ) WITHOUT ROWID;
   CREATE TABLE claim (chat TEXT PRIMARY KEY, key TEXT NOT NULL, consumer TEXT, expires_at INTEGER NOT NULL) WITHOUT ROWID;
   CREATE TABLE ticket (hash TEXT PRIMARY KEY, key TEXT NOT NULL, door TEXT NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;
   CREATE TABLE errand (id TEXT PRIMARY KEY, body TEXT NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;
   CREATE TABLE tally (name TEXT PRIMARY KEY, count INTEGER NOT NULL, since INTEGER NOT NULL) WITHOUT ROWID;
   CREATE TABLE former_chat (chat_id INTEGER NOT NULL, chat TEXT NOT NULL, PRIMARY KEY (chat_id, chat)) WITHOUT ROWID;
   CREATE TABLE told (key TEXT NOT NULL, chat_id INTEGER NOT NULL, PRIMARY KEY (key, chat_id)) WITHOUT ROWID;`,
  // operation: which part of a message is under way, and the guids of those that went out; turn: the order in which
  // they came; key: whose request it is; given: when each part after the first was given to the Mac; unresolved: what
  // Messages' rows may still tell; owed: somebody was answered without its outcome; states: what became of each guid,
  // look_at: when that is asked next. new_chat: conversations begun within a day.
  `ALTER TABLE operation ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE operation ADD COLUMN origin TEXT NOT NULL DEFAULT 'tunnel';
   ALTER TABLE operation ADD COLUMN key TEXT;
   ALTER TABLE operation ADD COLUMN part INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE operation ADD COLUMN parts INTEGER NOT NULL DEFAULT 1;
   ALTER TABLE operation ADD COLUMN guids TEXT NOT NULL DEFAULT '[]';
   ALTER TABLE operation ADD COLUMN database INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE operation ADD COLUMN by_id INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE operation ADD COLUMN begun_at INTEGER;
   ALTER TABLE operation ADD COLUMN begun_seq INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE operation ADD COLUMN given TEXT NOT NULL DEFAULT '[]';
   ALTER TABLE operation ADD COLUMN unresolved INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE operation ADD COLUMN owed INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE operation ADD COLUMN states TEXT NOT NULL DEFAULT '[]';
   ALTER TABLE operation ADD COLUMN look_at INTEGER;
   ALTER TABLE operation ADD COLUMN looks INTEGER NOT NULL DEFAULT 0;
   UPDATE operation SET chat = iif(chat GLOB '+[0-9]*' OR chat GLOB '*@*', '-;', '+;') || chat
     WHERE chat NOT GLOB '[-+];*';
   UPDATE operation SET guids = json_array(json_extract(answer, '$.result.guid')) WHERE outcome = 'sent';
   UPDATE operation SET begun_at = created_at, begun_seq = (SELECT last_seq FROM state) WHERE settled_at IS NULL;
   CREATE INDEX operation_unresolved ON operation (turn) WHERE unresolved = 1;
   CREATE TABLE new_chat (chat TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;`,
  // webhook: endpoints, as the tenant says them, and how far each has come. parked: chats whose oldest event could
  // not be delivered. set_aside: events that their chats went on without. attempt: failed ones, for humans.
  `CREATE TABLE webhook (endpoint TEXT PRIMARY KEY, body TEXT NOT NULL, cursor INTEGER NOT NULL, health TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE parked (
     endpoint TEXT NOT NULL, chat TEXT NOT NULL, from_seq INTEGER NOT NULL, attempts INTEGER NOT NULL,
     next_at INTEGER NOT NULL, since INTEGER NOT NULL, PRIMARY KEY (endpoint, chat)
   ) WITHOUT ROWID;
   CREATE TABLE set_aside (
     endpoint TEXT NOT NULL, seq INTEGER NOT NULL, attempts INTEGER NOT NULL, next_at INTEGER NOT NULL,
     PRIMARY KEY (endpoint, seq)
   ) WITHOUT ROWID;
   CREATE TABLE attempt (
     id INTEGER PRIMARY KEY, endpoint TEXT NOT NULL, seq INTEGER NOT NULL, attempt INTEGER NOT NULL, at INTEGER NOT NULL,
     took_ms INTEGER NOT NULL, verdict TEXT NOT NULL, why TEXT NOT NULL, status INTEGER, response TEXT NOT NULL
   );`,
  // mac_policy: what the owner of the Mac forbids, as the Mac last said it.
  `CREATE TABLE mac_policy (id INTEGER PRIMARY KEY CHECK (id = 1), body TEXT NOT NULL);`,
  // install: next_key: takes the place of public_key when it is first used; key_changed_at: when one last did; ended:
  // why it is accepted no longer. enrolment: how often a code was looked at, and what it became.
  `ALTER TABLE install ADD COLUMN next_key TEXT;
   ALTER TABLE install ADD COLUMN key_changed_at INTEGER;
   ALTER TABLE install ADD COLUMN ended TEXT;
   ALTER TABLE enrolment ADD COLUMN looks INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE enrolment ADD COLUMN install TEXT;`,
  // act: administrative acts that the tenant was not told of yet. standing: what the tenant says of the account beside
  // its configuration. usage_day: what was counted, by day. lost_place: of named readers that came from another
  // relay, where they were in its log. carried_pair: of a database that came so, by what it is known again.
  `CREATE TABLE act (id TEXT PRIMARY KEY, at INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE standing (id INTEGER PRIMARY KEY CHECK (id = 1), body TEXT NOT NULL);
   CREATE TABLE lost_place (name TEXT PRIMARY KEY, id TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE carried_pair (rowid_of INTEGER PRIMARY KEY, guid TEXT NOT NULL);
   CREATE TABLE usage_day (day TEXT PRIMARY KEY, is_told INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;`,
  // ticket: until when the secret that asked for it is good, where it has an end.
  `ALTER TABLE ticket ADD COLUMN until INTEGER;`,
];
