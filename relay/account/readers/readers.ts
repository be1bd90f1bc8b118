// The event readers of the channel (EVT2 to EVT9): sockets that hibernate, each at its own pace, and single polls.
// Server-Sent Events and waiting polls end in the Worker, which holds such a socket.
import { CLOSE } from "../../../shared/close.ts";
import { eventId, parseEventId, type LoggedEvent } from "../../../shared/events.ts";
import { byteLength, isOver, parseJson } from "../../../shared/json.ts";
import {
  CONSUMER_KEEP_EVENTS,
  CONSUMER_KEEP_MS,
  CONSUMER_SEEN_MS,
  MAX_ATTACHMENT_BYTES,
  MAX_CONSUMERS,
  MAX_POLL_BYTES,
  MAX_READER_SOCKETS,
  MAX_REQUEST_BYTES,
  READER_FRAME_BYTES,
  READER_FRAME_EVENTS,
  READER_SILENT_MS,
} from "../../../shared/limits.ts";
import type { Refused } from "../../../shared/errors.ts";
import { readerFrame } from "../../../shared/reader-frames.ts";
import { err, ok, type Result } from "../../../shared/result.ts";
import { clonedBytes, readReaderAttachment, type ReaderAttachment } from "../sockets/attachment.ts";
import type { ChannelView } from "../channel/channel-view.ts";
import type { ChatIds } from "../chats/chat-ids.ts";
import type { LogPages } from "../log/log-pages.ts";
import type { AccountPorts, Socket, StoredGrant } from "../ports.ts";
import type { Retention } from "../log/retention.ts";
import type { Consumer, ConsumerStore } from "../store/consumers.ts";
import type { StateStore } from "../store/state.ts";
import type { EventFilter } from "./event-filter.ts";
import { readPlace, type Place } from "./place.ts";
import { ReaderSession } from "./reader-session.ts";
import { Reading } from "./reading.ts";

/** What a reader asks for, as it came over its door. */
export interface ReaderWish extends EventFilter {
  readonly consumer: string | null;
  readonly after: string | null;
  readonly fallback: "tail" | "beginning";
  /** The Worker holds the socket, for a stream or a poll of somebody else's. */
  readonly is_held: boolean;
}

/** Of a reader's filter in its socket's memory; the rest of the attachment needs less than what is left. */
const MAX_FILTER_BYTES = MAX_ATTACHMENT_BYTES - 2_000;

export interface EventPage {
  readonly events: readonly LoggedEvent[];
  /** The place after everything that was looked at. */
  readonly next: string;
  readonly more: boolean;
}

export class Readers {
  readonly #ports: AccountPorts;
  readonly #state: StateStore;
  readonly #retention: Pick<Retention, "first">;
  readonly #consumers: ConsumerStore;
  readonly #reading: Reading;
  readonly #sessions = new Map<string, ReaderSession>();
  /** Readers that go on in another turn. */
  readonly #later = new Set<string>();

  constructor(
    ports: AccountPorts,
    state: StateStore,
    pages: LogPages,
    view: ChannelView,
    retention: Pick<Retention, "first">,
    consumers: ConsumerStore,
    chatIds: ChatIds,
  ) {
    this.#ports = ports;
    this.#state = state;
    this.#retention = retention;
    this.#consumers = consumers;
    this.#reading = new Reading(ports.clock, state, pages, view, retention, chatIds);
    for (const socket of ports.sockets("reader")) this.#restore(socket);
  }

  get count(): number {
    return this.#sessions.size;
  }

  /** Where there is none, those that were not heard of for a while make some. The Worker's own never go silent. */
  hasRoom(): boolean {
    if (this.#sessions.size < MAX_READER_SOCKETS) return true;
    const since = this.#ports.clock.now() - READER_SILENT_MS;
    for (const session of this.#sessions.values()) {
      if (!session.at.is_held && session.heardAt < since)
        this.#end(session, CLOSE.heartbeat_lost, "nothing was heard of this reader");
    }
    return this.#sessions.size < MAX_READER_SOCKETS;
  }

  /** Where each named reader is. */
  places(): { readonly name: string; readonly seq: number }[] {
    return this.#consumers.list().map((known) => ({ name: known.name, seq: this.#placeOf(known) }));
  }

  /** The place a reader would begin at; refused before the upgrade where it cannot. */
  place(wish: ReaderWish): Result<Place, Refused> {
    return this.#place(wish, this.#known(wish));
  }

  #known({ consumer }: ReaderWish): Consumer | undefined {
    return consumer === null ? undefined : this.#consumers.find(consumer);
  }

  #place(wish: ReaderWish, known: Consumer | undefined): Result<Place, Refused> {
    const { consumer, after, fallback, kinds, chats } = wish;
    if (clonedBytes(JSON.stringify([kinds, chats])) > MAX_FILTER_BYTES)
      return err({ code: "invalid_request", detail: "kinds and chats are too long together" });
    if (consumer !== null && known === undefined && this.#consumers.count() >= MAX_CONSUMERS) {
      return err({ code: "too_large", detail: `at most ${MAX_CONSUMERS} consumers an account` });
    }
    if (after === null && known !== undefined && known.lost === null)
      return ok({ seq: this.#placeOf(known), lost: null });
    const place = readPlace(
      after ?? known?.lost ?? null,
      fallback,
      this.#retention.first(),
      this.#state.current,
    );
    return place.ok ? place : err({ code: "invalid_request", detail: place.error });
  }

  opened(socket: Socket, grant: StoredGrant, wish: ReaderWish, place: Place): void {
    const { consumer, kinds, chats } = wish;
    if (consumer !== null) this.#replace(consumer);
    const now = this.#ports.clock.now();
    const attachment: ReaderAttachment = {
      role: "reader",
      id: this.#ports.random(),
      key: grant.key,
      consumer,
      kinds,
      chats,
      expires_at: grant.expires_at,
      opened_at: now,
      is_held: wish.is_held,
      sent: place.seq,
      shown: place.seq,
      acked: place.seq,
      unacked: { items: 0, bytes: 0 },
      kept: { cursor: place.seq, at: now },
    };
    socket.attach(attachment);
    const session = new ReaderSession(socket, attachment);
    this.#sessions.set(attachment.id, session);
    // A loss that is about to be said is said again, should this socket not live to say it.
    const isWhole = place.lost === null && place.seq + 1 >= this.#retention.first();
    if (consumer !== null && isWhole)
      this.#state.transact(() => this.#consumers.keep(consumer, place.seq, now));
    session.send(JSON.stringify({ t: "ready", after: place.lost ?? this.#id(place.seq), consumer }));
    this.#run(session, place);
  }

  receive(socket: Socket, text: string | undefined): void {
    const session = this.#session(socket);
    if (session === undefined) return socket.close(CLOSE.protocol_violation, "unknown socket");
    if (session.isExpired(this.#ports.clock.now()))
      return this.#end(session, CLOSE.unauthenticated, "the key has expired");
    const json = text === undefined || isOver(text, MAX_REQUEST_BYTES) ? undefined : parseJson(text);
    const ack = readerFrame.safeParse(json?.ok === true ? json.value : undefined);
    const id = ack.success ? parseEventId(ack.data.id) : undefined;
    if (id === undefined || id.log !== this.#state.current.log)
      return this.#end(session, CLOSE.protocol_violation, "only {t: ack, id} may come");
    session.acknowledge(id.seq);
    this.#keep(session, false);
    return this.#run(session);
  }

  closed(socket: Socket): void {
    const session = this.#session(socket);
    if (session === undefined) return;
    this.#keep(session, true);
    this.#sessions.delete(session.at.id);
  }

  /** Everybody gets what fits. */
  runAll(): void {
    const now = this.#ports.clock.now();
    for (const session of this.#sessions.values()) {
      // Of an expired one not even the place is written: that may fail, and the others go on.
      if (session.isExpired(now)) this.#drop(session, CLOSE.unauthenticated, "the key has expired");
      else this.#run(session);
    }
  }

  /** One page at once (EVT5). An `after` that is given is the consumer's new place. */
  poll(wish: ReaderWish, limit: number, key: string): Result<EventPage, Refused> {
    const known = this.#known(wish);
    const place = this.#place(wish, known);
    if (!place.ok) return place;
    const { seq: cursor } = place.value;
    const { consumer, after } = wish;
    const now = this.#ports.clock.now();
    const isNews = known?.cursor !== cursor || now - known.seen_at >= CONSUMER_SEEN_MS;
    if (consumer !== null && (known === undefined || (after !== null && isNews)))
      this.#state.transact(() => this.#consumers.keep(consumer, cursor, now));
    const events: LoggedEvent[] = [];
    let bytes = 0;
    const { seq } = this.#reading.take(place.value, { ...wish, key }, (event) => {
      events.push(event);
      bytes += byteLength(JSON.stringify(event));
      return events.length < limit && bytes < MAX_POLL_BYTES;
    });
    return ok({ events, next: this.#id(seq), more: seq < this.#state.current.last_seq });
  }

  consumers(): (Omit<Consumer, "cursor" | "lost"> & {
    cursor: string;
    behind: number;
    connected: boolean;
  })[] {
    const { last_seq } = this.#state.current;
    const connected = new Map([...this.#sessions.values()].map((session) => [session.at.consumer, session]));
    return this.#consumers.list().map(({ name, cursor: kept, created_at, seen_at }) => {
      const session = connected.get(name);
      const at = session?.place ?? kept;
      const behind = last_seq - at;
      return { name, cursor: this.#id(at), behind, connected: session !== undefined, created_at, seen_at };
    });
  }

  removeConsumer(name: string): Result<{ name: string }, Refused> {
    if (this.#consumers.find(name) === undefined) return err({ code: "not_found" });
    for (const session of this.#sessions.values()) {
      if (session.at.consumer !== name) continue;
      this.#drop(session, CLOSE.replaced, "this consumer was removed");
    }
    this.#state.transact(() => this.#consumers.remove(name));
    return ok({ name });
  }

  /** A key's sockets close (ID4), or everybody's (null). */
  shutOut(key: string | null, code: number, why: string): void {
    for (const session of this.#sessions.values())
      if (key === null || session.at.key === key) this.#end(session, code, why);
  }

  /** One that fails ends; the others go on. */
  #run(session: ReaderSession, from?: Place): void {
    try {
      this.#send(session, from ?? { seq: session.at.sent, lost: null });
    } catch (error) {
      const why = error instanceof Error ? error.name : "unknown";
      this.#ports.warn("a reader failed", { why });
      // Its place stays where it was written last: what failed may be the writing.
      this.#drop(session, CLOSE.not_stored, "the relay failed; try again");
    }
  }

  #send(session: ReaderSession, from: Place): void {
    let place = from;
    while (session.hasRoom()) {
      const frame: string[] = [];
      let bytes = 0;
      const { seq, isEnough } = this.#reading.take(place, session.at, (event, at) => {
        const text = JSON.stringify(event);
        const size = byteLength(text);
        frame.push(text);
        bytes += size;
        session.count(at, size);
        return session.hasRoom() && frame.length < READER_FRAME_EVENTS && bytes < READER_FRAME_BYTES;
      });
      if (frame.length > 0) session.send(`{"t":"events","events":[${frame.join(",")}]}`);
      if (seq === place.seq && frame.length === 0) return;
      session.advance(seq);
      if (isEnough) return this.#goOn(session);
      place = { seq, lost: null };
    }
  }

  /** Others have their turn first. */
  #goOn(session: ReaderSession): void {
    if (this.#later.has(session.at.id)) return;
    this.#later.add(session.at.id);
    this.#ports.clock.after(0, () => {
      this.#later.delete(session.at.id);
      if (this.#sessions.get(session.at.id) === session) this.#run(session);
    });
  }

  /** EVT8: written now and then, and when the socket ends. */
  #keep(session: ReaderSession, isLast: boolean): void {
    const { consumer, kept } = session.at;
    if (consumer === null) return;
    const now = this.#ports.clock.now();
    const { place } = session;
    const isDue = place - kept.cursor >= CONSUMER_KEEP_EVENTS || now - kept.at >= CONSUMER_KEEP_MS;
    const isSeenOnly = place === kept.cursor;
    if (isSeenOnly ? !(isLast && now - kept.at >= CONSUMER_SEEN_MS) : !(isLast || isDue)) return;
    this.#state.transact(() => this.#consumers.keep(consumer, place, now));
    if (!isLast) session.kept(place, now);
  }

  #replace(consumer: string): void {
    for (const session of this.#sessions.values()) {
      if (session.at.consumer !== consumer) continue;
      this.#end(session, CLOSE.replaced, "a newer connection of the same consumer");
    }
  }

  /** An open socket's place is ahead of what was written of it. */
  #placeOf({ name, cursor }: Consumer): number {
    const sessions = [...this.#sessions.values()];
    return sessions.find(({ at }) => at.consumer === name)?.place ?? cursor;
  }

  #session(socket: Socket): ReaderSession | undefined {
    const attachment = readReaderAttachment(socket.attachment);
    return attachment === undefined
      ? undefined
      : (this.#sessions.get(attachment.id) ?? this.#restore(socket));
  }

  #restore(socket: Socket): ReaderSession | undefined {
    const attachment = readReaderAttachment(socket.attachment);
    if (attachment === undefined) return undefined;
    const session = new ReaderSession(socket, attachment);
    this.#sessions.set(attachment.id, session);
    return session;
  }

  #end(session: ReaderSession, code: number, reason: string): void {
    this.#keep(session, true);
    this.#drop(session, code, reason);
  }

  #drop(session: ReaderSession, code: number, reason: string): void {
    this.#sessions.delete(session.at.id);
    session.close(code, reason);
  }

  #id(seq: number): string {
    return eventId(this.#state.current.log, seq);
  }
}
