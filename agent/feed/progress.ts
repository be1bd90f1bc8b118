// How far a catch-up has come: rows sent, what is still ahead, how fast it goes. Told to the relay every second
// (LINK12), to the log now and then, to both at its end, and to whoever asks.
//
// Nobody knows how many rows wait. Where the last one is can be asked cheaply, so the ids from here to there are at
// most the rows still to come: an estimate that is never too low and gets better with every gap that is passed.
import type { Clock } from "../../shared/clock.ts";
import type { ImsgEngine } from "../imsg/engine.ts";
import { LONG_CATCH_UP_ROWS, PAGE_ROWS, PROGRESS_LINE_MS, PROGRESS_MS } from "../limits.ts";
import type { Log } from "../ports.ts";
import { findEnd } from "./end-of-rows.ts";
import { Pace } from "./pace.ts";

export interface ProgressNote {
  readonly done: number;
  /** At most so many, until it is finished. */
  readonly total: number | null;
  readonly finished: boolean;
}

/** A catch-up that goes on. Null is what is not known (yet). */
export interface CatchUp {
  readonly done: number;
  readonly total: number | null;
  /** Between 0 and 1: the way through the row ids, which also goes on where rows are passed over. */
  readonly part: number | null;
  readonly rows_per_s: number | null;
  readonly seconds_left: number | null;
}

export interface ProgressStatus {
  /** What was waiting has come; what follows is live. */
  readonly caught_up: boolean;
  /** Null where none is going on, or nothing was waiting so far. */
  readonly catch_up: CatchUp | null;
}

interface ProgressParts {
  readonly clock: Clock;
  readonly engine: Pick<ImsgEngine, "own" | "engine">;
  readonly log: Log;
  readonly times: { readonly hangMs: number };
  /** For the relay. */
  readonly onProgress: (note: ProgressNote) => void;
}

export class Progress {
  readonly #parts: ProgressParts;
  readonly #pace = new Pace();
  #state: "stopped" | "running" | "paused" | "over" = "stopped";
  /** What was asked for an earlier catch-up is not an answer for this one. */
  #run = 0;
  #beganAt = 0;
  #done = 0;
  #passed = 0;
  #from = 0;
  #position = 0;
  #end: number | undefined;
  #asked = false;
  /** A catch-up was told to be going on, perhaps before reading began anew. */
  #owesEnd = false;
  #notedAt = 0;
  #loggedAt = 0;

  constructor(parts: ProgressParts) {
    this.#parts = parts;
  }

  get status(): ProgressStatus {
    return { caught_up: this.#state === "over", catch_up: this.#now };
  }

  get #now(): CatchUp | null {
    if (this.#state !== "running" || this.#passed === 0) return null;
    const speed = this.#pace.speed(this.#parts.clock.now(), this.#done, this.#position);
    const ahead = this.#ahead;
    const span = (this.#end ?? 0) - this.#from;
    return {
      done: this.#done,
      total: this.#total,
      part: ahead === undefined ? null : span <= 0 ? 1 : Math.round((1 - ahead / span) * 1_000) / 1_000,
      rows_per_s: speed === undefined ? null : Math.round(speed.rows),
      seconds_left:
        ahead === undefined || speed === undefined || speed.ids <= 0 ? null : Math.ceil(ahead / speed.ids),
    };
  }

  /** From the beginning: another link, or another database. */
  begin(): void {
    this.#run += 1;
    this.#state = "running";
    this.#beganAt = this.#parts.clock.now();
    this.#loggedAt = this.#beganAt;
    this.#done = 0;
    this.#passed = 0;
    this.#end = undefined;
    this.#asked = false;
    this.#pace.clear();
  }

  /** Reading stops before it is over, perhaps. */
  pause(): void {
    this.#run += 1;
    this.#state = this.#state === "running" || this.#state === "paused" ? "paused" : "stopped";
  }

  /** Where it was, if it was paused: imsg was restarted on the way. */
  goOn(): void {
    if (this.#state !== "paused") {
      this.begin();
      return;
    }
    this.#state = "running";
    this.#asked = this.#end !== undefined;
    this.#pace.clear();
  }

  /** The link is gone, and with it what was not acknowledged. */
  forget(): void {
    this.#run += 1;
    this.#state = "stopped";
  }

  /** A row was sent. */
  sent(): void {
    this.#done += 1;
  }

  /** Reading has come to this row, whether it is sent or not. */
  passed(position: number): void {
    if (this.#state !== "running") return;
    if (this.#passed === 0) this.#from = position;
    this.#passed += 1;
    this.#position = position;
    const now = this.#parts.clock.now();
    this.#pace.note(now, this.#done, position);
    if ((!this.#asked && this.#passed >= LONG_CATCH_UP_ROWS) || this.#isFarBeyondEnd) this.#findEnd();
    if (now - this.#notedAt >= PROGRESS_MS) this.#note(now);
    if (now - this.#loggedAt >= PROGRESS_LINE_MS) this.#log(now);
  }

  finish(): void {
    if (this.#state !== "running") return;
    // An answer that is still on its way would say that it goes on.
    this.#run += 1;
    this.#state = "over";
    if (this.#done === 0 && !this.#owesEnd) return;
    this.#owesEnd = false;
    const seconds = Math.round((this.#parts.clock.now() - this.#beganAt) / 100) / 10;
    this.#parts.log("info", "catch_up", { done: this.#done, total: this.#done, seconds, finished: true });
    this.#parts.onProgress({ done: this.#done, total: this.#done, finished: true });
  }

  get #ahead(): number | undefined {
    return this.#end === undefined ? undefined : Math.max(0, this.#end - this.#position);
  }

  get #total(): number | null {
    const ahead = this.#ahead;
    return ahead === undefined ? null : this.#done + ahead;
  }

  /** A few live rows beyond it are nothing; many mean that it was not the end. */
  get #isFarBeyondEnd(): boolean {
    return this.#end !== undefined && this.#position - this.#end >= PAGE_ROWS;
  }

  #findEnd(): void {
    const run = this.#run;
    this.#end = undefined;
    this.#asked = true;
    const { engine, times } = this.#parts;
    findEnd(engine, engine.engine.pages, this.#position, times.hangMs, (rowid) => {
      // Not beyond what was read: it says nothing about what is ahead.
      if (run !== this.#run || rowid === undefined || rowid <= this.#position) return;
      this.#end = rowid;
      const now = this.#parts.clock.now();
      this.#note(now);
      this.#log(now);
    });
  }

  #note(at: number): void {
    this.#notedAt = at;
    this.#owesEnd = true;
    this.#parts.onProgress({ done: this.#done, total: this.#total, finished: false });
  }

  #log(at: number): void {
    this.#loggedAt = at;
    const now = this.#now;
    if (now === null) return;
    const { done, total, rows_per_s, seconds_left } = now;
    this.#parts.log("info", "catch_up", { done, total, rows_per_s, seconds_left, finished: false });
  }
}
