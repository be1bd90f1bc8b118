// The relay's own modules of deliveries, put together as the account does, over a log that shows everything.
import type { Clock } from "../../shared/clock.ts";
import { eventId, type LoggedEvent } from "../../shared/events.ts";
import type { ChannelView } from "../../relay/account/channel/channel-view.ts";
import type { Appended } from "../../relay/account/log/event-log.ts";
import { LogPages } from "../../relay/account/log/log-pages.ts";
import type { Storage } from "../../relay/account/ports.ts";
import { Schedule } from "../../relay/account/schedule.ts";
import { EventStore } from "../../relay/account/store/events.ts";
import { StateStore } from "../../relay/account/store/state.ts";
import type { PostEnd } from "../../relay/account/webhooks/attempt.ts";
import type { Breaker } from "../../relay/account/webhooks/breaker-port.ts";
import { Deliveries } from "../../relay/account/webhooks/deliveries.ts";
import type { Endpoint } from "../../relay/account/webhooks/endpoint.ts";
import { laneLog } from "../../relay/account/webhooks/lane-log.ts";
import type { Job } from "../../relay/account/webhooks/lane.ts";
import { Lanes } from "../../relay/account/webhooks/lanes.ts";
import { Redelivery } from "../../relay/account/webhooks/redelivery.ts";
import { Settling } from "../../relay/account/webhooks/settling.ts";
import { WebhookStore } from "../../relay/account/webhooks/webhook-store.ts";

interface HookPorts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly setAlarm: (at: number | null) => void;
  readonly breaker: Breaker;
  readonly attempt: (endpoint: Endpoint, job: Job) => Promise<PostEnd>;
}

export type HookCore = ReturnType<typeof hookCore>;

export function hookCore(
  storage: Storage,
  account: string,
  { clock, random, setAlarm, breaker, attempt }: HookPorts,
) {
  const state = StateStore.load(storage);
  const events = new EventStore(storage.sql);
  const pages = new LogPages(state, events);
  const schedule = new Schedule({ storage, clock, setAlarm });
  const retention = { first: () => events.first()?.seq ?? state.current.last_seq + 1 };
  const show = ({ record }: Appended): LoggedEvent => {
    const { seq, kind, logged_at, chat } = record;
    const marks = { database: 0, rowid: seq, delayed: false, backfilled: false, data: {} };
    return { id: eventId("log1", seq), kind, account, logged_at, chat, ...marks };
  };
  const view = { show } as unknown as ChannelView;
  const ports = { clock, warn: () => undefined };
  const store = new WebhookStore(storage.sql);
  const settling = new Settling(store, random);
  const lanes = new Lanes(state, store, (endpoint) =>
    laneLog({ state, events, pages, view, retention, now: () => clock.now() }, () => ({
      kinds: endpoint().kinds,
      chats: null,
    })),
  );
  const deliveries = new Deliveries({ ports, state, store, lanes, settling, schedule, breaker, attempt });
  const redelivery = new Redelivery({
    ports,
    state,
    events,
    store,
    lanes,
    settling,
    first: () => retention.first(),
    run: () => deliveries.run(),
  });
  return { state, deliveries, redelivery, pages, events, schedule };
}
