import * as z from "zod";
import type { Sql } from "../ports.ts";

const rowSchema = z.object({
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
      .exec("SELECT * FROM consumer ORDER BY name")
      .toArray()
      .map((row) => rowSchema.parse(row));
  }

  find(name: string): Consumer | undefined {
    const row = this.#sql.exec("SELECT * FROM consumer WHERE name = ?", name).toArray()[0];
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
  }

  remove(name: string): void {
    this.#sql.exec("DELETE FROM consumer WHERE name = ?", name);
  }

  count(): number {
    return Number(this.#sql.exec("SELECT count(*) AS n FROM consumer").toArray()[0]?.["n"] ?? 0);
  }
}
