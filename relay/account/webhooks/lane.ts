// One endpoint's way through the log: what may go next. No clock and no network: whoever drives it says what became
// of what it gave.
import type { LoggedEvent } from "../../../shared/events.ts";
import {
  CURSOR_KEPT_PASSED,
  MAX_IN_FLIGHT,
  MAX_IN_FLIGHT_UNHEALTHY,
  MAX_PARKED,
} from "../../../shared/webhooks/limits.ts";
import type { Endpoint, Health } from "./endpoint.ts";
import type { Parked, SetAside } from "./webhook-store.ts";

/** An event on its way, and as what it goes. */
export interface Job {
  readonly kind: "next" | "parked" | "aside";
  readonly seq: number;
  /** "" = of no chat. */
  readonly chat: string;
  readonly event: LoggedEvent;
  /** Of a gap: the last one that it stands for. */
  readonly until?: number;
  /** Attempts made before this one. */
  readonly attempts: number;
}

/** What the log has after a place, as this endpoint is to see it; `event` undefined = it concerns nobody here. */
export interface Ahead {
  readonly seq: number;
  /** The last of those that it stands for, where it is more than one. */
  readonly until?: number;
  readonly chat: string;
  readonly event: LoggedEvent | undefined;
}

/** What a lane reads the log by. */
export interface LaneLog {
  /** The next events after `seq`, in order, some of them; none = level with the log. */
  after(seq: number): readonly Ahead[];
  /** Of one that is kept no more, the gap. */
  at(seq: number): Pick<Job, "event" | "until"> | undefined;
  /** What the endpoint wants has changed. */
  forget(): void;
  /** The next one of that chat that concerns it, or was lost, after `seq` and up to `until`. */
  nextOf(chat: string, seq: number, until: number): number | undefined;
}

export class Lane {
  health: Health;
  cursor: number;
  /** As it is on disk. */
  keptCursor: number;
  readonly parked = new Map<string, Parked>();
  readonly aside = new Map<number, SetAside>();
  /** By chat: two of one chat never go at once. */
  readonly #inFlight = new Map<string, Job>();
  /** Dealt with, and beyond the cursor. */
  readonly #done = new Set<number>();
  readonly #log: LaneLog;
  #endpoint: Endpoint;
  /** The tenant is being asked about it: nothing is tried meanwhile. */
  isAsking = false;
  /** The tenant has given leave for one attempt. */
  mayProbe = false;
  /** The tenant did not answer: it is asked again then. */
  askAt = 0;
  /** When another account delivered there last, as far as the tenant said. */
  othersAt = 0;
  /** Delivered since the cursor was written. */
  unkept = 0;
  /** Something was due that the endpoint does not want any more. */
  hasMoot = false;

  constructor(
    endpoint: Endpoint,
    cursor: number,
    health: Health,
    log: LaneLog,
    parked: readonly Parked[],
    aside: readonly SetAside[],
  ) {
    this.#endpoint = endpoint;
    this.cursor = cursor;
    this.keptCursor = cursor;
    this.health = health;
    this.#log = log;
    for (const one of parked) this.parked.set(one.chat, one);
    for (const one of aside) this.aside.set(one.seq, one);
  }

  get endpoint(): Endpoint {
    return this.#endpoint;
  }

  change(endpoint: Endpoint): void {
    this.#endpoint = endpoint;
    this.#log.forget();
  }

  get busy(): number {
    return this.#inFlight.size;
  }

  get isHealthy(): boolean {
    return !this.health.is_failing && !this.health.is_slow;
  }

  /** Here, or of another account. */
  get lastSuccessAt(): number {
    return Math.max(this.health.last_success_at ?? 0, this.othersAt);
  }

  /** The lowest number in the log that it may still need. */
  get owedFrom(): number {
    const parked = [...this.parked.values()].map(({ from_seq }) => from_seq);
    return Math.min(this.cursor + 1, ...parked, ...this.aside.keys());
  }

  /** It went past so many events since its place was written that it must not look at them again. */
  get isFarAhead(): boolean {
    return this.cursor - this.keptCursor >= CURSOR_KEPT_PASSED;
  }

  /** How many may go at once: one that failed or was slow last time has one way only. */
  get width(): number {
    return this.isHealthy ? MAX_IN_FLIGHT : MAX_IN_FLIGHT_UNHEALTHY;
  }

  /** Takes the next one that may go now. */
  take(now: number): Job | undefined {
    const { open_until } = this.health;
    if (this.endpoint.state !== "active" || this.busy >= this.width) return undefined;
    if (open_until !== null && !(this.mayProbe && this.busy === 0)) return undefined;
    // A probe is the oldest there is, whenever it would be due.
    const dueBy = this.mayProbe ? Infinity : now;
    const job = this.#due(dueBy) ?? this.#next() ?? this.#dueAside(dueBy);
    if (job === undefined) return undefined;
    this.mayProbe = false;
    this.#inFlight.set(job.chat, job);
    return job;
  }

  /** It is not in flight any more; of one that came from the log, it was delivered or parked. */
  ended({ kind, seq, chat, until }: Job): void {
    this.#inFlight.delete(chat);
    if (kind === "next" && until === undefined) this.#done.add(seq);
    // A gap may have grown meanwhile, and of what was lost since then nothing was said.
    if (kind === "next" && until !== undefined) this.#pass(until);
    this.#advance();
  }

  /** When there is something to do again by itself; undefined = only when something comes. */
  nextAt(): number | undefined {
    // What is under way, here or at the tenant, has its end, and that is an occasion, too.
    if (this.endpoint.state !== "active" || this.busy > 0 || this.isAsking) return undefined;
    const waiting = [...this.parked.values(), ...this.aside.values()].map(({ next_at }) => next_at);
    const least = waiting.length === 0 ? undefined : Math.min(...waiting);
    const { open_until } = this.health;
    if (open_until === null) return least;
    return this.hasWork ? Math.max(open_until, this.askAt) : undefined;
  }

  /** Something in the log waits for nobody but its turn. */
  get hasNext(): boolean {
    return this.#next() !== undefined;
  }

  get hasWork(): boolean {
    return this.parked.size > 0 || this.aside.size > 0 || this.#log.after(this.cursor).length > 0;
  }

  /** Heads of parked chats, and events set aside, that concern this endpoint no more: its kinds were changed. */
  get moot(): { readonly parked: readonly Parked[]; readonly aside: readonly SetAside[] } {
    const isMoot = (seq: number, chat: string): boolean =>
      !this.#inFlight.has(chat) && this.#log.at(seq) === undefined;
    return {
      parked: [...this.parked.values()].filter(({ from_seq, chat }) => isMoot(from_seq, chat)),
      aside: [...this.aside.values()].filter(({ seq }) => isMoot(seq, `aside ${seq}`)),
    };
  }

  /** Whether the endpoint is to have it. */
  concerns(seq: number): boolean {
    return this.#log.at(seq) !== undefined;
  }

  /** Of parked chats, those whose head is not under way. */
  get heads(): Parked[] {
    return [...this.parked.values()].filter(({ chat }) => !this.#inFlight.has(chat));
  }

  /** The last one that stands for that number: of a gap, it is later. */
  endOf(seq: number): number {
    return this.#log.at(seq)?.until ?? seq;
  }

  /** The event after that one in a parked chat, among those that the cursor has passed. */
  behind(chat: string, seq: number): number | undefined {
    return this.#log.nextOf(chat, seq, this.cursor);
  }

  #due(by: number): Job | undefined {
    const due = [...this.parked.values()]
      .filter(({ chat, next_at }) => next_at <= by && !this.#inFlight.has(chat))
      .toSorted((a, b) => a.next_at - b.next_at || a.from_seq - b.from_seq);
    for (const { chat, from_seq: seq, attempts } of due) {
      const found = this.#log.at(seq);
      if (found !== undefined) return { kind: "parked", seq, chat, ...found, attempts };
      this.hasMoot = true;
    }
    return undefined;
  }

  #dueAside(by: number): Job | undefined {
    for (const { seq, next_at, attempts } of this.aside.values()) {
      const chat = `aside ${seq}`;
      if (next_at > by || this.#inFlight.has(chat)) continue;
      const found = this.#log.at(seq);
      if (found !== undefined) return { kind: "aside", seq, chat, ...found, attempts };
      this.hasMoot = true;
    }
    return undefined;
  }

  #next(): Job | undefined {
    this.#advance();
    // Each of those under way may be parked, too.
    if (this.parked.size + this.busy >= MAX_PARKED) return undefined;
    for (const { seq, until, chat, event } of this.#log.after(this.cursor)) {
      if (event === undefined || this.#isDone(seq, until)) continue;
      if (this.#inFlight.has(chat) || this.parked.has(chat)) continue;
      const gap = until === undefined ? {} : { until };
      return { kind: "next", seq, chat, event, ...gap, attempts: 0 };
    }
    return undefined;
  }

  /** Past everything that nobody waits for any more. */
  #advance(): void {
    for (;;) {
      const before = this.cursor;
      for (const { seq, until, chat, event } of this.#log.after(this.cursor)) {
        // What is of a chat that is parked is found again from there.
        const isPast = event === undefined || this.#isDone(seq, until) || this.parked.has(chat);
        if (!isPast) return;
        this.#pass(until ?? seq);
      }
      if (this.cursor === before) return;
    }
  }

  /** That the first of what was lost was delivered says nothing of the others. */
  #isDone(seq: number, until: number | undefined): boolean {
    return until === undefined && this.#done.has(seq);
  }

  #pass(seq: number): void {
    this.cursor = Math.max(this.cursor, seq);
    for (const done of this.#done) if (done <= this.cursor) this.#done.delete(done);
  }
}
