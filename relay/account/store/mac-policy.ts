// What the owner of the account's Mac forbids, as the Mac last said it; kept for when it is away. A row of its own:
// it changes when the owner does, not with every batch.
import * as z from "zod";
import { macPolicySchema, type MacPolicy } from "../../../shared/mac-policy.ts";
import type { Sql } from "../ports.ts";

const rowSchema = z.object({ body: z.string() });

export class MacPolicyStore {
  readonly #sql: Sql;
  /** As it is stored; undefined = not read yet. */
  #body: string | null | undefined;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Null = the Mac has not said, or its agent is one that does not. */
  get current(): MacPolicy | null {
    const body = this.#read();
    if (body === null) return null;
    return macPolicySchema.safeParse(JSON.parse(body)).data ?? null;
  }

  /** Null = it no longer says. */
  keep(policy: MacPolicy | null): void {
    const body = policy === null ? null : JSON.stringify(policy);
    if (body === this.#read()) return;
    if (body === null) this.#sql.exec("DELETE FROM mac_policy");
    else this.#sql.exec("INSERT OR REPLACE INTO mac_policy (id, body) VALUES (1, ?)", body);
    this.#body = body;
  }

  /** A transaction that wrote it has failed. */
  forget(): void {
    this.#body = undefined;
  }

  #read(): string | null {
    if (this.#body === undefined) {
      const [row] = this.#sql.exec("SELECT body FROM mac_policy").toArray();
      this.#body = row === undefined ? null : rowSchema.parse(row).body;
    }
    return this.#body;
  }
}
