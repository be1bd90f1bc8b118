import * as z from "zod";
import { INSTALL_ENDS, type InstallEnd } from "../../../shared/close.ts";
import type { InstallId } from "../../../shared/ids.ts";
import { MAX_ENROLMENT_LOOKS, MAX_ENROLMENTS, MAX_INSTALLS } from "../../../shared/limits.ts";
import { err, ok, type Result } from "../../../shared/result.ts";
import type { Sql } from "../ports.ts";

/** An enrolled agent. Keys = raw Ed25519 keys, base64. */
export interface Install {
  readonly install: InstallId;
  readonly name: string;
  readonly public_key: string;
  /** Accepted as well; when it is first used it takes the place of the other (ENR6). */
  readonly next_key: string | null;
  readonly key_changed_at: number | null;
  readonly created_at: number;
  readonly revoked_at: number | null;
  /** Why it is accepted no longer. */
  readonly ended: InstallEnd | null;
}

export const installRow = z.object({
  id: z.string().transform((id) => id as InstallId),
  name: z.string(),
  public_key: z.string(),
  next_key: z.string().nullable(),
  key_changed_at: z.number().nullable(),
  created_at: z.number(),
  revoked_at: z.number().nullable(),
  ended: z.enum(INSTALL_ENDS).nullable(),
});

const enrolmentSchema = z.object({
  expires_at: z.number(),
  used_at: z.number().nullable(),
  looks: z.number(),
  install: z
    .string()
    .nullable()
    .transform((id) => id as InstallId | null),
});
type Enrolment = z.infer<typeof enrolmentSchema>;

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
      .map((row) => toInstall(installRow.parse(row)));
  }

  live(): Install[] {
    return this.list().filter(({ revoked_at }) => revoked_at === null);
  }

  find(install: string): Install | undefined {
    const row = this.#sql.exec("SELECT * FROM install WHERE id = ?", install).toArray()[0];
    return row === undefined ? undefined : toInstall(installRow.parse(row));
  }

  /** The oldest revoked ones make room. */
  add({
    install,
    name,
    public_key,
    created_at,
  }: Pick<Install, "install" | "name" | "public_key" | "created_at">): void {
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

  end(install: string, why: InstallEnd, at: number): void {
    this.#sql.exec(
      "UPDATE install SET revoked_at = ?, ended = ?, next_key = NULL WHERE id = ? AND revoked_at IS NULL",
      at,
      why,
      install,
    );
  }

  setNextKey(install: string, key: string): void {
    this.#sql.exec("UPDATE install SET next_key = ? WHERE id = ?", key, install);
  }

  /** The next key was used: the one before counts no longer. */
  useNextKey(install: string, at: number): void {
    this.#sql.exec(
      "UPDATE install SET public_key = next_key, next_key = NULL, key_changed_at = ? WHERE id = ? AND next_key IS NOT NULL",
      at,
      install,
    );
  }

  addEnrolment(hash: string, expiresAt: number): void {
    this.#sql.exec("INSERT INTO enrolment (hash, expires_at) VALUES (?, ?)", hash, expiresAt);
    this.#sql.exec(
      "DELETE FROM enrolment WHERE hash IN (SELECT hash FROM enrolment ORDER BY expires_at DESC LIMIT -1 OFFSET ?)",
      MAX_ENROLMENTS,
    );
  }

  /** ENR1: a code is told apart from one that never was only to whoever holds it. Its answer is when it ends. */
  look(hash: string, now: number): Result<number, "not_found" | "gone" | "rate_limited"> {
    const found = this.#enrolment(hash);
    if (found === undefined) return err("not_found");
    if (found.used_at !== null || found.expires_at <= now) return err("gone");
    if (found.looks >= MAX_ENROLMENT_LOOKS) return err("rate_limited");
    this.#sql.exec("UPDATE enrolment SET looks = looks + 1 WHERE hash = ?", hash);
    return ok(found.expires_at);
  }

  /** Undefined = it can be used now. */
  whyNot(hash: string, now: number): "not_found" | "gone" | undefined {
    const found = this.#enrolment(hash);
    if (found === undefined) return "not_found";
    return found.used_at !== null || found.expires_at <= now ? "gone" : undefined;
  }

  /** What a code became, until it would have ended. */
  claimedBy(hash: string, now: number): Install | undefined {
    const found = this.#enrolment(hash);
    if (found === undefined || found.install === null || found.expires_at <= now) return undefined;
    return this.find(found.install);
  }

  use(hash: string, install: string, now: number): void {
    this.#sql.exec("UPDATE enrolment SET used_at = ?, install = ? WHERE hash = ?", now, install, hash);
  }

  #enrolment(hash: string): Enrolment | undefined {
    const row = this.#sql.exec("SELECT * FROM enrolment WHERE hash = ?", hash).toArray()[0];
    return row === undefined ? undefined : enrolmentSchema.parse(row);
  }
}

function toInstall({ id, ...rest }: z.infer<typeof installRow>): Install {
  return { install: id, ...rest };
}
