// What a reader is handed of the log: what passes its filter, as the channel shows it, and the gap before it.
import type { Clock } from "../../../shared/clock.ts";
import type { LoggedEvent } from "../../../shared/events.ts";
import { MAX_LOOKED_AT } from "../../../shared/limits.ts";
import type { ChannelView } from "../channel/channel-view.ts";
import type { ChatIds } from "../chats/chat-ids.ts";
import type { Appended } from "../log/event-log.ts";
import type { LogPages } from "../log/log-pages.ts";
import type { Retention } from "../log/retention.ts";
import type { StateStore } from "../store/state.ts";
import { passes, type EventFilter } from "./event-filter.ts";
import { gapAfter, type Place } from "./place.ts";

/** Takes one event with its place; false = no more now. */
type Give = (event: LoggedEvent, seq: number) => boolean;

export class Reading {
  readonly #clock: Clock;
  readonly #state: StateStore;
  readonly #pages: LogPages;
  readonly #view: ChannelView;
  readonly #retention: Pick<Retention, "first">;
  readonly #chatIds: ChatIds;

  constructor(
    clock: Clock,
    state: StateStore,
    pages: LogPages,
    view: ChannelView,
    retention: Pick<Retention, "first">,
    chatIds: ChatIds,
  ) {
    this.#clock = clock;
    this.#state = state;
    this.#pages = pages;
    this.#view = view;
    this.#retention = retention;
    this.#chatIds = chatIds;
  }

  /**
   * Hands over what comes after `place` until it is told to stop, or has looked at enough for one turn; returns how far
   * the log was looked at.
   */
  take(place: Place, reader: EventFilter & { key: string }, give: Give): { seq: number; isEnough: boolean } {
    const { current } = this.#state;
    const gap = gapAfter(place, this.#retention.first(), current, this.#clock.now());
    let { seq } = place;
    if (gap !== undefined) {
      seq = this.#retention.first() - 1;
      if (!give(gap, seq)) return { seq, isEnough: false };
    }
    for (let lookedAt = 0; lookedAt < MAX_LOOKED_AT;) {
      const page = this.#pages.after(seq);
      if (page.length === 0) return { seq, isEnough: false };
      for (const appended of page) {
        ({ seq } = appended.record);
        lookedAt += 1;
        const event = passes(appended.record, reader) ? this.#view.show(appended) : undefined;
        if (event === undefined) continue;
        this.#tell(appended, reader.key);
        if (!give(event, seq)) return { seq, isEnough: false };
      }
    }
    return { seq, isEnough: true };
  }

  /** Whoever was shown a message knows what its chat's number means today (EVT13). */
  #tell({ projected }: Appended, key: string): void {
    if (projected === null) return;
    const { facts, chat, database } = projected;
    this.#chatIds.shown(facts.chat_id, chat ?? "", database, key);
  }
}
