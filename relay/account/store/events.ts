import * as z from "zod";
import { DEDUPE, eventKindSchema, type EventKind } from "../../../shared/events.ts";
import { MAX_IDENTITY_PAIRS } from "../../../shared/limits.ts";
import type { Sql } from "../ports.ts";

/** One row of the log. `body` = the event's `data` as JSON. */
export interface EventRecord {
  readonly seq: number;
  readonly kind: EventKind;
  readonly dedupe_key: string | null;
  readonly database: number;
  readonly rowid: number | null;
  readonly chat: string | null;
  readonly logged_at: number;
  readonly delayed: boolean;
  readonly backfilled: boolean;
  readonly body: string;
  /** What the policy said of a message, as JSON; null where there was nothing to say, and before there was a policy. */
  readonly decision: string | null;
}

const flag = z.number().transform((value) => value === 1);
const recordSchema = z.object({
  seq: z.number(),
  kind: eventKindSchema,
  dedupe_key: z.string().nullable(),
  database: z.number(),
  rowid: z.number().nullable(),
  chat: z.string().nullable(),
  logged_at: z.number(),
  delayed: flag,
  backfilled: flag,
  body: z.string(),
  decision: z.string().nullable(),
});

const twinSchema = z.object({ dedupe_key: z.string(), seq: z.number() });
const pairSchema = z.object({ rowid: z.number(), body: z.string() });
const carriedSchema = z.object({ rowid: z.number(), guid: z.string() });
type Pair = z.infer<typeof carriedSchema>;
const behindSchema = z.object({ messages: z.number(), others: z.number(), rowid: z.number().nullable() });
const guidSchema = z.object({ message: z.object({ guid: z.string() }) });

/** How far row order and log order may differ locally: held rows are logged up to 10 s after later ones. */
const NEIGHBOURHOOD = 1_000;

/** Message rows back in the log from which identity pairs are taken, so that deleting recent messages leaves some. */
const IDENTITY_OFFSETS = [0, 1, 2, 3, 15, 63, 255, 1_023];

/** A part of the log, both ends included: where one database's rows are. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export class EventStore {
  readonly #sql: Sql;
  /** The newest row that came from another relay's log; undefined = not read yet. */
  #carriedUntil: number | undefined;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  insert(event: EventRecord): void {
    this.#sql.exec(
      `INSERT INTO event (seq, kind, dedupe_key, database, rowid, chat, logged_at, delayed, backfilled, body, decision)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      event.seq,
      event.kind,
      event.dedupe_key,
      event.database,
      event.rowid,
      event.chat,
      event.logged_at,
      event.delayed ? 1 : 0,
      event.backfilled ? 1 : 0,
      event.body,
      event.decision,
    );
  }

  /** Dedupe keys with that prefix (it ends in ":") and their seq. */
  withPrefix(prefix: string): { dedupe_key: string; seq: number }[] {
    const end = `${prefix.slice(0, -1)};`;
    return this.#sql
      .exec("SELECT dedupe_key, seq FROM event WHERE dedupe_key >= ? AND dedupe_key < ?", prefix, end)
      .toArray()
      .map((row) => twinSchema.parse(row));
  }

  after(seq: number, limit: number): EventRecord[] {
    return this.#sql
      .exec("SELECT * FROM event WHERE seq > ? ORDER BY seq LIMIT ?", seq, limit)
      .toArray()
      .map((row) => recordSchema.parse(row));
  }

  /** Those of one chat (null = of none), after `seq` and up to `until`. */
  ofChat(chat: string | null, seq: number, until: number, limit: number): EventRecord[] {
    return this.#sql
      .exec(
        "SELECT * FROM event WHERE seq > ? AND seq <= ? AND chat IS ? ORDER BY seq LIMIT ?",
        seq,
        until,
        chat,
        limit,
      )
      .toArray()
      .map((row) => recordSchema.parse(row));
  }

  /** The lowest number logged at that time or later; undefined = none. */
  firstSince(at: number): number | undefined {
    const row = this.#sql.exec("SELECT min(seq) AS seq FROM event WHERE logged_at >= ?", at).toArray()[0];
    return typeof row?.["seq"] === "number" ? row["seq"] : undefined;
  }

  /** The event of that number; undefined = none, or not kept any more. */
  at(seq: number): EventRecord | undefined {
    const row = this.#sql.exec("SELECT * FROM event WHERE seq = ?", seq).toArray()[0];
    return row === undefined ? undefined : recordSchema.parse(row);
  }

  /** The newest event of the message with that guid, in whichever chat. */
  ofMessage(guid: string): EventRecord | undefined {
    const seq = this.withPrefix(DEDUPE.message(guid, "")).at(-1)?.seq;
    return seq === undefined ? undefined : this.at(seq);
  }

  /** The lowest number kept; undefined = the log is empty. */
  first(): { seq: number; logged_at: number } | undefined {
    const row = this.#sql.exec("SELECT seq, logged_at FROM event ORDER BY seq LIMIT 1").toArray()[0];
    return row === undefined ? undefined : { seq: Number(row["seq"]), logged_at: Number(row["logged_at"]) };
  }

  /** The highest number logged before `at`; 0 = none. Looks at no more than `limit` of the oldest. */
  lastBefore(at: number, limit: number): number {
    const row = this.#sql
      .exec(
        `SELECT max(seq) AS seq FROM (SELECT seq, logged_at FROM event ORDER BY seq LIMIT ?) WHERE logged_at < ?`,
        limit,
        at,
      )
      .toArray()[0];
    return Number(row?.["seq"] ?? 0);
  }

  deleteUpTo(seq: number): void {
    this.#sql.exec("DELETE FROM event WHERE seq <= ?", seq);
  }

  /** Up to 8 (rowid, guid) pairs of the rows in that part of the log, spread back over it. */
  identity(span: Span): { rowid: number; guid: string }[] {
    const pairs = new Map<number, string>();
    for (const offset of IDENTITY_OFFSETS) {
      const row = this.#sql
        .exec(
          `SELECT rowid, body FROM event WHERE seq BETWEEN ? AND ? AND rowid IS NOT NULL AND dedupe_key IS NOT NULL
           ORDER BY seq DESC LIMIT 1 OFFSET ?`,
          span.from,
          span.to,
          offset,
        )
        .toArray()[0];
      if (row === undefined) break;
      const body = guidSchema.safeParse(JSON.parse(pairSchema.parse(row).body));
      if (body.success) pairs.set(Number(row["rowid"]), body.data.message.guid);
    }
    return [...pairs].slice(0, MAX_IDENTITY_PAIRS).map(([rowid, guid]) => ({ rowid, guid }));
  }

  /** Those that came from another relay's log, where there are few of this one. */
  withCarried(pairs: readonly Pair[], most: number): Pair[] {
    const known = new Set(pairs.map(({ rowid }) => rowid));
    const carried = this.#sql
      .exec("SELECT rowid_of AS rowid, guid FROM carried_pair ORDER BY rowid_of DESC LIMIT ?", most)
      .toArray()
      .map((row) => carriedSchema.parse(row));
    return [...pairs, ...carried.filter(({ rowid }) => !known.has(rowid))].slice(0, most);
  }

  /** Whether another relay logged that row before: whatever was to be done because of it was done there. */
  isCarried(rowid: number): boolean {
    this.#carriedUntil ??= Number(
      this.#sql.exec("SELECT max(rowid_of) AS rowid FROM carried_pair").toArray()[0]?.["rowid"] ?? 0,
    );
    return rowid <= this.#carriedUntil;
  }

  carry(pairs: readonly Pair[]): void {
    this.#carriedUntil = undefined;
    for (const { rowid, guid } of pairs)
      this.#sql.exec("INSERT OR REPLACE INTO carried_pair (rowid_of, guid) VALUES (?, ?)", rowid, guid);
  }

  forgetCarried(): void {
    this.#carriedUntil = undefined;
    this.#sql.exec("DELETE FROM carried_pair");
  }

  /** How many messages, and how many other events, are behind that number; and the lowest row of this database there. */
  behind(seq: number, database: number): { messages: number; others: number; rowid: number | null } {
    const row = this.#sql
      .exec(
        `SELECT count(rowid) AS messages, count(*) - count(rowid) AS others, min(iif(database = ?, rowid, NULL)) AS rowid
         FROM event WHERE seq > ?`,
        database,
        seq,
      )
      .toArray()[0];
    return behindSchema.parse(row);
  }

  /** The first row logged in that part of the log; null = none. */
  firstRow(span: Span): number | null {
    return this.#rowFrom(span.from, span)?.rowid ?? null;
  }

  /**
   * RPC10: the seq after which a reader goes on that has seen row `rowid` of the database logged in `span`.
   * Undefined = the number is greater than every row of it. Binary search over seq, since rowids rise with it
   * but for a neighbourhood; repairs come late and are passed over.
   */
  seqOfRow(span: Span, rowid: number): number | undefined {
    let low = span.from;
    let high = span.to + 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const row = this.#rowFrom(middle, span);
      if (row === undefined || row.rowid >= rowid) high = middle;
      else low = row.seq + 1;
    }
    const near = {
      from: Math.max(span.from, low - NEIGHBOURHOOD),
      to: Math.min(span.to, low + NEIGHBOURHOOD),
    };
    const exact = this.#bound("max", "rowid = ?", near, rowid);
    if (exact !== undefined) return exact;
    const greater = this.#bound("min", "rowid > ?", near, rowid);
    return greater === undefined ? undefined : greater - 1;
  }

  #rowFrom(seq: number, span: Span): { seq: number; rowid: number } | undefined {
    const row = this.#sql
      .exec(
        `SELECT seq, rowid FROM event WHERE seq BETWEEN ? AND ? AND rowid IS NOT NULL AND kind <> 'message.repaired'
         ORDER BY seq LIMIT 1`,
        seq,
        span.to,
      )
      .toArray()[0];
    return row === undefined ? undefined : { seq: Number(row["seq"]), rowid: Number(row["rowid"]) };
  }

  #bound(
    which: "min" | "max",
    condition: "rowid = ?" | "rowid > ?",
    span: Span,
    rowid: number,
  ): number | undefined {
    const found = this.#sql
      .exec(
        `SELECT ${which}(seq) AS seq FROM event WHERE seq BETWEEN ? AND ? AND kind <> 'message.repaired' AND ${condition}`,
        span.from,
        span.to,
        rowid,
      )
      .toArray()[0]?.["seq"];
    return typeof found === "number" ? found : undefined;
  }
}
