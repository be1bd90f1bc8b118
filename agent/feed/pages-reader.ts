// Reading from an engine that has `messages.after`: pages until there are no more, then one watch from there.
// An overflow, a dead stream, a full backlog or a burst leads back to the pages, so nothing in between is missed.
// The watch is not trusted alone: it gives up rows that stay without a chat, and it hangs on file events; every
// now and then a page says what it kept to itself.
import {
  pageSchema,
  subscribedSchema,
  watchErrorSchema,
  watchMessageSchema,
  watchOverflowSchema,
} from "../../shared/imsg.ts";
import { ERRORS } from "../../shared/errors.ts";
import { RPC } from "../../shared/jsonrpc.ts";
import {
  BURST_PAUSE_MS,
  FULL_ENOUGH_ROWS,
  LOOK_ROWS,
  MAX_EARLY_NOTIFICATIONS,
  MAX_SHOWN,
  PAGE_ROWS,
  POLL_ROWS,
  SWEEP_AGE_MS,
  WATCH_BUFFER,
  WATCH_RETRY_MAX_MS,
  WATCH_RETRY_MS,
} from "../limits.ts";
import type { Reader, ReaderHooks, ReaderParts } from "./reader.ts";
import { Retry } from "./retry.ts";
import { readRow } from "./row.ts";
import { Shown } from "./shown.ts";

const SHOWN = { attachments: true, include_reactions: true } as const;

export class PagesReader implements Reader {
  readonly #parts: ReaderParts;
  readonly #hooks: ReaderHooks;
  readonly #retry: Retry;
  /** Raised by every stop and every new attempt: what belongs to an earlier one is not heard. */
  #run = 0;
  #position = 0;
  #limit = PAGE_ROWS;
  #state: "stopped" | "paging" | "paused" | "subscribing" | "live" = "stopped";
  #subscription: number | undefined;
  #early: { readonly method: string; readonly params: unknown }[] = [];
  /** Rows of the watch since its last pause. */
  #burst = 0;
  readonly #shown = new Shown();
  #cancelPause: (() => void) | undefined;
  #cancelSweep: (() => void) | undefined;

  constructor(parts: ReaderParts, hooks: ReaderHooks) {
    this.#parts = parts;
    this.#hooks = hooks;
    this.#retry = new Retry(parts.clock, parts.random, WATCH_RETRY_MS, WATCH_RETRY_MAX_MS);
  }

  start(from: number): void {
    this.stop();
    this.#position = Math.max(0, from);
    this.#page();
  }

  stop(): void {
    this.#leave();
    this.#retry.stop();
    this.#state = "stopped";
  }

  room(): void {
    if (this.#state === "paused") this.#page();
  }

  look(rowid: number, done: (result: "looked" | "gone" | "failed") => void): void {
    const params = { since_rowid: rowid - 1, limit: LOOK_ROWS, ...SHOWN };
    this.#parts.engine.own("messages.after", params, this.#parts.times.hangMs, (outcome) => {
      const page =
        outcome.kind === "answer" && "result" in outcome.answer
          ? pageSchema.safeParse(outcome.answer.result)
          : undefined;
      if (page?.success !== true) {
        done("failed");
        return;
      }
      let found = false;
      for (const message of page.data.messages) {
        const read = readRow(message);
        if (read.kind !== "row") continue;
        found ||= read.row.rowid === rowid;
        this.#hooks.onSeen(read.row);
      }
      done(found ? "looked" : "gone");
    });
  }

  onNotification(method: string, params: unknown): void {
    if (this.#state === "live") this.#hear(method, params);
    // A watch may speak before it is named.
    else if (this.#state === "subscribing" && this.#early.length < MAX_EARLY_NOTIFICATIONS)
      this.#early.push({ method, params });
    else if (this.#state === "subscribing") this.#restart("too much came before the answer");
  }

  #page(): void {
    if (this.#hooks.isFull()) {
      this.#state = "paused";
      return;
    }
    this.#state = "paging";
    const run = this.#run;
    const params = { since_rowid: this.#position, limit: this.#limit, ...SHOWN };
    this.#parts.engine.own("messages.after", params, this.#parts.times.hangMs, (outcome) => {
      if (run !== this.#run || this.#hooks.isStale()) return;
      if (outcome.kind !== "answer") this.#restart("messages.after has no answer");
      else if ("error" in outcome.answer) this.#pageRefused(outcome.answer.error.code);
      else this.#take(outcome.answer.result);
    });
  }

  #pageRefused(code: number): void {
    if (code === RPC.method_not_found) this.#hooks.onNoPages();
    else if (code === ERRORS.too_large.rpc && this.#limit > 1) {
      // Long messages: fewer at a time until a page fits in a line.
      this.#limit = Math.ceil(this.#limit / 4);
      this.#page();
    } else if (code === ERRORS.too_large.rpc) {
      // One row alone is over the limit of a line: it can neither be read nor sent.
      this.#parts.log("error", "row_too_large", { after: this.#position });
      this.#position += 1;
      this.#page();
    } else this.#restart(`messages.after answered ${code}`);
  }

  #take(result: unknown): void {
    const page = pageSchema.safeParse(result);
    if (!page.success) {
      this.#restart("a page is unreadable");
      return;
    }
    this.#retry.succeeded();
    const from = this.#position;
    const run = this.#run;
    for (const message of page.data.messages) {
      this.#row(message);
      if (run !== this.#run) return;
    }
    this.#position = Math.max(this.#position, page.data.next_rowid);
    this.#limit = PAGE_ROWS;
    this.#hooks.onPosition(this.#position);
    // A page that says there is more and does not move would be asked for for ever.
    if (page.data.has_more && this.#position > from) this.#page();
    else this.#subscribe();
  }

  #row(message: unknown): void {
    const read = readRow(message);
    if (read.kind === "no_guid") this.#hooks.onNoGuid();
    else if (read.kind === "unreadable") this.#parts.log("warn", "row_unreadable", { after: this.#position });
    else {
      const { row } = read;
      // The engine's own cursor stays below rows that it is still holding back (link previews).
      this.#position = Math.max(this.#position, row.cursor ?? row.rowid);
      if (this.#state === "live") this.#shown.add(row.rowid);
      this.#hooks.onRow(
        row,
        this.#state === "live" ? Math.min(this.#position, this.#shown.complete) : this.#position,
      );
    }
  }

  #subscribe(): void {
    this.#state = "subscribing";
    this.#early = [];
    const run = this.#run;
    const { engine, debounceMs, times } = this.#parts;
    // Never without a position: the tail is looked up late and rows are lost. 0 would mean the tail, too.
    const since = this.#position;
    const since_rowid = since === 0 ? -1 : since;
    const params = { since_rowid, ...SHOWN, debounce_ms: debounceMs, buffer_limit: WATCH_BUFFER };
    engine.own("watch.subscribe", params, times.hangMs, (outcome) => {
      const answer =
        outcome.kind === "answer" && "result" in outcome.answer
          ? subscribedSchema.safeParse(outcome.answer.result)
          : undefined;
      if (run !== this.#run) {
        // Nobody wants it any more, and imsg has only so many.
        if (answer?.success === true) this.#unsubscribe(answer.data.subscription);
        return;
      }
      if (answer?.success !== true) {
        this.#restart("watch.subscribe was refused");
        return;
      }
      this.#subscription = answer.data.subscription;
      this.#state = "live";
      this.#shown.start(since);
      this.#sweepLater(times.sweepMs);
      this.#hooks.onCaughtUp();
      for (const { method, params } of this.#early.splice(0))
        if (run === this.#run) this.#hear(method, params);
    });
  }

  #hear(method: string, params: unknown): void {
    if (method === "message") {
      const heard = watchMessageSchema.safeParse(params);
      if (!heard.success || heard.data.subscription !== this.#subscription || this.#hooks.isStale()) return;
      this.#retry.succeeded();
      this.#heardRow(heard.data.message);
    } else if (method === "watch.overflow") {
      const overflow = watchOverflowSchema.safeParse(params);
      if (!overflow.success || overflow.data.subscription !== this.#subscription) return;
      this.#parts.log("warn", "watch_overflow", { position: this.#position });
      this.#position = Math.max(
        0,
        Math.min(this.#position, overflow.data.resume_after_rowid ?? this.#position),
      );
      this.#subscription = undefined;
      this.#leave();
      this.#page();
    } else if (method === "error") {
      const error = watchErrorSchema.safeParse(params);
      if (error.success && error.data.subscription === this.#subscription) this.#restart("the watch failed");
    }
  }

  #heardRow(message: unknown): void {
    const run = this.#run;
    this.#row(message);
    if (run !== this.#run) return;
    this.#burst += 1;
    this.#cancelPause?.();
    if (this.#hooks.isFull()) {
      // More comes than the relay takes: what follows is read by pages when there is room.
      this.#leave();
      this.#state = "paused";
    } else if (this.#burst >= POLL_ROWS) {
      // A poll of the watch shows no more; the rest would wait for the next change of the file.
      this.#leave();
      this.#page();
    } else this.#cancelPause = this.#parts.clock.after(BURST_PAUSE_MS, () => this.#pauseOver());
  }

  #pauseOver(): void {
    const nearlyFull = this.#burst >= FULL_ENOUGH_ROWS;
    this.#burst = 0;
    if (nearlyFull) {
      this.#leave();
      this.#page();
    } else if (this.#shown.hasGap) this.#sweepLater(Math.min(this.#parts.times.sweepMs, SWEEP_AGE_MS));
  }

  #sweepLater(ms: number): void {
    this.#cancelSweep?.();
    this.#cancelSweep = this.#parts.clock.after(ms, () => this.#sweep());
  }

  /** What the watch has not shown although it is old enough: taken now. */
  #sweep(): void {
    const run = this.#run;
    const { engine, times, clock } = this.#parts;
    const params = { since_rowid: this.#shown.complete, limit: PAGE_ROWS, ...SHOWN };
    engine.own("messages.after", params, times.hangMs, (outcome) => {
      if (run !== this.#run || this.#hooks.isStale()) return;
      const page =
        outcome.kind === "answer" && "result" in outcome.answer
          ? pageSchema.safeParse(outcome.answer.result)
          : undefined;
      if (page?.success !== true) {
        this.#sweepLater(times.sweepMs);
        return;
      }
      let checked = page.data.next_rowid;
      for (const message of page.data.messages) {
        const read = readRow(message);
        if (read.kind === "row" && this.#shown.has(read.row.rowid)) continue;
        // The watch may still be holding it for a link preview.
        if (
          read.kind === "row" &&
          read.row.date !== undefined &&
          read.row.date > clock.now() - SWEEP_AGE_MS
        ) {
          checked = Math.min(checked, read.row.rowid - 1);
          break;
        }
        this.#row(message);
        if (run !== this.#run) return;
      }
      // Rows that exist no more, or are part of another, are gaps for good: the page has passed them.
      this.#shown.checkedTo(checked);
      this.#hooks.onPosition(Math.min(this.#position, this.#shown.complete));
      if (this.#shown.size >= MAX_SHOWN || page.data.has_more) {
        this.#leave();
        this.#page();
      } else this.#sweepLater(this.#shown.hasGap ? Math.min(times.sweepMs, SWEEP_AGE_MS) : times.sweepMs);
    });
  }

  /** Ends the watch and everything that belongs to it. */
  #leave(): void {
    this.#run += 1;
    this.#cancelPause?.();
    this.#cancelSweep?.();
    this.#burst = 0;
    this.#early = [];
    if (this.#subscription !== undefined) this.#unsubscribe(this.#subscription);
    this.#subscription = undefined;
  }

  #restart(why: string): void {
    this.#parts.log("warn", "watch_again", { why });
    this.#leave();
    this.#state = "paging";
    this.#retry.later(() => this.#page());
  }

  #unsubscribe(subscription: number): void {
    this.#parts.engine.own("watch.unsubscribe", { subscription }, this.#parts.times.hangMs, () => undefined);
  }
}
