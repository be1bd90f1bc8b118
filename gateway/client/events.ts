import type { Clock } from "../../shared/clock.ts";
import type { LinkTimes } from "../../shared/limits.ts";
import { dialFor, type Access } from "./platform-dial.ts";
import { eventsPath, type EventsWish } from "./events-query.ts";
import { EventReader } from "./events-reader.ts";
import type { LinkState } from "./link.ts";
import type { Dial } from "./socket.ts";
import { systemClock } from "./system-clock.ts";

/** What a reader of events speaks (EVT7). */
const EVENTS_PROTOCOL = "imsg-relay.events.v1";

export type ReadEventsOptions = Access &
  EventsWish & {
    /** Origin of the relay. */
    readonly relay: string;
    readonly account: string;
    /** How this platform opens a WebSocket; in Node with a key, `gateway/node/ws-dial.ts`. */
    readonly dial?: Dial;
    readonly clock?: Clock;
    readonly random?: () => number;
    /** Every change of the connection, for display; whatever can be mended mends itself. */
    readonly onState?: (state: LinkState) => void;
    readonly times?: LinkTimes;
  };

/**
 * A reader of an account's events over a WebSocket. It connects when the first event is asked for, and again after
 * every loss; what a human must mend ends the loop with a ClientError.
 */
export function readEvents(options: ReadEventsOptions): EventReader {
  const { relay, account, after, consumer, kinds, chats, onState, times } = options;
  const { key, dial } = dialFor(options, options.dial);
  return new EventReader({
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    after,
    consumer,
    onState,
    times,
    dial: (from, handlers) => {
      const path = eventsPath(account, { after: from, consumer, kinds, chats });
      return dial({ url: new URL(path, relay).href, protocol: EVENTS_PROTOCOL, key }, handlers);
    },
  });
}
