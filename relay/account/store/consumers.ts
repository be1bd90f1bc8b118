import * as z from "zod";
import type { Sql } from "../ports.ts";

const ROWS = "SELECT consumer.*, lost_place.id AS lost FROM consumer LEFT JOIN lost_place USING (name)";

const rowSchema = z.object({
  /** Where it was in the log of another relay, until it is told that this is another one. */
  lost: z.string().nullable(),
  name: z.string(),
  cursor: z.number(),
  created_at: z.number(),
  seen_at: z.number(),
});
/** A named reader and its place: everything up to `cursor` was dealt with (EVT8). Times in ms. */
export type Consumer = z.infer<typeof rowSchema>;

export class ConsumerStore {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  list(): Consumer[] {
    return this.#sql
      .exec(`${ROWS} ORDER BY name`)
      .toArray()
      .map((row) => rowSchema.parse(row));
  }

  find(name: string): Consumer | undefined {
    const row = this.#sql.exec(`${ROWS} WHERE name = ?`, name).toArray()[0];
    return row === undefined ? undefined : rowSchema.parse(row);
  }

  keep(name: string, cursor: number, now: number): void {
    this.#sql.exec(
      `INSERT INTO consumer (name, cursor, created_at, seen_at) VALUES (?, ?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET cursor = excluded.cursor, seen_at = excluded.seen_at`,
      name,
      cursor,
      now,
      now,
    );
    this.found(name);
  }

  /** It was told. */
  found(name: string): void {
    this.#sql.exec("DELETE FROM lost_place WHERE name = ?", name);
  }

  remove(name: string): void {
    this.found(name);
    this.#sql.exec("DELETE FROM consumer WHERE name = ?", name);
  }

  count(): number {
    return Number(this.#sql.exec("SELECT count(*) AS n FROM consumer").toArray()[0]?.["n"] ?? 0);
  }
}
