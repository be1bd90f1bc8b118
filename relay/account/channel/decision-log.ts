// What became of every message, and why, without its text (EVT12).
import * as z from "zod";
import { eventId, type EventKind } from "../../../shared/events.ts";
import type { Refused } from "../../../shared/errors.ts";
import { MAX_LOOKED_AT, MAX_POLL_EVENTS } from "../../../shared/limits.ts";
import { err, ok, type Result } from "../../../shared/result.ts";
import { readRecord } from "../log/log-pages.ts";
import { readPlace } from "../readers/place.ts";
import type { Retention } from "../log/retention.ts";
import type { EventRecord, EventStore } from "../store/events.ts";
import type { StateStore } from "../store/state.ts";
import { sentenceOf } from "./policy-gate.ts";

export interface LoggedDecision {
  readonly id: string;
  readonly kind: EventKind;
  readonly logged_at: number;
  readonly verdict: string;
  readonly reason: string;
  /** The reason in a sentence. */
  readonly says: string;
  readonly sender: string;
  readonly guid: string;
  readonly chat: string | null;
  readonly rowid: number | null;
}

export interface DecisionPage {
  readonly decisions: readonly LoggedDecision[];
  readonly next: string;
  readonly more: boolean;
}

const bodySchema = z.object({ message: z.object({ guid: z.string() }) });
const guidOf = ({ body }: EventRecord): string => bodySchema.parse(JSON.parse(body)).message.guid;

export class DecisionLog {
  readonly #state: StateStore;
  readonly #store: EventStore;
  readonly #retention: Pick<Retention, "first">;

  constructor(state: StateStore, store: EventStore, retention: Pick<Retention, "first">) {
    this.#state = state;
    this.#store = store;
    this.#retention = retention;
  }

  /** `all` = those of messages that were shown too. */
  page(after: string | null, limit: number, all: boolean): Result<DecisionPage, Refused> {
    const place = readPlace(after, "beginning", this.#retention.first(), this.#state.current);
    if (!place.ok) return err({ code: "invalid_request", detail: place.error });
    const { log, last_seq } = this.#state.current;
    const decisions: LoggedDecision[] = [];
    let { seq } = place.value;
    let lookedAt = 0;
    while (lookedAt < MAX_LOOKED_AT && decisions.length < limit) {
      const page = this.#store.after(seq, MAX_POLL_EVENTS);
      if (page.length === 0) break;
      lookedAt += page.length;
      for (const record of page) {
        ({ seq } = record);
        const { decision } = readRecord(record);
        if (decision === null || (!all && decision.verdict === "show")) continue;
        const { verdict, reason, sender } = decision;
        const { kind, logged_at, chat, rowid } = record;
        const names = { id: eventId(log, seq), kind, logged_at, sender, guid: guidOf(record), chat, rowid };
        decisions.push({ ...names, verdict, reason, says: sentenceOf(reason) });
        if (decisions.length >= limit) break;
      }
    }
    return ok({ decisions, next: eventId(log, seq), more: seq < last_seq });
  }
}
