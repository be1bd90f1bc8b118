// Where a subscription starts in the log (RPC9, RPC10, RPC12), and its end.
import type { Clock } from "../../../shared/clock.ts";
import { eventId } from "../../../shared/events.ts";
import { chatKey, subscribedSchema } from "../../../shared/imsg.ts";
import { refusal, RPC, rpcError, type Answer } from "../../../shared/jsonrpc.ts";
import { MAX_SUBSCRIPTIONS } from "../../../shared/limits.ts";
import { assertNever } from "../../../shared/result.ts";
import {
  readSubscribe,
  type Filter,
  type Start,
  type SubscribeRequest,
} from "../../../shared/subscription.ts";
import type { Subscription } from "../sockets/attachment.ts";
import type { ChatList } from "../chats/chat-list.ts";
import type { EventLog } from "../log/event-log.ts";
import type { GatewaySession } from "./gateway-session.ts";
import type { Retention } from "../log/retention.ts";
import type { EventStore } from "../store/events.ts";
import type { StateStore } from "../store/state.ts";

type Position = Pick<Subscription, "sent" | "prelude">;

/** How long after a replaced database a gateway may come back with a row id of the old one. */
const RESET_DOUBT_MS = 24 * 60 * 60 * 1000;

export class Subscriptions {
  readonly #clock: Clock;
  readonly #state: StateStore;
  readonly #store: EventStore;
  readonly #log: EventLog;
  readonly #chats: ChatList;
  readonly #retention: Pick<Retention, "first">;

  constructor(
    clock: Clock,
    state: StateStore,
    store: EventStore,
    log: EventLog,
    chats: ChatList,
    retention: Pick<Retention, "first">,
  ) {
    this.#clock = clock;
    this.#state = state;
    this.#store = store;
    this.#log = log;
    this.#chats = chats;
    this.#retention = retention;
  }

  add(session: GatewaySession, params: unknown): Answer {
    const request = readSubscribe(params);
    if (!request.ok) return rpcError(RPC.invalid_params, "Invalid params", request.error);
    if (session.subscriptions.length >= MAX_SUBSCRIPTIONS) {
      return refusal("too_large", { detail: `at most ${MAX_SUBSCRIPTIONS} subscriptions a socket` });
    }
    const position = this.#position(request.value.start);
    const n = session.subscribe({ filter: this.#filter(request.value), ...position });
    if (n === undefined)
      return refusal("too_large", { detail: "the filters of this socket's subscriptions are too long" });
    // Where it starts: a client that loses the socket before the first message goes on from there.
    const relay = { id: eventId(this.#state.current.log, position.sent) };
    return { result: session.v1 ? { subscription: n, relay } : { subscription: n } };
  }

  /** As imsg: closing one that is not there is fine. */
  remove(session: GatewaySession, params: unknown): Answer {
    const parsed = subscribedSchema.safeParse(params);
    if (!parsed.success) return rpcError(RPC.invalid_params, "Invalid params", "subscription is required");
    session.unsubscribe(parsed.data.subscription);
    return { result: { ok: true } };
  }

  #filter({ chatId, filter }: SubscribeRequest): Filter {
    const { database } = this.#state.current;
    if (chatId === null) return { ...filter, chat: null };
    const guid = this.#chats.guidOf(chatId, database);
    return { ...filter, chat: { id: chatId, database, key: guid === undefined ? null : chatKey(guid) } };
  }

  #position(start: Start): Position {
    const { last_seq, log } = this.#state.current;
    switch (start.kind) {
      case "tail":
        return { sent: last_seq, prelude: null };
      case "event":
        // A foreign log's cursor means nothing here: everything this log has, rather than a silent gap.
        return { sent: start.log === log ? Math.min(start.seq, last_seq) : 0, prelude: null };
      case "beginning":
        return this.#fromRow(-1);
      case "rowid":
        return this.#fromRow(start.rowid);
      default:
        return assertNever(start);
    }
  }

  #fromRow(rowid: number): Position {
    const { database, last_seq, resets } = this.#state.current;
    const newest = this.#log.span(database);
    if (newest === undefined) return { sent: last_seq, prelude: null };
    if (rowid < 0) return { sent: this.#retention.first() - 1, prelude: this.#prelude(rowid, newest) };
    const sent = this.#store.seqOfRow(newest, rowid);
    const before = this.#log.span(database - 1);
    const earlier = before === undefined ? undefined : this.#placeIn(before, rowid);
    const reset = resets.at(-1);
    if (sent !== undefined) {
      // Shortly after a reset nobody can know which database's number this is: the earlier place repeats some,
      // and loses none.
      const isRecent = reset !== undefined && this.#clock.now() - reset.at < RESET_DOUBT_MS;
      if (isRecent && earlier !== undefined) return { sent: Math.min(sent, earlier), prelude: null };
      return { sent, prelude: this.#prelude(rowid, newest) };
    }
    if (earlier !== undefined) return { sent: earlier, prelude: null };
    if (reset !== undefined) return { sent: reset.seq, prelude: null };
    // Nothing of this database is logged yet: what the Mac has after that row is older than the log.
    return {
      sent: last_seq,
      prelude: this.#store.firstRow(newest) === null ? this.#prelude(rowid, newest) : null,
    };
  }

  /** Of a database of which nothing was logged, the reader may have any row: the Mac gave it those. */
  #placeIn(span: { from: number; to: number }, rowid: number): number | undefined {
    return this.#store.firstRow(span) === null ? span.to : this.#store.seqOfRow(span, rowid);
  }

  /** Rows between the asked one and the first logged one are the Mac's to give. */
  #prelude(rowid: number, span: { from: number; to: number }): Subscription["prelude"] {
    const { database, resume } = this.#state.current;
    const first = this.#store.firstRow(span);
    const below = first ?? (resume === null ? null : resume + 1);
    const after = Math.max(0, rowid);
    if (below !== null && after + 1 >= below) return null;
    return { after, below, database };
  }
}
