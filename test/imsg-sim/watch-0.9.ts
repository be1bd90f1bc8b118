import { BUSY_MS, LOCKED } from "./call.ts";
import type { EngineProcess } from "./engine-process.ts";
import type { Database } from "./host.ts";
import type { JsonObject } from "./json-parse.ts";
import { allows, type MessageFilter } from "./message-filter.ts";
import { boolOf, debounceOf, filterOf, intOf } from "./params-lenient.ts";
import { messagePayload, type MessageParts, type PayloadContext } from "./payload.ts";
import type { ChatCache } from "./reads-0.9.ts";
import type { BalloonMemory } from "./url-balloons.ts";
import type { JoinedRow } from "./world.ts";

/** Rows of one poll; there is no second poll for the rest until something changes or 5 s have passed [11]. */
const BATCH = 100;
const POLL_MS = 5000;
/** How long a lost tail race lasts, unless the fault says so. */
const TAIL_MS = 250;

/** What all watches of one 0.9 process share. */
export interface WatchContext {
  readonly process: EngineProcess;
  readonly database: Database;
  readonly payload: PayloadContext;
  readonly cache: ChatCache;
  readonly balloons: BalloonMemory;
}

/** One subscription: a cursor that moves by rowid and never goes back. */
export class Watch09 {
  readonly #context: WatchContext;
  readonly #id: number;
  readonly #chatId: number | undefined;
  readonly #filter: MessageFilter;
  readonly #parts: MessageParts;
  readonly #debounce: number;
  #cursor: number;
  #open = true;
  #pending = false;
  readonly #cancellations: (() => void)[] = [];

  constructor(context: WatchContext, id: number, params: JsonObject) {
    this.#context = context;
    this.#id = id;
    this.#chatId = intOf(params["chat_id"]);
    this.#cursor = intOf(params["since_rowid"]) ?? 0;
    this.#filter = filterOf(params);
    this.#parts = {
      attachments: boolOf(params["attachments"]),
      reactions: boolOf(params["include_reactions"]),
    };
    this.#debounce = debounceOf(params);
  }

  /**
   * Called before the answer is written. The first poll runs on a queue of its own, so that with a
   * backlog its notifications may come before the answer, and without one the tail may be looked up
   * after rows that were committed when the client already had its answer [10].
   */
  start(): void {
    const { process } = this.#context;
    const { random, faults } = process.host;
    if (this.#cursor !== 0) {
      if (random() < process.options.backlogFirst) this.#begin();
      else process.after(0, () => this.#begin());
      return;
    }
    const fault = faults?.strike("tail", "watch.subscribe");
    const late = random() < process.options.tailRace ? 1 + random() * 20 : 0;
    process.after(fault?.kind === "lose_tail" ? (fault.ms ?? TAIL_MS) : late, () => {
      this.#context.database.refresh();
      this.#cursor = this.#context.database.world.maxRowid;
      this.#begin();
    });
  }

  close(): void {
    this.#open = false;
    for (const cancel of this.#cancellations.splice(0)) cancel();
  }

  #begin(): void {
    if (!this.#open) return;
    this.#poll();
    this.#pollAgain();
    if (this.#context.process.options.fileEvents) {
      this.#cancellations.push(this.#context.database.onChange(() => this.#changed()));
    }
  }

  /** One poll a debounce, however many changes fall into it. */
  #changed(): void {
    if (this.#pending || !this.#open) return;
    this.#pending = true;
    this.#context.process.after(this.#debounce, () => {
      this.#pending = false;
      this.#poll();
    });
  }

  #pollAgain(): void {
    this.#cancellations[0]?.();
    this.#cancellations[0] = this.#context.process.after(POLL_MS, () => {
      this.#poll();
      if (this.#open) this.#pollAgain();
    });
  }

  #poll(): void {
    const { process, database } = this.#context;
    if (!this.#open) return;
    if (process.lockedFor > 0) {
      process.after(Math.min(process.lockedFor, BUSY_MS), () =>
        process.lockedFor > 0 ? this.#fail(LOCKED) : this.#poll(),
      );
      return;
    }
    if (database.state === "empty") return this.#fail("no such table: message (code: 1)");
    if (database.state === "garbage") return this.#fail("file is not a database (code: 26)");
    database.refresh();
    const rows = database.world.after({
      rowid: this.#cursor,
      chatId: this.#chatId,
      limit: BATCH,
      tapbacks: this.#parts.reactions,
    });
    if (rows.length === 0) return;
    const fault = process.host.faults?.strike("poll", "watch.subscribe");
    if (fault?.kind === "stream_error") return this.#fail(fault.message ?? LOCKED);
    for (const row of rows) this.#show(row);
  }

  #show(row: JoinedRow): void {
    const { process, database, payload, cache, balloons } = this.#context;
    // The cursor stays below a dropped balloon, which is harmless: it is dropped again.
    if (balloons.drops(row)) return;
    this.#cursor = Math.max(this.#cursor, row.message.rowid);
    if (!allows(this.#filter, row.message)) return;
    const info = row.chat === undefined ? undefined : cache.of(row.chat);
    // Inside a reaction event the list of reactions stays empty [08].
    const parts = { ...this.#parts, reactions: this.#parts.reactions && row.message.tapback === undefined };
    const message = messagePayload(payload, database.world, row.message, info, parts);
    process.notify("message", { subscription: this.#id, message });
  }

  /** The only sign of a dead stream; unsubscribing from it still says ok [12]. */
  #fail(message: string): void {
    this.close();
    this.#context.process.notify("error", { subscription: this.#id, error: { message } });
  }
}
