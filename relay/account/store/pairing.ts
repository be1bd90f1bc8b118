import * as z from "zod";
import type { Sql } from "../ports.ts";

const requestSchema = z.object({
  handle: z.string(),
  code: z.string(),
  /** As Messages names the sender, where it does. */
  name: z.string().nullable(),
  /** Guid of the chat they wrote in. */
  chat: z.string().nullable(),
  created_at: z.number(),
  last_seen_at: z.number(),
});
/** A stranger who asked for access. Times in ms. */
export type PairingRow = z.infer<typeof requestSchema>;

const allowedSchema = z.object({ handle: z.string(), approved_at: z.number(), approved_by: z.string() });
export type AllowedRow = z.infer<typeof allowedSchema>;

const tallySchema = z.object({ count: z.number(), since: z.number() });

export class PairingStore {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  requests(): PairingRow[] {
    return this.#sql
      .exec("SELECT * FROM pairing ORDER BY created_at, handle")
      .toArray()
      .map((row) => requestSchema.parse(row));
  }

  keep({ handle, code, name, chat, created_at, last_seen_at }: PairingRow): void {
    this.#sql.exec(
      `INSERT INTO pairing (handle, code, name, chat, created_at, last_seen_at) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (handle) DO UPDATE SET code = excluded.code, name = excluded.name, chat = excluded.chat,
         created_at = excluded.created_at, last_seen_at = excluded.last_seen_at`,
      handle,
      code,
      name,
      chat,
      created_at,
      last_seen_at,
    );
  }

  drop(handle: string): void {
    this.#sql.exec("DELETE FROM pairing WHERE handle = ?", handle);
  }

  allowed(): AllowedRow[] {
    return this.#sql
      .exec("SELECT * FROM allowed ORDER BY approved_at, handle")
      .toArray()
      .map((row) => allowedSchema.parse(row));
  }

  allow({ handle, approved_at, approved_by }: AllowedRow): void {
    this.#sql.exec(
      "INSERT OR IGNORE INTO allowed (handle, approved_at, approved_by) VALUES (?, ?, ?)",
      handle,
      approved_at,
      approved_by,
    );
  }

  disallow(handle: string): void {
    this.#sql.exec("DELETE FROM allowed WHERE handle = ?", handle);
  }

  /** How often something went wrong since when; undefined = never. */
  tally(name: string): { count: number; since: number } | undefined {
    const row = this.#sql.exec("SELECT count, since FROM tally WHERE name = ?", name).toArray()[0];
    return row === undefined ? undefined : tallySchema.parse(row);
  }

  setTally(name: string, count: number, since: number): void {
    this.#sql.exec(
      "INSERT INTO tally (name, count, since) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET count = excluded.count, since = excluded.since",
      name,
      count,
      since,
    );
  }
}
