import { named, type CarriedTable } from "./carried.ts";

/** What a tenant takes along. Secrets of endpoints are sealed as they are stored; of keys there are only hashes. */
export const TENANT_TABLES: readonly CarriedTable[] = [
  {
    table: "standing",
    key: ["tenant"],
    columns: ["state", "reason", "quotas", "changed_at"],
    // It is suspended here, and there until the last line has come.
    changed: (row) => ({ ...row, state: "importing" }),
  },
  { table: "account_standing", key: ["account"], columns: ["state"] },
  {
    table: "key",
    key: ["key"],
    columns: named("secret_hash name scopes accounts expires_at created_at revoked_at last_used_at"),
  },
  { table: "former_secret", key: ["key"], columns: ["secret_hash", "until"] },
  { table: "config_version", key: ["version"], columns: ["at", "changed_by", "changed", "document"] },
  { table: "revision", key: ["id"], columns: ["n"] },
  {
    table: "endpoint",
    key: ["endpoint"],
    columns: named(
      "url kinds chats accounts description state reason takes_replies secrets round breaker created_at changed_at",
    ),
  },
  {
    table: "audit",
    key: ["id"],
    columns: ["at", "acted_by", "verb", "about", "result", "request_id", "told_as"],
  },
  { table: "usage_day", key: ["day", "account"], columns: ["reported_at", "body"] },
];
