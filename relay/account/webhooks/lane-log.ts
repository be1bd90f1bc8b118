// The log as one endpoint is to see it: what its kinds choose and the access policy shows.
import type { LoggedEvent } from "../../../shared/events.ts";
import type { ChannelView } from "../channel/channel-view.ts";
import type { Appended } from "../log/event-log.ts";
import { readRecord, type LogPages } from "../log/log-pages.ts";
import type { Retention } from "../log/retention.ts";
import { passes, type EventFilter } from "../readers/event-filter.ts";
import { gapAfter } from "../readers/place.ts";
import type { EventStore } from "../store/events.ts";
import type { StateStore } from "../store/state.ts";
import type { Ahead, LaneLog } from "./lane.ts";

/** Events looked at beyond the cursor: more of them than that wait for the first. */
const LOOK_AHEAD = 200;
/** Events of a parked chat are looked at so many at a time: mostly the first one is it. */
const PAGE = 20;

interface LogParts {
  readonly state: StateStore;
  readonly events: EventStore;
  readonly pages: LogPages;
  readonly view: ChannelView;
  readonly retention: Pick<Retention, "first">;
  readonly now: () => number;
}

export function laneLog(parts: LogParts, filter: () => EventFilter): LaneLog {
  const { state, events, pages, view, retention, now } = parts;
  /** What was read last, since most of it is asked for again at once. */
  let read = new Map<number, Ahead>();
  const see = (appended: Appended): Ahead => {
    const { seq, chat } = appended.record;
    const known = read.get(seq);
    if (known !== undefined) return known;
    const event = passes(appended.record, filter()) ? view.show(appended) : undefined;
    return { seq, chat: chat ?? "", event };
  };
  const gapFrom = (seq: number): LoggedEvent | undefined =>
    gapAfter({ seq, lost: null }, retention.first(), state.current, now());
  const at: LaneLog["at"] = (seq) => {
    const record = events.at(seq);
    // What the log has no more is said to be lost (EVT4), and not passed over.
    const event = record === undefined ? gapFrom(seq - 1) : see(readRecord(record)).event;
    if (event === undefined) return undefined;
    return record === undefined ? { event, until: retention.first() - 1 } : { event };
  };
  return {
    forget: () => read.clear(),
    after: (seq) => {
      const gap = gapFrom(seq);
      const from = gap === undefined ? seq : retention.first() - 1;
      const page = pages.after(from).slice(0, LOOK_AHEAD).map(see);
      read = new Map(page.map((ahead) => [ahead.seq, ahead]));
      return gap === undefined ? page : [{ seq: seq + 1, until: from, chat: "", event: gap }, ...page];
    },
    at,
    nextOf: (chat, seq, until) => {
      // Lost since its chat was parked: some of it may have been of that chat.
      if (seq < until && gapFrom(seq) !== undefined) return seq + 1;
      for (let from = seq; from < until;) {
        const page = events.ofChat(chat === "" ? null : chat, from, until, PAGE);
        const found = page.find((record) => see(readRecord(record)).event !== undefined);
        if (found !== undefined) return found.seq;
        from = page.length < PAGE ? until : (page.at(-1)?.seq ?? until);
      }
      return undefined;
    },
  };
}
