// Deliveries of `listen`, a line each.
import type { Verdict } from "../../shared/webhooks/verdict.ts";
import type { ChannelEvent } from "../client/events-schema.ts";
import { Timeline } from "./local-time.ts";
import { cut, padded } from "./text-cells.ts";
import { harmless } from "./text-table.ts";

export interface ListenAttempt {
  readonly event: ChannelEvent;
  /** Of the attempts of this event; the first is 1. */
  readonly attempt: number;
  readonly verdict: Verdict;
  /** Null where nobody answered. */
  readonly status: number | null;
  readonly tookMs: number;
}

/** Of the columns: the longest kinds there are, and a telephone number with its prefix. */
const KIND_CELLS = 20;
const CHAT_CELLS = 24;

export class ListenLines {
  readonly #timeline: Timeline;
  /** Of the event that is under way: what is said once is not said at every attempt. */
  #lastTrouble: string | undefined;

  constructor(isTerminal: boolean) {
    this.#timeline = new Timeline(isTerminal);
  }

  attempt({ event, attempt, verdict, status, tookMs }: ListenAttempt): string[] {
    const isDelivered = verdict.outcome === "delivered";
    const what = isDelivered ? String(status) : `FAILED: ${verdict.text}`;
    const trouble = isDelivered ? undefined : `${event.id} ${what}`;
    if (trouble !== undefined && trouble === this.#lastTrouble) return [];
    this.#lastTrouble = trouble;
    const { heading, time } = this.#timeline.mark(Date.now());
    const [kind, chat] = [harmless(event.kind), harmless(event.chat ?? "")];
    const tries = isDelivered && attempt > 1 ? `, try ${attempt}` : isDelivered ? "" : "; trying again";
    const columns = [time, padded(kind, KIND_CELLS), padded(cut(chat, CHAT_CELLS), CHAT_CELLS)];
    const line = `${columns.join("  ")}  ${what}  ${Math.round(tookMs)} ms${tries}`;
    return heading === undefined ? [line] : ["", heading, line];
  }
}

/** The same for programs: every attempt. */
export const attemptJson = ({ event, attempt, verdict, status, tookMs }: ListenAttempt): object => ({
  at: Date.now(),
  event: event.id,
  kind: event.kind,
  chat: event.chat,
  attempt,
  outcome: verdict.outcome,
  status,
  why: verdict.text,
  took_ms: Math.round(tookMs),
});
