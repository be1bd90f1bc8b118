// What was administered in a tenant: one row an act, bounded by number and age. In transactions of the caller.
import * as z from "zod";
import type { AuditEntry, AuditVerb } from "../../shared/audit.ts";
import type { Sql } from "../account/ports.ts";
import { AUDIT_MS, AUDIT_PRUNE_ROWS, AUDIT_ROWS } from "./limits.ts";

export const auditRow = z.object({
  id: z.number(),
  at: z.number(),
  acted_by: z.string(),
  verb: z.string(),
  about: z.string(),
  result: z.string(),
  request_id: z.string().nullable(),
});

/** What is done, and about which id. */
export interface Act {
  readonly verb: AuditVerb;
  readonly about: string;
}

/** Which entries: those beside `after` (null = from the beginning of that order). */
export interface AuditAsked {
  readonly after: number | null;
  readonly limit: number;
  /** For people, the newest first; for a copy of all of it, the oldest. */
  readonly order: "newest" | "oldest";
}

export class AuditBook {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** `toldAs`: of one that an account tells of, and may tell again. */
  record(
    { at, by, verb, about, result, request_id }: Omit<AuditEntry, "id">,
    toldAs: string | null = null,
  ): void {
    this.#sql.exec(
      "INSERT OR IGNORE INTO audit (at, acted_by, verb, about, result, request_id, told_as) VALUES (?, ?, ?, ?, ?, ?, ?)",
      at,
      by,
      verb,
      about,
      result,
      request_id,
      toldAs,
    );
    this.#sql.exec("DELETE FROM audit WHERE id <= (SELECT max(id) FROM audit) - ?", AUDIT_ROWS);
    this.#sql.exec(
      "DELETE FROM audit WHERE id IN (SELECT id FROM audit ORDER BY id LIMIT ?) AND at < ?",
      AUDIT_PRUNE_ROWS,
      at - AUDIT_MS,
    );
  }

  /** The tenant came from elsewhere, and has not left since. */
  cameLast(): boolean {
    const verbs = ["tenant.imported", "tenant.exported"] as const satisfies readonly AuditVerb[];
    const row = this.#sql
      .exec("SELECT verb FROM audit WHERE verb IN (?, ?) ORDER BY id DESC LIMIT 1", ...verbs)
      .toArray()[0];
    return row?.["verb"] === verbs[0];
  }

  page({ after, limit, order }: AuditAsked): AuditEntry[] {
    const [beside, way] = order === "newest" ? ["id < ?1", "DESC"] : ["id > ?1", "ASC"];
    return this.#sql
      .exec(`SELECT * FROM audit WHERE ?1 IS NULL OR ${beside} ORDER BY id ${way} LIMIT ?2`, after, limit)
      .toArray()
      .map((row) => {
        const { acted_by, ...entry } = auditRow.parse(row);
        return Object.assign(entry, { by: acted_by });
      });
  }
}
