import { errandRow } from "../account/channel/errands.ts";
import { actRow } from "../account/store/acts.ts";
import { installRow } from "../account/store/installs.ts";
import { operationSchema } from "../account/store/operation.ts";
import { usageDayRow } from "../account/store/usage-days.ts";
import { named, type CarriedTable } from "./carried.ts";

/**
 * What an account takes along. Not the log, and nothing that is a place in it: the new one has another name. Not what
 * the tenant tells it anyway (settings, webhooks), nor what lives for minutes (codes, tickets, context).
 */
export const ACCOUNT_TABLES: readonly CarriedTable[] = [
  {
    table: "install",
    key: ["id"],
    columns: named("public_key name created_at revoked_at next_key key_changed_at ended"),
    reads: installRow,
  },
  { table: "pairing", key: ["handle"], columns: ["code", "name", "chat", "created_at", "last_seen_at"] },
  { table: "allowed", key: ["handle"], columns: ["approved_at", "approved_by"] },
  {
    table: "consumer",
    key: ["name"],
    columns: ["cursor", "created_at", "seen_at"],
    changed: (row) => ({ ...row, cursor: 0 }),
  },
  // Where each of them was: a place in another log, so that it is told of the gap (EVT4).
  {
    table: "lost_place",
    from: `(SELECT name, coalesce((SELECT id FROM lost_place WHERE lost_place.name = consumer.name),
      (SELECT log FROM state) || '.' || cursor) AS id FROM consumer)`,
    key: ["name"],
    columns: ["id"],
  },
  { table: "claim", key: ["chat"], columns: ["key", "consumer", "expires_at"] },
  { table: "former_chat", key: ["chat_id", "chat"], columns: [] },
  { table: "told", key: ["key", "chat_id"], columns: [] },
  { table: "new_chat", key: ["chat"], columns: ["at"] },
  {
    table: "operation",
    key: ["id"],
    columns: named(
      "idempotency_key request_hash method params journal chat text_hash created_at deadline settled_at outcome answer turn origin key part parts guids database by_id begun_at begun_seq given unresolved owed states look_at looks",
    ),
    sealed: ["params", "answer"],
    // Whom to answer is a socket, and does not travel.
    reads: operationSchema.omit({ gateway: true, rpc_id: true }),
    // Numbers of the log that stays behind: every row of the new one came after them.
    changed: (row) => ({ ...row, begun_seq: 0, given: timesOnly(row["given"] ?? null) }),
  },
  { table: "errand", key: ["id"], columns: ["body", "expires_at"], sealed: ["body"], reads: errandRow },
  { table: "deadline", key: ["name"], columns: ["at"] },
  { table: "usage_day", key: ["day"], columns: ["is_told", "body"], reads: usageDayRow },
  { table: "act", key: ["id"], columns: ["at", "body"], reads: actRow },
];

function timesOnly(given: string | number | null): string {
  const times = typeof given === "string" ? (JSON.parse(given) as readonly [number, number][]) : [];
  return JSON.stringify(times.map(([at]) => [at, 0]));
}
