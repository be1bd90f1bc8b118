import * as z from "zod";
import { answerSchema, type Answer } from "../../../shared/jsonrpc.ts";
import type { OperationId } from "../../../shared/ids.ts";
import type { SendOutcome } from "../../../shared/outcome.ts";
import type { Sql, SqlValue } from "../ports.ts";

/** What Messages says of a message that was sent; null = nothing yet. */
export const sendStateSchema = z.enum(["sent", "delivered", "failed"]).nullable();
export type SendState = z.infer<typeof sendStateSchema>;

const givenSchema = z.tuple([z.number(), z.number()]);
/** Time (ms) and number of the log. */
export type Given = z.infer<typeof givenSchema>;

/** A mutation: written before it is dispatched, so that its outcome survives everything (I6). */
export interface Operation {
  readonly id: OperationId;
  readonly idempotency_key: string | null;
  /** SHA-256 of method and params: the same key with another body is a conflict. */
  readonly request_hash: string;
  readonly method: string;
  /**
   * JSON: the params, or a list of the params of each part; null once settled, since it holds the message's text, and
   * where many are read at once.
   */
  readonly params: string | null;
  /** The journal it was first given to, and no other may run it; "" = given to none yet. */
  readonly journal: string;
  /** Whom to answer if nobody in memory waits. */
  readonly gateway: string | null;
  readonly rpc_id: string | null;
  /** The chat it goes to, by its one name; null where that is not known. */
  readonly chat: string | null;
  /** Of texts: the hash of each part's, with blanks between, by which their echoes are known. */
  readonly text_hash: string | null;
  readonly created_at: number;
  /** Until when the part under way may be begun. */
  readonly deadline: number;
  /** Grows with every operation. */
  readonly turn: number;
  /** Whose call it is. What comes through the tunnel keeps no order but its gateway's. */
  readonly origin: "tunnel" | "channel" | "relay";
  /** The part that is under way, or to be begun next, counted from 0. */
  readonly part: number;
  readonly parts: number;
  /** Of the parts that went out; null = imsg did not say, and no row has told yet. */
  readonly guids: readonly (string | null)[];
  /** The generation of the Messages database in which it was asked for. */
  readonly database: number;
  /** Whether its chat was named by a row id, which means nothing in another database. */
  readonly by_id: boolean;
  /** When it was first given to the Mac, and the log's last number then. */
  readonly begun_at: number | null;
  readonly begun_seq: number;
  /** The same of each part after the first. */
  readonly given: readonly Given[];
  /** Whether rows of Messages may still tell more than is known. */
  readonly unresolved: boolean;
  /** Whether somebody was answered without its outcome, and is told by an event. */
  readonly owed: boolean;
  /** Of each of `guids`. */
  readonly states: readonly SendState[];
  /** When the states are asked for next; null = no more. */
  readonly look_at: number | null;
  readonly looks: number;
  readonly settled: { readonly at: number; readonly outcome: SendOutcome; readonly answer: Answer } | null;
}

const text = z.string().nullable();
const integer = z.number().nullable();
const flag = z.number().transform((value) => value === 1);
const listOf = <T>(list: z.ZodType<T[]>) =>
  z.string().transform((json): readonly T[] => list.parse(JSON.parse(json)));
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
  turn: z.number(),
  origin: z.enum(["tunnel", "channel", "relay"]),
  part: z.number(),
  parts: z.number(),
  guids: listOf(z.array(text)),
  database: z.number(),
  by_id: flag,
  begun_at: integer,
  begun_seq: z.number(),
  given: listOf(z.array(givenSchema)),
  unresolved: flag,
  owed: flag,
  states: listOf(z.array(sendStateSchema)),
  look_at: integer,
  looks: z.number(),
  settled_at: integer,
  outcome: z.enum(["sent", "not_sent", "unknown"]).nullable(),
  answer: text.transform((json) => (json === null ? null : answerSchema.parse(JSON.parse(json)))),
});

const WITHOUT_PARAMS = Object.keys(rowSchema.shape)
  .map((name) => (name === "params" ? "NULL AS params" : name))
  .join(", ");

const turnSchema = z
  .object({ id: z.string(), chat: text, journal: z.string() })
  .transform(({ id, chat, journal }) => ({
    id: id as OperationId,
    chat,
    isWaiting: journal === "",
  }));

/** What may change of one, and how it is written. */
export interface OperationPatch {
  readonly params?: null;
  readonly journal?: string;
  readonly gateway?: null;
  readonly deadline?: number;
  readonly part?: number;
  readonly guids?: readonly (string | null)[];
  readonly begun_at?: number;
  readonly begun_seq?: number;
  readonly given?: readonly Given[];
  readonly unresolved?: boolean;
  readonly owed?: true;
  readonly states?: readonly SendState[];
  readonly look_at?: number | null;
  readonly looks?: number;
  readonly settled_at?: number;
  readonly outcome?: SendOutcome;
  readonly answer?: Answer;
}

/** Which to list. `unknown`: settled so, and perhaps told by a row later. */
export type OperationState = "queued" | "open" | "unknown" | "settled";
const WHERE: Readonly<Record<OperationState, string>> = {
  queued: "settled_at IS NULL AND journal = '' ORDER BY turn",
  open: "settled_at IS NULL AND journal <> '' ORDER BY turn DESC",
  unknown: "outcome = 'unknown' ORDER BY turn DESC",
  settled: "settled_at IS NOT NULL ORDER BY turn DESC",
};

export class OperationStore {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
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
  }

  update(id: OperationId, patch: OperationPatch): void {
    const written = Object.entries(patch).map(([name, value]) => [name, asSql(value)] as const);
    this.#sql.exec(
      `UPDATE operation SET ${written.map(([name]) => `${name} = ?`).join(", ")} WHERE id = ?`,
      ...written.map(([, value]) => value),
      id,
    );
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

  /** What there is to do when the Mac is back; one statement, since an idle Mac connects for nothing else. */
  due(): { open: boolean; looks: boolean } {
    const row = this.#sql
      .exec(
        `SELECT EXISTS (SELECT 1 FROM operation WHERE settled_at IS NULL) AS open,
           EXISTS (SELECT 1 FROM operation WHERE look_at IS NOT NULL) AS looks`,
      )
      .toArray()[0];
    return { open: row?.["open"] === 1, looks: row?.["looks"] === 1 };
  }

  /** Given to a journal and not settled, in the order in which they came. */
  underWay(): Operation[] {
    return this.#all("settled_at IS NULL AND journal <> '' ORDER BY turn, created_at");
  }

  /** Begun before `at` and not settled. */
  openSince(at: number): Operation[] {
    return this.#all("settled_at IS NULL AND created_at < ? ORDER BY turn", at);
  }

  /** Given to no journal, and not to be given to one any more: too late, or named by an id of another database. */
  overdue(now: number, database: number): Operation[] {
    return this.#all(
      "settled_at IS NULL AND journal = '' AND (deadline <= ? OR (by_id = 1 AND database <> ?)) ORDER BY turn",
      now,
      database,
    );
  }

  /** When the first of those that wait is too late; null = none waits. */
  nextOverdue(): number | null {
    return this.#time("SELECT min(deadline) AS at FROM operation WHERE settled_at IS NULL AND journal = ''");
  }

  /** Those that keep an order, without their texts. */
  turns(): { id: OperationId; chat: string | null; isWaiting: boolean }[] {
    return this.#sql
      .exec(
        "SELECT id, chat, journal FROM operation WHERE settled_at IS NULL AND origin <> 'tunnel' ORDER BY turn",
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
    return this.#all("look_at <= ? ORDER BY look_at LIMIT ?", at, limit);
  }

  /** When the next look after `at` is due; null = none. */
  nextLookAfter(at: number): number | null {
    return this.#time("SELECT min(look_at) AS at FROM operation WHERE look_at > ?", at);
  }

  /** Whether a message is known to be a send's. */
  hasGuid(guid: string): boolean {
    const named = JSON.stringify(guid);
    return (
      this.#sql.exec("SELECT 1 FROM operation WHERE instr(guids, ?) > 0 LIMIT 1", named).toArray().length > 0
    );
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
  }

  #time(query: string, ...bindings: SqlValue[]): number | null {
    const at = this.#sql.exec(query, ...bindings).toArray()[0]?.["at"];
    return typeof at === "number" ? at : null;
  }

  /** Without their params: the texts of many may be more than the object can hold. */
  #all(where: string, ...bindings: SqlValue[]): Operation[] {
    return this.#read(WITHOUT_PARAMS, where, ...bindings);
  }

  #read(columns: string, where: string, ...bindings: SqlValue[]): Operation[] {
    return this.#sql
      .exec(`SELECT ${columns} FROM operation WHERE ${where}`, ...bindings)
      .toArray()
      .map((row) => toOperation(rowSchema.parse(row)));
  }
}

function asSql(value: OperationPatch[keyof OperationPatch]): SqlValue {
  if (typeof value === "boolean") return value ? 1 : 0;
  return typeof value === "object" && value !== null ? JSON.stringify(value) : (value ?? null);
}

function toOperation({ settled_at, outcome, answer, ...rest }: z.infer<typeof rowSchema>): Operation {
  const settled =
    settled_at === null || outcome === null || answer === null ? null : { at: settled_at, outcome, answer };
  return { ...rest, settled };
}
