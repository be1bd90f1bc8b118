// The log: what is appended, under which number, and what counts as the same event. The one source of every
// reader (I5). Everything here runs inside a transaction of the caller.
import { DEDUPE, eventId, kindOfMessage, type EventData, type EventKind } from "../../../shared/events.ts";
import { isAnchored } from "../../../shared/imsg.ts";
import { MAX_IDENTITY_PAIRS, RESET_OVERLAP_MS } from "../../../shared/limits.ts";
import type { Inbound } from "../../../shared/policy/inbound.ts";
import type { Projected } from "../../../shared/projection.ts";
import type { StoredDecision } from "../channel/stored-decision.ts";
import type { EventRecord, EventStore, Span } from "../store/events.ts";
import { MAX_RESETS, type State, type StateStore } from "../store/state.ts";

/** An event as it was just appended; its message already read, where it has one. */
export interface Appended {
  readonly record: EventRecord;
  readonly projected: Projected | null;
  /** What the policy said of the message; null where there is none, or was no policy yet. */
  readonly decision: StoredDecision | null;
}

interface Classified {
  readonly kind: EventKind;
  readonly dedupe_key: string;
  /** Id of the unanchored event that this repairs. */
  readonly previous: string | null;
}

export class EventLog {
  readonly #state: StateStore;
  readonly #store: EventStore;

  constructor(state: StateStore, store: EventStore) {
    this.#state = state;
    this.#store = store;
  }

  /** Appends an event about the account itself. */
  append<K extends EventKind>(
    kind: K,
    data: EventData<K>,
    now: number,
    patch: Partial<State> = {},
  ): Appended {
    const { last_seq, database, usage } = { ...this.#state.current, ...patch };
    const record: EventRecord = {
      seq: last_seq + 1,
      kind,
      dedupe_key: null,
      database,
      rowid: null,
      chat: null,
      logged_at: now,
      delayed: false,
      backfilled: false,
      body: JSON.stringify(data),
      decision: null,
    };
    this.#store.insert(record);
    this.#state.update({ ...patch, last_seq: record.seq, usage: { ...usage, events: usage.events + 1 } });
    return { record, projected: null, decision: null };
  }

  /** What a row is to the log; undefined = the log has it already (LOG3). */
  classify(facts: Inbound): Classified | undefined {
    const key = DEDUPE.message(facts.guid, facts.chat_guid);
    const twins = this.#store.withPrefix(DEDUPE.message(facts.guid, ""));
    if (twins.some(({ dedupe_key }) => dedupe_key === key)) return undefined;
    if (!isAnchored(facts) && twins.length > 0) return undefined;
    const unanchored = twins.find(({ dedupe_key }) => dedupe_key === DEDUPE.message(facts.guid, ""));
    if (unanchored === undefined) {
      return { kind: kindOfMessage(facts), dedupe_key: key, previous: null };
    }
    const previous = eventId(this.#state.current.log, unanchored.seq);
    return { kind: "message.repaired", dedupe_key: key, previous };
  }

  /** Another database under the same account (LINK11): rowids begin anew. */
  replaceDatabase(database: number, until: number, now: number): Appended {
    const { resets, last_seq, newest, database: previous } = this.#state.current;
    this.#store.forgetCarried();
    return this.append("account.cursor_reset", { database, previous }, now, {
      database,
      resume: null,
      reset: { floor: (newest ?? now) - RESET_OVERLAP_MS, until },
      tail: null,
      resets: [...resets, { database, seq: last_seq + 1, at: now }].slice(-MAX_RESETS),
    });
  }

  /** By which the agent knows the database again (LINK11): rows that were logged, and where reading began. */
  identity(): { rowid: number; guid: string }[] {
    const { database, tail } = this.#state.current;
    const span = this.span(database);
    const logged = span === undefined ? [] : this.#store.identity(span);
    const pairs = tail === null ? logged : [...logged.slice(0, MAX_IDENTITY_PAIRS - 1), tail];
    return pairs.length < MAX_IDENTITY_PAIRS ? this.#store.withCarried(pairs, MAX_IDENTITY_PAIRS) : pairs;
  }

  /** Where in the log the rows of that database are; undefined = that far back nothing is known. */
  span(database: number): Span | undefined {
    const { resets, last_seq, database: newest } = this.#state.current;
    if (database < 0 || database > newest) return undefined;
    const start = resets.find((reset) => reset.database === database);
    const next = resets.find((reset) => reset.database === database + 1);
    if (start === undefined && database > 0) return undefined;
    return { from: start?.seq ?? 1, to: next === undefined ? last_seq : next.seq - 1 };
  }
}
