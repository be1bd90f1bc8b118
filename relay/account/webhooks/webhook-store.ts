import * as z from "zod";
import { ATTEMPTS_PRUNED_EVERY } from "../../../shared/webhooks/limits.ts";
import type { Sql } from "../ports.ts";
import { endpointSchema, healthSchema, UNTRIED, type Endpoint, type Health } from "./endpoint.ts";

const json = <T>(schema: z.ZodType<T>) => z.string().transform((text) => schema.parse(JSON.parse(text)));

const webhookSchema = z.object({
  endpoint: json(endpointSchema),
  /** Everything up to it was delivered, concerns nobody, or is parked. */
  cursor: z.number(),
  health: json(healthSchema),
});
export type Webhook = z.infer<typeof webhookSchema>;

const parkedSchema = z.object({
  endpoint: z.string(),
  /** Its key; "" = events of no chat. */
  chat: z.string(),
  /** The event at its head; what follows in the chat waits for it. */
  from_seq: z.number(),
  /** Attempts made of the head. */
  attempts: z.number(),
  next_at: z.number(),
  /** When the head failed first. */
  since: z.number(),
});
/** A chat whose oldest event could not be delivered. Times in ms. */
export type Parked = z.infer<typeof parkedSchema>;

const asideSchema = z.object({
  endpoint: z.string(),
  seq: z.number(),
  attempts: z.number(),
  next_at: z.number(),
});
/** An event that its chat went on without. */
export type SetAside = z.infer<typeof asideSchema>;

const attemptSchema = z.object({
  endpoint: z.string(),
  seq: z.number(),
  /** The first is 1. */
  attempt: z.number(),
  at: z.number(),
  took_ms: z.number(),
  verdict: z.string(),
  /** What went wrong, for a human. */
  why: z.string(),
  status: z.number().nullable(),
  /** The beginning of what was answered. */
  response: z.string(),
});
/** One that failed. */
export type FailedAttempt = z.infer<typeof attemptSchema>;

export class WebhookStore {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  all(): Webhook[] {
    return this.#rows(
      "SELECT body AS endpoint, cursor, health FROM webhook ORDER BY endpoint",
      webhookSchema,
    );
  }

  find(endpoint: string): Webhook | undefined {
    return this.#rows(
      "SELECT body AS endpoint, cursor, health FROM webhook WHERE endpoint = ?",
      webhookSchema,
      endpoint,
    )[0];
  }

  add(endpoint: Endpoint, cursor: number): void {
    this.#sql.exec(
      "INSERT INTO webhook (endpoint, body, cursor, health) VALUES (?, ?, ?, ?)",
      endpoint.endpoint,
      JSON.stringify(endpoint),
      cursor,
      JSON.stringify({ ...UNTRIED, round: endpoint.round }),
    );
  }

  change(endpoint: Endpoint): void {
    this.#sql.exec(
      "UPDATE webhook SET body = ? WHERE endpoint = ?",
      JSON.stringify(endpoint),
      endpoint.endpoint,
    );
  }

  /** Everything of it. */
  remove(endpoint: string): void {
    for (const table of ["webhook", "parked", "set_aside", "attempt"])
      this.#sql.exec(`DELETE FROM ${table} WHERE endpoint = ?`, endpoint);
  }

  keep(endpoint: string, cursor: number, health: Health): void {
    this.#sql.exec(
      "UPDATE webhook SET cursor = ?, health = ? WHERE endpoint = ?",
      cursor,
      JSON.stringify(health),
      endpoint,
    );
  }

  parked(endpoint: string): Parked[] {
    return this.#rows("SELECT * FROM parked WHERE endpoint = ?", parkedSchema, endpoint);
  }

  park({ endpoint, chat, from_seq, attempts, next_at, since }: Parked): void {
    this.#sql.exec(
      `INSERT INTO parked (endpoint, chat, from_seq, attempts, next_at, since) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (endpoint, chat) DO UPDATE SET from_seq = excluded.from_seq, attempts = excluded.attempts,
         next_at = excluded.next_at, since = excluded.since`,
      endpoint,
      chat,
      from_seq,
      attempts,
      next_at,
      since,
    );
  }

  unpark({ endpoint, chat }: Pick<Parked, "endpoint" | "chat">): void {
    this.#sql.exec("DELETE FROM parked WHERE endpoint = ? AND chat = ?", endpoint, chat);
  }

  aside(endpoint: string): SetAside[] {
    return this.#rows("SELECT * FROM set_aside WHERE endpoint = ? ORDER BY seq", asideSchema, endpoint);
  }

  setAside({ endpoint, seq, attempts, next_at }: SetAside): void {
    this.#sql.exec(
      `INSERT INTO set_aside (endpoint, seq, attempts, next_at) VALUES (?, ?, ?, ?)
       ON CONFLICT (endpoint, seq) DO UPDATE SET attempts = excluded.attempts, next_at = excluded.next_at`,
      endpoint,
      seq,
      attempts,
      next_at,
    );
  }

  takeBack({ endpoint, seq }: Pick<SetAside, "endpoint" | "seq">): void {
    this.#sql.exec("DELETE FROM set_aside WHERE endpoint = ? AND seq = ?", endpoint, seq);
  }

  /** What waits of later events. */
  dropAfter(endpoint: string, seq: number): void {
    this.#sql.exec("DELETE FROM parked WHERE endpoint = ? AND from_seq > ?", endpoint, seq);
    this.#sql.exec("DELETE FROM set_aside WHERE endpoint = ? AND seq > ?", endpoint, seq);
  }

  /** The newest `most` are kept. */
  addAttempt(failed: FailedAttempt, most: number): void {
    const { endpoint, seq, attempt, at, took_ms, verdict, why, status, response } = failed;
    const inserted = this.#sql.exec(
      `INSERT INTO attempt (endpoint, seq, attempt, at, took_ms, verdict, why, status, response)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
      endpoint,
      seq,
      attempt,
      at,
      took_ms,
      verdict,
      why,
      status,
      response,
    );
    // It looks at every one of them.
    if (Number(inserted.toArray()[0]?.["id"]) % ATTEMPTS_PRUNED_EVERY !== 0) return;
    this.#sql.exec(
      `DELETE FROM attempt WHERE id IN
         (SELECT id FROM attempt WHERE endpoint = ? ORDER BY id DESC LIMIT -1 OFFSET ?)`,
      endpoint,
      most,
    );
  }

  /** Newest first. */
  attempts(endpoint: string, since: number, limit: number): FailedAttempt[] {
    return this.#rows(
      "SELECT * FROM attempt WHERE endpoint = ? AND at >= ? ORDER BY id DESC LIMIT ?",
      attemptSchema,
      endpoint,
      since,
      limit,
    );
  }

  /** When it was made; undefined = there is none. */
  oldestAttempt(): number | undefined {
    return this.#rows("SELECT at FROM attempt ORDER BY id LIMIT 1", z.object({ at: z.number() }))[0]?.at;
  }

  forgetAttempts(before: number): void {
    this.#sql.exec("DELETE FROM attempt WHERE at < ?", before);
  }

  #rows<T>(query: string, schema: z.ZodType<T>, ...bindings: (string | number)[]): T[] {
    return this.#sql
      .exec(query, ...bindings)
      .toArray()
      .map((row) => schema.parse(row));
  }
}
