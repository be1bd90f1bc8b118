import { BUSY_MS, LOCKED } from "./call.ts";
import { requireDatabase } from "./database-0.15.ts";
import type { EngineProcess } from "./engine-process.ts";
import type { Database } from "./host.ts";
import type { JsonObject } from "./json-parse.ts";
import { allows, type MessageFilter } from "./message-filter.ts";
import { StrictParams } from "./params-strict.ts";
import type { MessageParts, PayloadContext } from "./payload.ts";
import { invalidParams } from "./rpc-failure.ts";
import { rowPayload, withoutTwins } from "./rows-0.15.ts";
import { balloonOf } from "./url-balloons.ts";
import type { JoinedRow } from "./world.ts";

/** As in 0.9 the rest of a larger backlog waits for a change or the 5 s: `messages.after` is for that. */
const BATCH = 100;
const POLL_MS = 5000;
/** Looks at a row without a chat before it is given up. */
const UNJOINED_LOOKS = 20;

const KEYS = [
  "chat_id",
  "since_rowid",
  "participants",
  "start",
  "end",
  "attachments",
  "convert_attachments",
  "include_reactions",
  "debounce_ms",
  "debounceMs",
  "buffer_limit",
  "bufferLimit",
];

/**
 * One watch of 0.15. Against 0.9: the answer comes first, the tail is not lost, rows without a chat are
 * waited for, each message carries the cursor to keep, and an overflow says that it happened.
 */
export class Watch015 {
  readonly bufferLimit: number;
  readonly #process: EngineProcess;
  readonly #payload: PayloadContext;
  readonly #ended: () => void;
  /** The file of the subscribe call; a replacement is never seen by this watch. */
  readonly #database: Database;
  readonly #chatId: number | undefined;
  readonly #filter: MessageFilter;
  readonly #parts: MessageParts;
  readonly #debounce: number;
  /** Rows up to here were there at the subscribe and are never held for a preview. */
  readonly #tail: number;
  #cursor: number;
  #id = 0;
  #open = true;
  #pending = false;
  #cancelPoll: (() => void) | undefined;
  #cancelChange: (() => void) | undefined;
  /** By rowid: looks at a row without a chat; first sight of a text that waits for its preview. */
  readonly #looks = new Map<number, number>();
  readonly #firstSeen = new Map<number, number>();

  constructor(process: EngineProcess, payload: PayloadContext, values: JsonObject, ended: () => void) {
    const params = new StrictParams("watch.subscribe", values, KEYS);
    this.#process = process;
    this.#payload = payload;
    this.#ended = ended;
    this.#chatId = params.positive("chat_id");
    const since = params.integer("since_rowid") ?? 0;
    this.#filter = params.filter();
    this.#parts = {
      attachments: params.boolean("attachments") ?? false,
      reactions: params.boolean("include_reactions") ?? false,
    };
    params.boolean("convert_attachments");
    this.#debounce = params.integer("debounce_ms", "debounceMs") ?? 500;
    if (this.#debounce < 0) throw invalidParams("debounce_ms must be a non-negative integer");
    this.bufferLimit = params.between(1, 4096, 256, "buffer_limit", "bufferLimit");
    this.#database = requireDatabase(process.host);
    // The tail is taken before the answer: a row after it is never lost.
    this.#tail = this.#database.world.maxRowid;
    this.#cursor = since === 0 ? this.#tail : since;
  }

  /** Called after the answer was written, which therefore precedes every notification. */
  start(id: number): void {
    this.#id = id;
    if (this.#process.options.fileEvents) this.#cancelChange = this.#database.onChange(() => this.#changed());
    this.#process.after(0, () => {
      this.#poll();
      this.#pollAgain();
    });
  }

  close(): void {
    this.#open = false;
    this.#cancelPoll?.();
    this.#cancelChange?.();
  }

  /** One poll a debounce, however many changes fall into it. */
  #changed(): void {
    if (this.#pending || !this.#open) return;
    this.#pending = true;
    this.#process.after(this.#debounce, () => {
      this.#pending = false;
      this.#poll();
    });
  }

  /** The timer catches what no file event announced. */
  #pollAgain(): void {
    if (!this.#open) return;
    this.#cancelPoll = this.#process.after(POLL_MS, () => {
      this.#poll();
      this.#pollAgain();
    });
  }

  #poll(): void {
    const process = this.#process;
    if (!this.#open) return;
    if (process.lockedFor > 0) {
      process.after(Math.min(process.lockedFor, BUSY_MS), () =>
        process.lockedFor > 0 ? this.#fail(LOCKED) : this.#poll(),
      );
      return;
    }
    this.#database.refresh();
    const scanned = this.#database.world.after({
      rowid: this.#cursor,
      chatId: this.#chatId,
      limit: BATCH,
      tapbacks: this.#parts.reactions,
    });
    // A held row holds those after it: the order of rowids is kept.
    const rows = this.#settled(scanned);
    if (rows.length === 0 || this.#unresolved(rows)) return;
    const fault = process.host.faults?.strike("poll", "watch.subscribe");
    if (fault?.kind === "stream_error") return this.#fail(fault.message ?? LOCKED);
    if (fault?.kind === "overflow") return this.#overflow();
    this.#deliver(rows);
  }

  /** Leaves out live text rows still waiting for their URL preview, and everything after them. */
  #settled(rows: readonly JoinedRow[]): readonly JoinedRow[] {
    const hold = this.#process.options.previewHoldMs;
    if (hold === 0) return rows;
    const now = this.#process.host.clock.now();
    for (const { message } of rows)
      if (!this.#firstSeen.has(message.rowid)) this.#firstSeen.set(message.rowid, now);
    const held = rows.findIndex(
      ({ message }) =>
        message.rowid > this.#tail &&
        message.balloonBundleId === undefined &&
        balloonOf(this.#database.world, message) === undefined &&
        now < (this.#firstSeen.get(message.rowid) ?? now) + hold,
    );
    if (held < 0) return rows;
    const until = (this.#firstSeen.get(rows[held]?.message.rowid ?? 0) ?? now) + hold;
    this.#process.after(until - now, () => this.#poll());
    return rows.slice(0, held);
  }

  /** A row without a chat holds the whole batch back for another look, 20 times, and is skipped then. */
  #unresolved(rows: readonly JoinedRow[]): boolean {
    for (const { message, chat } of rows) {
      if (chat !== undefined) continue;
      const looks = (this.#looks.get(message.rowid) ?? 0) + 1;
      this.#looks.set(message.rowid, looks);
      if (looks > UNJOINED_LOOKS) continue;
      this.#changed();
      return true;
    }
    return false;
  }

  #deliver(rows: readonly JoinedRow[]): void {
    const last = rows.at(-1)?.message.rowid ?? this.#cursor;
    const shown = withoutTwins(
      this.#database.world,
      rows.filter(({ message, chat }) => chat !== undefined && allows(this.#filter, message)),
    );
    for (const [at, row] of shown.entries()) {
      // A batch beyond the buffer is cut there; the client resumes from the cursor it was told.
      if (at === this.bufferLimit) return this.#overflow();
      // The cursor to persist: below everything still undelivered, past everything scanned at the end.
      const cursor = at === shown.length - 1 ? last : (shown[at + 1]?.message.rowid ?? last + 1) - 1;
      const parts = { ...this.#parts, reactions: this.#parts.reactions && row.message.tapback === undefined };
      const message = { ...rowPayload(this.#payload, this.#database.world, row, parts), cursor };
      this.#process.notify("message", { subscription: this.#id, message });
      this.#cursor = cursor;
    }
    // Past rows that are never shown, too: filtered ones, balloons, rows given up.
    this.#cursor = last;
    for (const { message } of rows) {
      this.#looks.delete(message.rowid);
      this.#firstSeen.delete(message.rowid);
    }
  }

  #overflow(): void {
    this.#end("watch.overflow", {
      // -1 (from the beginning) is no since_rowid for messages.after.
      resume_after_rowid: Math.max(0, this.#cursor),
      reason: "buffer_limit_exceeded",
      terminal: true,
    });
  }

  #fail(message: string): void {
    this.#end("error", { error: { message } });
  }

  /** Terminal: the subscription is gone, and its place among the 64 is free. */
  #end(
    method: string,
    params: Readonly<Record<string, string | number | boolean | { readonly message: string }>>,
  ): void {
    this.close();
    this.#process.notify(method, { subscription: this.#id, ...params });
    this.#ended();
  }
}
