import * as z from "zod";
import type { ToldAct } from "../account-report.ts";
import type { Sql } from "../ports.ts";

const bodySchema = z.object({
  by: z.string(),
  verb: z.string(),
  about: z.string(),
  result: z.string(),
  request_id: z.string().nullable(),
});
export const actRow = z.object({
  id: z.string(),
  at: z.number(),
  body: z.string().transform((text) => bodySchema.parse(JSON.parse(text))),
});

export class ActStore {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  add({ id, at, ...body }: ToldAct, most: number): void {
    this.#sql.exec("INSERT INTO act (id, at, body) VALUES (?, ?, ?)", id, at, JSON.stringify(body));
    this.#sql.exec(
      "DELETE FROM act WHERE id IN (SELECT id FROM act ORDER BY at DESC, id DESC LIMIT -1 OFFSET ?)",
      most,
    );
  }

  /** The oldest. */
  first(limit: number): ToldAct[] {
    return this.#sql
      .exec("SELECT * FROM act ORDER BY at, id LIMIT ?", limit)
      .toArray()
      .map((row) => {
        const { id, at, body } = actRow.parse(row);
        return Object.assign(body, { id, at });
      });
  }

  remove(acts: readonly ToldAct[]): void {
    const ids = JSON.stringify(acts.map(({ id }) => id));
    this.#sql.exec("DELETE FROM act WHERE id IN (SELECT value FROM json_each(?))", ids);
  }
}
