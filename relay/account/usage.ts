// What is used of the account, by day. Nothing is written for what is counted: the totals stand in the `state` row that
// every batch writes, and a day is two of them, the first of which is written with the first batch of that day.
import { dayOf, type DayUsage } from "../../shared/usage.ts";
import type { ToldDay } from "./account-report.ts";
import {
  MAX_TOLD_AT_ONCE,
  USAGE_DAYS,
  USAGE_FLUSH_BYTES,
  USAGE_FLUSH_COUNTS,
  USAGE_REPORT_MS,
} from "./limits.ts";
import type { Meter } from "./meter.ts";
import type { Clock } from "../../shared/clock.ts";
import type { Schedule } from "./schedule.ts";
import type { StateStore, Usage } from "./store/state.ts";
import type { CountedDay, Totals, UsageDays } from "./store/usage-days.ts";

/** What somebody pays for, and so what is told of. */
const BILLED: readonly (keyof Usage)[] = [
  "messages_in",
  "messages_out",
  "calls",
  "files_in",
  "files_out",
  "webhook_attempts",
];

interface Day {
  readonly day: string;
  readonly from: Totals;
  /** Its beginning is on disk. */
  readonly isKept: boolean;
}

export class UsageBook {
  readonly #clock: Clock;
  readonly #state: StateStore;
  readonly #days: UsageDays;
  readonly #schedule: Pick<Schedule, "arm">;
  readonly #meter: Meter;
  #day: Day | undefined;
  /** Counted in memory and not written yet. */
  #counts = 0;
  #bytes = 0;
  #isArmed = false;

  constructor(
    clock: Clock,
    state: StateStore,
    days: UsageDays,
    schedule: Pick<Schedule, "arm">,
    meter: Meter,
  ) {
    this.#clock = clock;
    this.#state = state;
    this.#days = days;
    this.#schedule = schedule;
    this.#meter = meter;
    state.onRollback(() => {
      this.#day = undefined;
      this.#isArmed = false;
    });
    state.onUpdate((usage) => this.#written(usage));
    state.onCount((added) => this.#counted(added));
  }

  /** Something comes in: a day may be over. Before anything of it is counted. */
  turn(): void {
    const today = dayOf(this.#clock.now());
    const { day, from, isKept } = this.#current();
    if (day >= today) return;
    const to = totalsOf(this.#state.current.usage);
    this.#day = { day: today, from: to, isKept: false };
    // Of a day on which nothing was paid for there is nothing to tell.
    const isPaid = isBilled(from, to);
    if (isKept || isPaid)
      this.#state.transact(() => this.#days.keep({ day, is_told: !isPaid, from, to }, USAGE_DAYS));
  }

  /** Bytes of attachments today, both ways. */
  bytesToday(): number {
    this.turn();
    const { bytes_in, bytes_out } = difference(this.#current().from, totalsOf(this.#state.current.usage));
    return bytes_in + bytes_out;
  }

  /** By day, today as far as it has come. */
  between(from: string, to: string): (DayUsage & { readonly day: string })[] {
    this.turn();
    const now = totalsOf(this.#state.current.usage);
    const { day: today, from: since } = this.#current();
    const past = this.#days
      .between(from, to)
      .filter(({ day }) => day < today)
      .map(({ day, from: begin, to: end }) => Object.assign(difference(begin, end ?? since), { day }));
    const here = Object.assign(difference(since, now), { day: today });
    return from <= today && today <= to ? [...past, here] : past;
  }

  /** What the tenant is to be told: days that are over, once each, and today as it is. */
  toTell(): ToldDay[] {
    this.turn();
    const over = this.#days.untold(MAX_TOLD_AT_ONCE).map((day) => toldOf(day, true));
    const { day, from } = this.#current();
    const to = totalsOf(this.#state.current.usage);
    return isBilled(from, to) ? [...over, toldOf({ day, from, to, is_told: false }, false)] : over;
  }

  told(days: readonly ToldDay[]): void {
    const over = days.filter(({ is_over }) => is_over).map(({ day }) => day);
    if (over.length > 0) this.#days.told(over);
  }

  /** The alarm's turn: with the next thing that is counted there is another. */
  reported(): void {
    this.#isArmed = false;
  }

  /** In the transaction that writes the totals. */
  #written(usage: Usage): Usage {
    this.#counts = 0;
    this.#bytes = 0;
    const current = this.#current();
    const { day, from } = current;
    if (!current.isKept) {
      this.#days.keep({ day, is_told: false, from, to: null }, USAGE_DAYS);
      this.#day = { day, from, isKept: true };
    }
    if (!this.#isArmed && isBilled(from, totalsOf(usage))) {
      this.#isArmed = true;
      this.#schedule.arm("usage", this.#clock.now() + USAGE_REPORT_MS);
    }
    const { rows, constructions } = this.#meter;
    this.#meter.rows = 0;
    this.#meter.constructions = 0;
    return {
      ...usage,
      rows_written: usage.rows_written + rows,
      constructions: usage.constructions + constructions,
    };
  }

  /** A little of it may be lost with the object; much of it is written. */
  #counted(added: Partial<Usage>): void {
    this.#counts += 1;
    this.#bytes += (added.file_bytes_in ?? 0) + (added.file_bytes_out ?? 0);
    if (this.#counts >= USAGE_FLUSH_COUNTS || this.#bytes >= USAGE_FLUSH_BYTES)
      this.#state.transact(() => this.#state.update({}));
  }

  #current(): Day {
    if (this.#day !== undefined) return this.#day;
    const newest = this.#days.newest();
    const now = totalsOf(this.#state.current.usage);
    this.#day =
      newest === undefined
        ? { day: dayOf(this.#clock.now()), from: now, isKept: false }
        : { day: newest.day, from: newest.to ?? newest.from, isKept: newest.to === null };
    return this.#day;
  }
}

const totalsOf = (usage: Usage): Totals => ({ ...usage });

function difference(from: Totals, to: Totals): DayUsage {
  const of = (name: keyof Usage): number => Math.max(0, (to[name] ?? 0) - (from[name] ?? 0));
  return {
    messages_in: of("messages_in"),
    messages_out: of("messages_out"),
    events: of("events"),
    calls: of("calls"),
    files_in: of("files_in"),
    files_out: of("files_out"),
    bytes_in: of("file_bytes_in"),
    bytes_out: of("file_bytes_out"),
    webhook_attempts: of("webhook_attempts"),
    rows_written: of("rows_written"),
    wakes: of("constructions"),
  };
}

const isBilled = (from: Totals, to: Totals): boolean =>
  BILLED.some((name) => (to[name] ?? 0) !== (from[name] ?? 0));

const toldOf = ({ day, from, to }: CountedDay, isOver: boolean): ToldDay => ({
  day,
  is_over: isOver,
  usage: difference(from, to ?? from),
});
