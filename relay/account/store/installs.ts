import * as z from "zod";
import type { InstallId } from "../../../shared/ids.ts";
import { MAX_ENROLMENTS, MAX_INSTALLS } from "../../../shared/limits.ts";
import type { Sql } from "../ports.ts";

/** An enrolled agent. `public_key` = raw Ed25519 key, base64. */
export interface Install {
  readonly install: InstallId;
  readonly name: string;
  readonly public_key: string;
  readonly created_at: number;
  readonly revoked_at: number | null;
}

const rowSchema = z.object({
  id: z.string().transform((id) => id as InstallId),
  name: z.string(),
  public_key: z.string(),
  created_at: z.number(),
  revoked_at: z.number().nullable(),
});

type Claim = "claimed" | "not_found" | "gone";

/** Agents' public keys and the codes by which they join; of a code only its hash is stored. */
export class InstallStore {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  list(): Install[] {
    return this.#sql
      .exec("SELECT * FROM install ORDER BY created_at")
      .toArray()
      .map((row) => toInstall(rowSchema.parse(row)));
  }

  find(install: string): Install | undefined {
    const row = this.#sql.exec("SELECT * FROM install WHERE id = ?", install).toArray()[0];
    return row === undefined ? undefined : toInstall(rowSchema.parse(row));
  }

  /** The oldest revoked ones make room. */
  add({ install, name, public_key, created_at }: Omit<Install, "revoked_at">): void {
    this.#sql.exec(
      `DELETE FROM install WHERE revoked_at IS NOT NULL AND id IN
         (SELECT id FROM install WHERE revoked_at IS NOT NULL ORDER BY revoked_at DESC LIMIT -1 OFFSET ?)`,
      MAX_INSTALLS / 2,
    );
    this.#sql.exec(
      "INSERT INTO install (id, public_key, name, created_at) VALUES (?, ?, ?, ?)",
      install,
      public_key,
      name,
      created_at,
    );
  }

  countLive(): number {
    return Number(
      this.#sql.exec("SELECT count(*) AS n FROM install WHERE revoked_at IS NULL").toArray()[0]?.["n"] ?? 0,
    );
  }

  revoke(install: string, at: number): void {
    this.#sql.exec("UPDATE install SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", at, install);
  }

  addEnrolment(hash: string, expiresAt: number): void {
    this.#sql.exec("INSERT INTO enrolment (hash, expires_at) VALUES (?, ?)", hash, expiresAt);
    this.#sql.exec(
      "DELETE FROM enrolment WHERE hash IN (SELECT hash FROM enrolment ORDER BY expires_at DESC LIMIT -1 OFFSET ?)",
      MAX_ENROLMENTS,
    );
  }

  /** A code works once; it is told apart from one that never was only to whoever holds it. */
  claim(hash: string, now: number): Claim {
    const row = this.#sql.exec("SELECT expires_at, used_at FROM enrolment WHERE hash = ?", hash).toArray()[0];
    if (row === undefined) return "not_found";
    if (row["used_at"] !== null || Number(row["expires_at"]) <= now) return "gone";
    this.#sql.exec("UPDATE enrolment SET used_at = ? WHERE hash = ?", now, hash);
    return "claimed";
  }
}

function toInstall({ id, ...rest }: z.infer<typeof rowSchema>): Install {
  return { install: id, ...rest };
}
