// Reading from an engine without `messages.after` (0.9). It shows at most about 100 rows a poll and polls an idle
// database only when the file changes, so a plain watch stalls in a backlog: each page is asked for by a new
// subscription. Ids of subscriptions are not looked at: every one of them shows an unbroken run of rows from at
// or below the position, so a row beyond the position is the next one, whichever showed it. That matters,
// because the engine remembers link previews for the whole process and shows them to the first one only.
import { subscribedSchema, watchErrorSchema, watchMessageSchema } from "../../shared/imsg.ts";
import {
  BURST_PAUSE_MS,
  FULL_ENOUGH_ROWS,
  POLL_ROWS,
  OLD_RENEW_MS,
  OLD_SILENT_SUBSCRIPTIONS,
  WATCH_RETRY_MAX_MS,
  WATCH_RETRY_MS,
} from "../limits.ts";
import type { Reader, ReaderHooks, ReaderParts } from "./reader.ts";
import { Retry } from "./retry.ts";
import { readRow } from "./row.ts";

/** Subscriptions that failed before they were named; one is enough, a few are harmless. */
const MAX_DEAD = 64;

export class ResubscribeReader implements Reader {
  readonly #parts: ReaderParts;
  readonly #hooks: ReaderHooks;
  readonly #retry: Retry;
  #run = 0;
  #state: "stopped" | "catching" | "paused" | "live" = "stopped";
  #position = 0;
  /** A message joined to two chats comes once for each: those of the row at the position. */
  #chats = new Set<number>();
  #subscription: number | undefined;
  readonly #dead = new Set<number>();
  /** Looks under way, by subscription: what ends one early. */
  readonly #looks = new Map<number, () => void>();
  /** Rows since the last pause. */
  #count = 0;
  #silent = 0;
  #cancelQuiet: (() => void) | undefined;

  constructor(parts: ReaderParts, hooks: ReaderHooks) {
    this.#parts = parts;
    this.#hooks = hooks;
    this.#retry = new Retry(parts.clock, parts.random, WATCH_RETRY_MS, WATCH_RETRY_MAX_MS);
  }

  start(from: number): void {
    this.stop();
    // Exclusive: the row at the position itself was passed, in whatever chats.
    this.#position = Math.max(0, from);
    this.#chats.clear();
    this.#silent = 0;
    this.#dead.clear();
    this.#subscribe();
  }

  stop(): void {
    this.#end();
    this.#state = "stopped";
  }

  room(): void {
    if (this.#state === "paused") this.#subscribe();
  }

  /** A short second subscription; what it shows comes in as every notification does. */
  look(rowid: number, done: (result: "looked" | "gone" | "failed") => void): void {
    const { engine, clock, times } = this.#parts;
    const { incarnation } = engine;
    // Reading began anew below it: what the look shows would pass for the next rows, and those between were lost.
    if (this.#state !== "stopped" && rowid - 1 > this.#position) {
      done("failed");
      return;
    }
    engine.own("watch.subscribe", this.#params(rowid - 1), times.hangMs, (outcome) => {
      const subscription = outcome.kind === "answer" ? nameOf(outcome.answer) : undefined;
      if (subscription === undefined || this.#dead.delete(subscription)) {
        done("failed");
        return;
      }
      let isOver = false;
      const end = (result: "looked" | "failed"): void => {
        if (isOver) return;
        isOver = true;
        // Another process counts its subscriptions from 1 again.
        if (this.#looks.get(subscription) === fail) this.#looks.delete(subscription);
        if (engine.incarnation === incarnation) this.#unsubscribe(subscription);
        done(engine.incarnation === incarnation ? result : "failed");
      };
      const fail = (): void => end("failed");
      this.#looks.set(subscription, fail);
      clock.after(times.oldLookMs, () => end("looked"));
    });
  }

  onNotification(method: string, params: unknown): void {
    if (method === "message") {
      const heard = watchMessageSchema.safeParse(params);
      if (heard.success) this.#hear(heard.data.message);
    } else if (method === "error") {
      const error = watchErrorSchema.safeParse(params);
      if (!error.success) return;
      const look = this.#looks.get(error.data.subscription);
      // A stream that died shows nothing: its silence says nothing about the row.
      if (look !== undefined) look();
      else if (error.data.subscription === this.#subscription) this.#again("the watch failed");
      else if (this.#dead.size < MAX_DEAD) this.#dead.add(error.data.subscription);
    }
  }

  #hear(message: unknown): void {
    const read = readRow(message);
    if (read.kind === "no_guid") this.#hooks.onNoGuid();
    if (read.kind === "unreadable") this.#parts.log("warn", "row_unreadable", { after: this.#position });
    if (read.kind !== "row") return;
    const { row } = read;
    const again = row.rowid < this.#position || (row.rowid === this.#position && this.#chats.has(row.chatId));
    if (this.#state === "stopped" || again) {
      this.#hooks.onSeen(row);
      return;
    }
    if (row.rowid > this.#position) this.#chats.clear();
    this.#chats.add(row.chatId);
    this.#position = row.rowid;
    this.#count += 1;
    this.#silent = 0;
    this.#retry.succeeded();
    const run = this.#run;
    this.#hooks.onRow(row, this.#position);
    if (run !== this.#run || this.#state === "paused") return;
    if (this.#hooks.isFull()) {
      // What is on its way already, at most one poll, is still taken.
      this.#end();
      this.#state = "paused";
    } else if (this.#count >= POLL_ROWS) this.#subscribe();
    else this.#armQuiet();
  }

  #subscribe(): void {
    this.#end();
    this.#state = "catching";
    const run = this.#run;
    const { engine, times } = this.#parts;
    engine.own("watch.subscribe", this.#params(this.#position), times.hangMs, (outcome) => {
      const subscription = outcome.kind === "answer" ? nameOf(outcome.answer) : undefined;
      if (run !== this.#run) {
        if (subscription !== undefined) this.#unsubscribe(subscription);
      } else if (subscription === undefined) this.#again("watch.subscribe was refused");
      else if (this.#dead.delete(subscription)) this.#again("the watch failed");
      else {
        this.#subscription = subscription;
        this.#armQuiet();
      }
    });
  }

  #armQuiet(): void {
    if (this.#subscription === undefined) return;
    this.#cancelQuiet?.();
    const enough = this.#count >= FULL_ENOUGH_ROWS;
    const wait = enough ? Math.min(BURST_PAUSE_MS, this.#parts.times.quietMs) : this.#parts.times.quietMs;
    this.#cancelQuiet = this.#parts.clock.after(wait, () => this.#quiet(enough));
  }

  #quiet(enough: boolean): void {
    if (this.#state === "live") {
      this.#count = 0;
      // A poll that was nearly full may have left something behind.
      if (enough) this.#subscribe();
      else this.#renewLater();
      return;
    }
    // One silent subscription may have been silent because imsg was busy; two were not.
    this.#silent = this.#count === 0 ? this.#silent + 1 : 0;
    if (this.#silent < OLD_SILENT_SUBSCRIPTIONS) {
      this.#subscribe();
      return;
    }
    this.#state = "live";
    this.#renewLater();
    this.#hooks.onCaughtUp();
  }

  #renewLater(): void {
    this.#cancelQuiet = this.#parts.clock.after(OLD_RENEW_MS, () => this.#subscribe());
  }

  #again(why: string): void {
    this.#parts.log("warn", "watch_again", { why });
    this.#end();
    this.#state = "catching";
    this.#retry.later(() => this.#subscribe());
  }

  #end(): void {
    this.#run += 1;
    this.#cancelQuiet?.();
    this.#retry.stop();
    if (this.#subscription !== undefined) this.#unsubscribe(this.#subscription);
    this.#subscription = undefined;
    this.#count = 0;
  }

  /** Never without a position: the tail is looked up late and rows are lost. 0 would mean the tail, too. */
  #params(after: number): Record<string, unknown> {
    const since_rowid = after <= 0 ? -1 : after;
    return { since_rowid, attachments: true, include_reactions: true, debounce_ms: this.#parts.debounceMs };
  }

  #unsubscribe(subscription: number): void {
    this.#parts.engine.own("watch.unsubscribe", { subscription }, this.#parts.times.hangMs, () => undefined);
  }
}

function nameOf(answer: { result: unknown } | { error: unknown }): number | undefined {
  const named = "result" in answer ? subscribedSchema.safeParse(answer.result) : undefined;
  return named?.success === true ? named.data.subscription : undefined;
}
