import * as z from "zod";
import { answerSchema, type Answer } from "../../../shared/jsonrpc.ts";
import type { OperationId } from "../../../shared/ids.ts";
import type { SendOutcome } from "../../../shared/outcome.ts";
import type { Sql } from "../ports.ts";

/** A mutation: written before it is dispatched, so that its outcome survives everything (I6). */
export interface Operation {
  readonly id: OperationId;
  readonly idempotency_key: string | null;
  /** SHA-256 of method and params: the same key with another body is a conflict. */
  readonly request_hash: string;
  readonly method: string;
  /** JSON; null once settled, since it holds the message's text. */
  readonly params: string | null;
  /** The journal it was first given to: no other may run it. */
  readonly journal: string;
  /** Whom to answer if nobody in memory waits. */
  readonly gateway: string | null;
  readonly rpc_id: string | null;
  /** Of a text: where it goes (chat key or handle), and the text's SHA-256, by which its echo is known. */
  readonly chat: string | null;
  readonly text_hash: string | null;
  readonly created_at: number;
  readonly deadline: number;
  readonly settled: { readonly at: number; readonly outcome: SendOutcome; readonly answer: Answer } | null;
}

const text = z.string().nullable();
const rowSchema = z.object({
  id: z.string().transform((id) => id as OperationId),
  idempotency_key: text,
  request_hash: z.string(),
  method: z.string(),
  params: text,
  journal: z.string(),
  gateway: text,
  rpc_id: text,
  chat: text,
  text_hash: text,
  created_at: z.number(),
  deadline: z.number(),
  settled_at: z.number().nullable(),
  outcome: z.enum(["sent", "not_sent", "unknown"]).nullable(),
  answer: text.transform((json) => (json === null ? null : answerSchema.parse(JSON.parse(json)))),
});

export class OperationStore {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  insert(operation: Omit<Operation, "settled">): void {
    this.#sql.exec(
      `INSERT INTO operation (id, idempotency_key, request_hash, method, params, journal, gateway, rpc_id, chat, text_hash, created_at, deadline)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      operation.id,
      operation.idempotency_key,
      operation.request_hash,
      operation.method,
      operation.params,
      operation.journal,
      operation.gateway,
      operation.rpc_id,
      operation.chat,
      operation.text_hash,
      operation.created_at,
      operation.deadline,
    );
  }

  settle(id: OperationId, at: number, outcome: SendOutcome, answer: Answer): void {
    this.#sql.exec(
      "UPDATE operation SET settled_at = ?, outcome = ?, answer = ?, params = NULL WHERE id = ? AND settled_at IS NULL",
      at,
      outcome,
      JSON.stringify(answer),
      id,
    );
  }

  forgetAsker(id: string): void {
    this.#sql.exec("UPDATE operation SET gateway = NULL WHERE id = ?", id);
  }

  byId(id: string): Operation | undefined {
    return this.#one("SELECT * FROM operation WHERE id = ?", id);
  }

  byKey(key: string): Operation | undefined {
    return this.#one("SELECT * FROM operation WHERE idempotency_key = ?", key);
  }

  /** The newest `limit` texts begun since `at`, oldest first. */
  recentTexts(at: number, limit: number): (Operation & { text_hash: string })[] {
    return this.#sql
      .exec(
        "SELECT * FROM operation WHERE created_at >= ? AND text_hash IS NOT NULL ORDER BY created_at DESC LIMIT ?",
        at,
        limit,
      )
      .toArray()
      .toReversed()
      .flatMap((row) => {
        const operation = toOperation(rowSchema.parse(row));
        return operation.text_hash === null ? [] : [{ ...operation, text_hash: operation.text_hash }];
      });
  }

  open(): Operation[] {
    return this.#sql
      .exec("SELECT * FROM operation WHERE settled_at IS NULL ORDER BY created_at")
      .toArray()
      .map((row) => toOperation(rowSchema.parse(row)));
  }

  countOpen(): number {
    return Number(
      this.#sql.exec("SELECT count(*) AS n FROM operation WHERE settled_at IS NULL").toArray()[0]?.["n"] ?? 0,
    );
  }

  count(): number {
    return Number(this.#sql.exec("SELECT count(*) AS n FROM operation").toArray()[0]?.["n"] ?? 0);
  }

  deleteSettledBefore(at: number): void {
    this.#sql.exec("DELETE FROM operation WHERE settled_at < ?", at);
  }

  #one(query: string, binding: string): Operation | undefined {
    const row = this.#sql.exec(query, binding).toArray()[0];
    return row === undefined ? undefined : toOperation(rowSchema.parse(row));
  }
}

function toOperation({ settled_at, outcome, answer, ...rest }: z.infer<typeof rowSchema>): Operation {
  const settled =
    settled_at === null || outcome === null || answer === null ? null : { at: settled_at, outcome, answer };
  return { ...rest, settled };
}
