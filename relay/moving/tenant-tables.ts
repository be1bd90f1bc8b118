import * as z from "zod";
import { auditRow } from "../tenant/audit-book.ts";
import { configRow } from "../tenant/config.ts";
import { rowSchema as endpointRow } from "../tenant/endpoint-row.ts";
import { keyRow } from "../tenant/key-store.ts";
import { accountStandingRow, standingRow } from "../tenant/standing.ts";
import { usageRow } from "../tenant/usage-book.ts";
import { named, type CarriedTable } from "./carried.ts";

const json = z.string().transform((text): unknown => JSON.parse(text));

/** What a tenant takes along. Secrets of endpoints are sealed as they are stored; of keys there are only hashes. */
export const TENANT_TABLES: readonly CarriedTable[] = [
  {
    table: "standing",
    key: ["tenant"],
    columns: ["state", "reason", "quotas", "changed_at"],
    // It is suspended here, and there until the last line has come.
    changed: (row) => ({ ...row, state: "importing" }),
    reads: standingRow.extend({ state: z.literal("importing") }),
  },
  {
    table: "account_standing",
    key: ["account"],
    columns: ["state"],
    reads: accountStandingRow,
    isCounted: true,
  },
  {
    table: "key",
    key: ["key"],
    columns: named("secret_hash name scopes accounts expires_at created_at revoked_at last_used_at"),
    reads: keyRow,
    isCounted: true,
  },
  { table: "former_secret", key: ["key"], columns: ["secret_hash", "until"], isCounted: true },
  {
    table: "config_version",
    key: ["version"],
    columns: ["at", "changed_by", "changed", "document"],
    reads: configRow.extend({ document: json }),
    isCounted: true,
  },
  { table: "revision", key: ["id"], columns: ["n"], reads: z.object({ n: z.int() }) },
  {
    table: "endpoint",
    key: ["endpoint"],
    columns: named(
      "url kinds chats accounts description state reason takes_replies secrets round breaker created_at changed_at",
    ),
    reads: endpointRow,
    isCounted: true,
  },
  {
    table: "audit",
    key: ["id"],
    columns: ["at", "acted_by", "verb", "about", "result", "request_id", "told_as"],
    reads: auditRow,
  },
  { table: "usage_day", key: ["day", "account"], columns: ["reported_at", "body"], reads: usageRow },
];
