import * as z from "zod";
import type { Sql } from "../ports.ts";

const rowSchema = z
  .object({ chat: z.string(), seqs: z.string() })
  .transform(({ chat, seqs }) => [chat, z.array(z.number()).parse(JSON.parse(seqs))] as const);

/** Group messages that did not mention the bot, by chat key: shown as context of the next one that counts. */
export class PendingStore {
  readonly #sql: Sql;
  /** Read once, since every group message asks. */
  #byChat: Map<string, readonly number[]> | undefined;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  of(chat: string): readonly number[] {
    return this.#all().get(chat) ?? [];
  }

  /** Keeps the newest `limit`. */
  add(chat: string, seq: number, limit: number): void {
    const seqs = [...this.of(chat), seq].slice(-limit);
    this.#all().set(chat, seqs);
    this.#sql.exec(
      "INSERT INTO pending (chat, seqs) VALUES (?, ?) ON CONFLICT (chat) DO UPDATE SET seqs = excluded.seqs",
      chat,
      JSON.stringify(seqs),
    );
  }

  clear(chat: string): void {
    if (this.of(chat).length === 0) return;
    this.#all().delete(chat);
    this.#sql.exec("DELETE FROM pending WHERE chat = ?", chat);
  }

  /** What is not in the log any more is no context. */
  clearUpTo(seq: number): void {
    for (const [chat, seqs] of this.#all()) if ((seqs.at(-1) ?? 0) <= seq) this.clear(chat);
  }

  /** The transaction in which something was added failed: the memory may say more than the table. */
  forget(): void {
    this.#byChat = undefined;
  }

  #all(): Map<string, readonly number[]> {
    this.#byChat ??= new Map(
      this.#sql
        .exec("SELECT chat, seqs FROM pending")
        .toArray()
        .map((row) => rowSchema.parse(row)),
    );
    return this.#byChat;
  }
}
