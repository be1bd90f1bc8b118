// The log as its readers take it: from memory where they are level with it, else a page at a time.
import * as z from "zod";
import { MESSAGE_KINDS } from "../../../shared/events.ts";
import { LOG_PAGE_ROWS } from "../../../shared/limits.ts";
import { inboundSchema } from "../../../shared/policy/inbound.ts";
import { storedDecisionSchema, type StoredDecision } from "../channel/stored-decision.ts";
import type { Appended } from "./event-log.ts";
import type { EventRecord, EventStore } from "../store/events.ts";
import type { StateStore } from "../store/state.ts";

/** Appended events kept parsed for the readers that are level with the log: bounded by one batch. */
const RECENT_EVENTS = 512;

/**
 * Pages kept for readers that are behind: one takes a part of a page, acknowledges, and asks for the rest, and readers
 * at one place share it. Without them every ack read and parsed a page for the part that fits the window.
 */
const KEPT_PAGES = 4;
/** UTF-16 units of bodies in a page that is kept: long messages are read again rather than held. */
const KEPT_PAGE_CHARS = 1_000_000;

const bodySchema = z.object({ message: z.looseObject({}) });

export class LogPages {
  readonly #state: StateStore;
  readonly #store: EventStore;
  #recent: Appended[] = [];
  /** Oldest first. What is logged never changes, so neither do they. */
  #pages: (readonly Appended[])[] = [];

  constructor(state: StateStore, store: EventStore) {
    this.#state = state;
    this.#store = store;
  }

  remember(events: readonly Appended[]): void {
    this.#recent = [...this.#recent, ...events].slice(-RECENT_EVENTS);
  }

  /** The next events after `seq`, in order; none = level with the log. */
  after(seq: number): readonly Appended[] {
    if (seq >= this.#state.current.last_seq) return [];
    const first = this.#recent[0]?.record.seq;
    if (first !== undefined && seq + 1 >= first) return this.#recent.slice(seq + 1 - first);
    for (const page of this.#pages) {
      const from = page[0]?.record.seq ?? 0;
      if (seq + 1 >= from && seq + 1 < from + page.length) return page.slice(seq + 1 - from);
    }
    const page = this.#store.after(seq, LOG_PAGE_ROWS).map(readRecord);
    const chars = page.reduce((sum, { record }) => sum + record.body.length, 0);
    if (chars <= KEPT_PAGE_CHARS) this.#pages = [...this.#pages, page].slice(-KEPT_PAGES);
    return page;
  }
}

/** A stored event with its message read, and what was decided of it. */
export function readRecord(record: EventRecord): Appended {
  const decision = readDecision(record);
  return { record, projected: decision?.withheld === true ? null : readBody(record), decision };
}

const readDecision = ({ decision }: EventRecord): StoredDecision | null =>
  decision === null ? null : (storedDecisionSchema.safeParse(JSON.parse(decision)).data ?? null);

function readBody(record: EventRecord): Appended["projected"] {
  if (!MESSAGE_KINDS.has(record.kind)) return null;
  const body = bodySchema.safeParse(JSON.parse(record.body));
  const facts = inboundSchema.safeParse(body.data?.message);
  if (body.data === undefined || !facts.success) return null;
  return { database: record.database, chat: record.chat, message: body.data.message, facts: facts.data };
}
