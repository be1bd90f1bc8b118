// How long the log is kept: by age and by number, whichever ends first, and longer for webhooks. A reader that falls behind is told (EVT4).
import {
  RETENTION_BATCH,
  RETENTION_MS,
  RETENTION_SLACK_EVENTS,
  RETENTION_SLACK_MS,
} from "../../../shared/limits.ts";
import { MAX_OWED_EVENTS } from "../../../shared/webhooks/limits.ts";
import type { EventLog } from "./event-log.ts";
import type { AccountPorts } from "../ports.ts";
import type { Schedule } from "../schedule.ts";
import type { EventStore } from "../store/events.ts";
import type { PendingStore } from "../store/pending.ts";
import type { AccountStanding } from "../standing.ts";
import type { StateStore } from "../store/state.ts";

/** Who has events delivered to them, and what they still need. */
interface Owed {
  /** The lowest number that somebody waits for; Infinity = nobody does. */
  from(): number;
  /** What is up to there goes, in the transaction in which it does. */
  forgetting(last: number): void;
}

/** Between two batches, so that what came meanwhile is served. */
const NEXT_BATCH_MS = 1_000;
/** After an account was shut out: the log keeps what is too old for so long. */
const RETENTION_REST_MS = 24 * 60 * 60 * 1_000;

export class Retention {
  readonly #ports: Pick<AccountPorts, "clock">;
  readonly #state: StateStore;
  readonly #store: EventStore;
  readonly #log: EventLog;
  readonly #pending: PendingStore;
  readonly #schedule: Schedule;
  readonly #owed: Owed;
  readonly #standing: Pick<AccountStanding, "held" | "quotas">;
  #first: number | undefined;
  #isArmed = false;

  constructor(
    ports: Pick<AccountPorts, "clock">,
    state: StateStore,
    store: EventStore,
    log: EventLog,
    pending: PendingStore,
    schedule: Schedule,
    owed: Owed,
    standing: Pick<AccountStanding, "held" | "quotas">,
  ) {
    this.#ports = ports;
    this.#state = state;
    this.#store = store;
    this.#log = log;
    this.#pending = pending;
    this.#schedule = schedule;
    this.#owed = owed;
    this.#standing = standing;
    state.onRollback(() => {
      this.#first = undefined;
      this.#isArmed = false;
    });
  }

  /** The lowest number kept; of an empty log, the next one. */
  first(): number {
    this.#first ??= this.#store.first()?.seq ?? this.#state.current.last_seq + 1;
    return this.#first;
  }

  /** Events were appended: what is too many goes at once, what gets too old has its day. */
  appended(): void {
    if (!this.#isArmed) this.#arm();
    const excess = this.#state.current.last_seq - this.first() + 1 - this.#standing.quotas.events_kept;
    if (excess >= RETENTION_SLACK_EVENTS) this.#delete(this.first() - 1 + Math.min(excess, RETENTION_BATCH));
  }

  /** The account may be used again: whoever was shut out with it has a day to read what is too old by now (TEN4). */
  goesOn(): void {
    this.#state.transact(() => this.#schedule.disarm("retention"));
    this.#arm(RETENTION_REST_MS);
  }

  /** The alarm's turn. */
  run(): void {
    // Nobody may read now, so nothing gets too old; it goes on with the account.
    if (this.#standing.held !== null) return;
    const before = this.#ports.clock.now() - RETENTION_MS;
    const last = this.#store.lastBefore(before, RETENTION_BATCH);
    if (last > 0) this.#delete(last);
    // What is owed is looked at again when it may be owed no more, and not every second.
    this.#arm(last > 0 && this.first() <= last ? RETENTION_SLACK_MS : NEXT_BATCH_MS);
  }

  #arm(nextMs = NEXT_BATCH_MS): void {
    const oldest = this.#store.first();
    this.#isArmed = oldest !== undefined;
    if (oldest === undefined) return;
    const now = this.#ports.clock.now();
    const isOver = oldest.logged_at < now - RETENTION_MS;
    const at = isOver ? now + nextMs : oldest.logged_at + RETENTION_MS + RETENTION_SLACK_MS;
    this.#state.transact(() => this.#schedule.arm("retention", at));
  }

  /** Up to `wanted`; what webhooks are owed stays, within a bound of its own. */
  #delete(wanted: number): void {
    const { database, tail, last_seq } = this.#state.current;
    const last = Math.min(wanted, Math.max(this.#owed.from() - 1, last_seq - MAX_OWED_EVENTS));
    if (last < this.first()) return;
    const span = this.#log.span(database);
    this.#state.transact(() => {
      this.#owed.forgetting(last);
      // By which the database is known again, should nothing of it be left in the log (LINK11).
      const newest = span === undefined ? undefined : this.#store.identity({ from: span.from, to: last })[0];
      this.#store.deleteUpTo(last);
      this.#pending.clearUpTo(last);
      this.#state.update({ tail: newest ?? tail });
    });
    this.#first = last + 1;
  }
}
