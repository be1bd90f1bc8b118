// From `welcome` to rows in the outbox: which database this is, where reading starts, which reader reads, and
// what is held back. Owns the position of reading; keeps nothing beyond the process, because the relay hands
// `resume` back at every link (LINK9).
import type { FrameOf, RelayFrame } from "../../shared/frames.ts";
import { MAX_IDENTITY_PAIRS, RESET_OVERLAP_MS } from "../../shared/limits.ts";
import type { ImsgEngine } from "../imsg/engine.ts";
import { WATCH_RETRY_MAX_MS, WATCH_RETRY_MS } from "../limits.ts";
import type { Digest, Outbox } from "../outbox.ts";
import { Holding, type HoldingTimes } from "./holding.ts";
import { IdentityCheck } from "./identity.ts";
import type { KnownDatabase } from "./known-database.ts";
import { PagesReader } from "./pages-reader.ts";
import { Progress, type ProgressNote, type ProgressStatus } from "./progress.ts";
import { readBack } from "./read-back.ts";
import type { Reader, ReaderHooks, ReaderParts, ReaderTimes } from "./reader.ts";
import { ResubscribeReader } from "./resubscribe-reader.ts";
import { Retry } from "./retry.ts";
import { fitRow, type Row } from "./row.ts";
import type { Session } from "./session.ts";
import { findTail } from "./tail.ts";

export type Welcome = FrameOf<RelayFrame, "welcome">;

export interface FeedParts extends Omit<ReaderParts, "engine" | "times"> {
  readonly engine: Pick<
    ImsgEngine,
    | "own"
    | "incarnation"
    | "isDatabaseReplaced"
    | "learnNoPages"
    | "restartReading"
    | "distrust"
    | "engine"
    | "sequential"
    | "ready"
  >;
  readonly outbox: Outbox;
  readonly known: KnownDatabase;
  readonly times: ReaderTimes & HoldingTimes;
  readonly onChat: (chatId: number) => void;
  /** It is known which database this is, and the relay was told: ids mean something from now on. */
  readonly onKnown: () => void;
  readonly onProgress: (note: ProgressNote) => void;
}

export class Feed {
  readonly #parts: FeedParts;
  readonly #pages: Reader;
  readonly #resubscribe: Reader;
  readonly #holding: Holding;
  readonly #retry: Retry;
  #session: Session | undefined;
  #check: IdentityCheck | undefined;
  /** The greatest rowid this imsg process has shown to a watch: its memory of link previews reaches there. */
  #shown = 0;
  /** Everything asynchronous belongs to one attempt; a newer one makes it mute. */
  #run = 0;
  readonly #progress: Progress;
  /** The file was looked at for this piece of imsg's output. */
  #looked = false;

  constructor(parts: FeedParts) {
    this.#parts = parts;
    const hooks: ReaderHooks = {
      onRow: (row, position) => {
        this.#row(row, position);
        this.#progress.passed(position);
      },
      onSeen: (row) => this.#seen(row),
      onPosition: (position) => this.#moved(position),
      onCaughtUp: () => this.#finished(),
      onNoGuid: () => this.#distrust(),
      onNoPages: () => {
        parts.engine.learnNoPages();
        this.#go();
      },
      isStale: () => this.#isStale(),
      isFull: () => parts.outbox.isFull,
    };
    this.#pages = new PagesReader(parts, hooks);
    this.#resubscribe = new ResubscribeReader(parts, hooks);
    this.#progress = new Progress(parts);
    this.#retry = new Retry(parts.clock, parts.random, WATCH_RETRY_MS, WATCH_RETRY_MAX_MS);
    this.#holding = new Holding(parts.clock, parts.times, {
      look: (rowid, done) => this.#reader.look(rowid, done),
      onAnchored: (row) => this.#send(row),
      onGivenUp: (row) => {
        this.#send(row);
        parts.outbox.flush();
      },
    });
  }

  /** The generation of the file that imsg has open; undefined while nobody can say. */
  get database(): number | undefined {
    const { engine, known } = this.#parts;
    const session = this.#session;
    if (session === undefined || !known.is(session.database)) return undefined;
    return engine.isDatabaseReplaced() ? undefined : session.database;
  }

  get status(): ProgressStatus & { position: number | null; held: number; repairs: number } {
    const { held, repairs } = this.#holding;
    const position = this.#session?.position ?? null;
    return { ...this.#progress.status, position, held, repairs };
  }

  start({ database, resume, identity, newest, reset }: Welcome): void {
    this.#session = { database, position: resume, reset, pairs: identity, newest, told: resume };
    this.#parts.known.welcomed(database);
    this.#go();
  }

  /** The link is gone; what it did not acknowledge is read again on the next one. */
  stop(): void {
    this.#halt();
    this.#progress.forget();
    this.#session = undefined;
    this.#holding.forgetHeld();
  }

  engineReady(): void {
    this.#shown = 0;
    this.#go();
  }

  engineDown(): void {
    this.#halt();
  }

  /** Everything of one piece of imsg's output was handed over. */
  turnEnd(): void {
    this.#looked = false;
  }

  room(): void {
    this.#reader.room();
  }

  onNotification(method: string, params: unknown): void {
    this.#reader.onNotification(method, params);
  }

  /** Durable at the relay: by these the database is known again. */
  acked({ database, pairs, newest }: Digest): void {
    this.#parts.known.acked(database);
    const session = this.#session;
    if (session?.database !== database) return;
    session.pairs = [...session.pairs, ...pairs].slice(-MAX_IDENTITY_PAIRS);
    if (newest !== null) session.newest = Math.max(session.newest ?? newest, newest);
  }

  get #reader(): Reader {
    return this.#parts.engine.engine.pages ? this.#pages : this.#resubscribe;
  }

  #halt(): void {
    this.#run += 1;
    this.#retry.stop();
    this.#pages.stop();
    this.#resubscribe.stop();
    this.#holding.pause();
    this.#check = undefined;
    this.#progress.pause();
  }

  #go(): void {
    this.#halt();
    const session = this.#session;
    const { engine, known } = this.#parts;
    // Replaced: imsg is being restarted, and this is called again when it is back.
    if (session === undefined || !engine.ready || engine.isDatabaseReplaced()) return;
    this.#progress.goOn();
    const run = this.#run;
    if (known.is(session.database) || session.pairs.length === 0) {
      this.#known(session);
      return;
    }
    // LINK11. Once for a file and a generation; a mere reconnect to the same file needs no look.
    const check = new IdentityCheck(session.pairs);
    this.#check = check;
    check.run(this.#reader, (result) => {
      if (run !== this.#run) return;
      this.#check = undefined;
      // The looks have filled the memory of link previews from far below.
      if (!engine.engine.pages) this.#shown = Number.POSITIVE_INFINITY;
      if (result === "failed") this.#again();
      else if (result === "other") this.#reset(session);
      else this.#known(session);
    });
  }

  #known(session: Session): void {
    this.#parts.known.found(session.database);
    this.#parts.onKnown();
    this.#read(session);
  }

  #again(): void {
    this.#retry.later(() => this.#go());
  }

  #read(session: Session): void {
    const { engine, times, outbox } = this.#parts;
    const run = this.#run;
    this.#holding.resume();
    if (session.position === null && session.reset !== null && engine.engine.pages) session.position = 0;
    if (session.position === null && session.reset !== null) this.#readBack(session, session.reset);
    else if (session.position === null) {
      findTail(engine, engine.engine.pages, times.hangMs, (tail) => {
        if (run !== this.#run) return;
        if (tail === undefined) {
          this.#again();
          return;
        }
        // LINK10: the first position is told before the first row.
        const { rowid, message } = tail;
        session.position = rowid;
        session.told = rowid;
        session.pairs = message === undefined ? [] : [message];
        outbox.mark(session.database, rowid, message === undefined ? {} : { tail: message });
        outbox.flush();
        this.#read(session);
      });
    } else if (!engine.engine.pages && session.position < this.#shown) {
      // An old engine shows a link preview once a process; read again from below, it would be left out.
      engine.restartReading("reading starts again below what was shown");
    } else this.#reader.start(session.position);
  }

  /** LINK11: another database. The relay is told, and takes what is dated after what it has. */
  #reset(session: Session): void {
    const { engine, times, outbox, log, clock } = this.#parts;
    const run = this.#run;
    findTail(engine, engine.engine.pages, times.hangMs, (tail) => {
      if (run !== this.#run) return;
      if (tail === undefined) {
        this.#again();
        return;
      }
      const { rowid: until, message } = tail;
      log("warn", "another_database", { database: session.database + 1, until });
      session.database += 1;
      session.reset = { floor: (session.newest ?? clock.now()) - RESET_OVERLAP_MS, until };
      session.position = engine.engine.pages ? 0 : null;
      session.told = session.position;
      session.pairs = message === undefined ? [] : [message];
      this.#holding.clear();
      this.#progress.begin();
      outbox.mark(
        session.database,
        session.position,
        message === undefined ? { until } : { until, tail: message },
      );
      outbox.flush();
      this.#known(session);
    });
  }

  #readBack(session: Session, { floor, until }: { floor: number; until: number }): void {
    const run = this.#run;
    readBack(this.#parts.engine, floor, this.#parts.times.hangMs, (rows) => {
      if (run !== this.#run) return;
      if (rows === "no_guid") this.#distrust();
      else if (rows === "failed") this.#again();
      else {
        // Nothing may be resumed from before all of them are durable: `resume` stays null until then.
        for (const row of rows) if (row.rowid <= until) this.#send(row);
        session.position = until;
        session.told = until;
        this.#parts.outbox.mark(session.database, until);
        this.#parts.outbox.flush();
        this.#read(session);
      }
    });
  }

  #isStale(): boolean {
    if (this.#looked) return false;
    this.#looked = true;
    return this.#parts.engine.isDatabaseReplaced();
  }

  #row(row: Row, position: number): void {
    const session = this.#session;
    if (session === undefined) return;
    // Before anything else: `resume` of this row counts it as passed.
    session.position = position;
    this.#shown = Math.max(this.#shown, row.rowid);
    const { reset } = session;
    if (reset !== null && row.rowid <= reset.until && row.date !== undefined && row.date < reset.floor)
      return;
    if (row.anchored ? this.#holding.seen(row) : this.#holding.hold(row)) return;
    this.#send(row);
  }

  #seen(row: Row): void {
    this.#shown = Math.max(this.#shown, row.rowid);
    this.#check?.seen(row);
    this.#holding.seen(row);
  }

  #send(row: Row): void {
    const session = this.#session;
    if (session === undefined) return;
    const fitted = fitRow(row);
    if (fitted !== row) this.#parts.log("error", "row_too_large", { rowid: row.rowid, bytes: row.bytes });
    if (fitted === undefined) return;
    const resume = this.#resume(session);
    session.told = resume;
    const { rowid, message, bytes } = fitted;
    this.#parts.outbox.add(session.database, { rowid, message }, bytes, resume);
    this.#progress.sent();
    if (row.chatId > 0) this.#parts.onChat(row.chatId);
  }

  #moved(position: number): void {
    if (this.#session !== undefined) this.#session.position = position;
  }

  #finished(): void {
    const session = this.#session;
    if (session === undefined) return;
    const resume = this.#resume(session);
    // The position has moved without a row (hidden ones, ones before the floor): told once, at the end.
    if (resume !== session.told) {
      session.told = resume;
      this.#parts.outbox.mark(session.database, resume);
      this.#parts.outbox.flush();
    }
    this.#progress.finish();
  }

  #resume({ position }: Session): number | null {
    const lowest = this.#holding.lowest();
    return position === null || lowest === undefined ? position : Math.min(position, lowest - 1);
  }

  #distrust(): void {
    this.#parts.engine.distrust({
      kind: "unhealthy",
      reason: "imsg_schema_unread",
      why: "a message has no guid",
    });
  }
}
