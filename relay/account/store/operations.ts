// Mutations and their outcomes: written before they are dispatched (I6), kept as long as a key answers (I7).
import * as z from "zod";
import type { OperationId } from "../../../shared/ids.ts";
import type { Sql, SqlValue } from "../ports.ts";
import {
  asSql,
  operationSchema,
  toOperation,
  WITHOUT_PARAMS,
  type Operation,
  type OperationPatch,
} from "./operation.ts";
import { OperationMemory } from "./operation-memory.ts";

const turnSchema = operationSchema
  .pick({ id: true, chat: true, journal: true })
  .transform(({ id, chat, journal }) => ({ id, chat, isWaiting: journal === "" }));

const partsSchema = z.object({ method: z.string(), parts: z.number() });

/** Which to list. `unknown`: settled so, and perhaps told by a row later. */
export type OperationState = "queued" | "open" | "unknown" | "settled";
const WHERE: Readonly<Record<OperationState, string>> = {
  queued: "settled_at IS NULL AND journal = '' ORDER BY turn",
  open: "settled_at IS NULL AND journal <> '' ORDER BY turn DESC",
  unknown: "outcome = 'unknown' ORDER BY turn DESC",
  settled: "settled_at IS NOT NULL ORDER BY turn DESC",
};

/** Of those in the list that is bound first. */
const AMONG = "id IN (SELECT value FROM json_each(?))";

export class OperationStore {
  readonly #sql: Sql;
  readonly #memory: OperationMemory;

  constructor(sql: Sql) {
    this.#sql = sql;
    this.#memory = new OperationMemory(sql);
  }

  /** A transaction that wrote here failed. */
  forget(): void {
    this.#memory.forget();
  }

  insert(operation: Operation): void {
    const { settled: _, guids, by_id, given, unresolved, owed, states, ...rest } = operation;
    const row = {
      ...rest,
      guids: JSON.stringify(guids),
      by_id: by_id ? 1 : 0,
      given: JSON.stringify(given),
      unresolved: unresolved ? 1 : 0,
      owed: owed ? 1 : 0,
      states: JSON.stringify(states),
    };
    const names = Object.keys(row);
    const marks = names.map(() => "?").join(", ");
    this.#sql.exec(
      `INSERT INTO operation (${names.join(", ")}) VALUES (${marks})`,
      ...Object.values(row satisfies Record<string, SqlValue>),
    );
    this.#memory.inserted(operation);
  }

  update(id: OperationId, patch: OperationPatch): void {
    const written = Object.entries(patch).map(([name, value]) => [name, asSql(value)] as const);
    this.#sql.exec(
      `UPDATE operation SET ${written.map(([name]) => `${name} = ?`).join(", ")} WHERE id = ?`,
      ...written.map(([, value]) => value),
      id,
    );
    this.#memory.updated(id, patch);
  }

  byId(id: string): Operation | undefined {
    return this.#read("*", "id = ?", id)[0];
  }

  byKey(key: string): Operation | undefined {
    return this.#read("*", "idempotency_key = ?", key)[0];
  }

  /** The newest `limit` texts begun since `at`, oldest first. */
  recentTexts(at: number, limit: number): (Operation & { text_hash: string })[] {
    const found = this.#all(
      "created_at >= ? AND text_hash IS NOT NULL ORDER BY created_at DESC, turn DESC LIMIT ?",
      at,
      limit,
    ).toReversed();
    return found.flatMap((operation) =>
      operation.text_hash === null ? [] : [{ ...operation, text_hash: operation.text_hash }],
    );
  }

  /** How many messages were asked for since then, by method. */
  partsSince(at: number): { method: string; parts: number }[] {
    return this.#sql
      .exec("SELECT method, sum(parts) AS parts FROM operation WHERE created_at >= ? GROUP BY method", at)
      .toArray()
      .map((row) => partsSchema.parse(row));
  }

  /** What there is to do when the Mac is back: an idle Mac connects for nothing else. */
  due(): { open: boolean; looks: boolean } {
    return { open: this.#memory.open.length > 0, looks: this.#memory.hasLooks };
  }

  /** Given to a journal and not settled, in the order in which they came. */
  underWay(): Operation[] {
    return this.#open("journal <> '' ORDER BY turn, created_at");
  }

  /** Begun before `at` and not settled. */
  openSince(at: number): Operation[] {
    return this.#open("created_at < ? ORDER BY turn", at);
  }

  /** Given to no journal, and not to be given to one any more: too late, or named by an id of another database. */
  overdue(now: number, database: number): Operation[] {
    return this.#open(
      "journal = '' AND (deadline <= ? OR (by_id = 1 AND database <> ?)) ORDER BY turn",
      now,
      database,
    );
  }

  /** Given to no journal, and asked for with that key. */
  waitingOf(key: string): Operation[] {
    return this.#open("journal = '' AND key = ? ORDER BY turn", key);
  }

  /** When the first of those that wait is too late; null = none waits. */
  nextOverdue(): number | null {
    const open = JSON.stringify(this.#memory.open);
    return this.#time(`SELECT min(deadline) AS at FROM operation WHERE ${AMONG} AND journal = ''`, open);
  }

  /** Those that keep an order, without their texts. */
  turns(): { id: OperationId; chat: string | null; isWaiting: boolean }[] {
    return this.#sql
      .exec(
        `SELECT id, chat, journal FROM operation WHERE ${AMONG} AND origin <> 'tunnel' ORDER BY turn`,
        JSON.stringify(this.#memory.open),
      )
      .toArray()
      .map((row) => turnSchema.parse(row));
  }

  /** Settled, with something that a row may still tell; the newest `limit`. */
  unresolved(limit: number): Operation[] {
    return this.#all("unresolved = 1 ORDER BY turn DESC LIMIT ?", limit);
  }

  /** When the last of those before that turn was settled; null = there are none. */
  unresolvedBefore(turn: number): number | null {
    return this.#time("SELECT max(settled_at) AS at FROM operation WHERE unresolved = 1 AND turn < ?", turn);
  }

  /** Whose states are to be asked for by `at`. */
  toLookAt(at: number, limit: number): Operation[] {
    return this.#all(`${AMONG} ORDER BY look_at`, JSON.stringify(this.#memory.toLookAt(at, limit)));
  }

  /** When the next look after `at` is due; null = none. */
  nextLookAfter(at: number): number | null {
    return this.#memory.nextLookAfter(at);
  }

  /** Whether a message is known to be a send's. */
  hasGuid(guid: string): boolean {
    return this.#memory.hasGuid(guid);
  }

  list(state: OperationState | null, limit: number): Operation[] {
    return this.#all(`${state === null ? "1 ORDER BY turn DESC" : WHERE[state]} LIMIT ?`, limit);
  }

  counts(): { total: number; waiting: number; open: number; unknown: number; lastTurn: number } {
    const row = this.#sql
      .exec(
        `SELECT count(*) AS total, max(turn) AS turn, sum(outcome = 'unknown') AS unknown,
           sum(settled_at IS NULL AND journal = '') AS waiting, sum(settled_at IS NULL AND journal <> '') AS open FROM operation`,
      )
      .toArray()[0];
    const count = (name: string): number => Number(row?.[name] ?? 0);
    return {
      total: count("total"),
      waiting: count("waiting"),
      open: count("open"),
      unknown: count("unknown"),
      lastTurn: count("turn"),
    };
  }

  deleteSettledBefore(at: number): void {
    this.#sql.exec("DELETE FROM operation WHERE settled_at < ?", at);
    this.#memory.forget();
  }

  #time(query: string, ...bindings: SqlValue[]): number | null {
    const at = this.#sql.exec(query, ...bindings).toArray()[0]?.["at"];
    return typeof at === "number" ? at : null;
  }

  #open(where: string, ...bindings: SqlValue[]): Operation[] {
    const { open } = this.#memory;
    return open.length === 0 ? [] : this.#all(`${AMONG} AND ${where}`, JSON.stringify(open), ...bindings);
  }

  /** Without their params: the texts of many may be more than the object can hold. */
  #all(where: string, ...bindings: SqlValue[]): Operation[] {
    return this.#read(WITHOUT_PARAMS, where, ...bindings);
  }

  #read(columns: string, where: string, ...bindings: SqlValue[]): Operation[] {
    return this.#sql
      .exec(`SELECT ${columns} FROM operation WHERE ${where}`, ...bindings)
      .toArray()
      .map((row) => toOperation(operationSchema.parse(row)));
  }
}
