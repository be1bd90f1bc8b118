import * as z from "zod";
import type { Channel } from "../../shared/channel.ts";
import type { Clock } from "../../shared/clock.ts";
import { parseEventId } from "../../shared/events.ts";
import { parseJson } from "../../shared/json.ts";
import type { LinkTimes } from "../../shared/limits.ts";
import { MAX_WAITING_EVENTS, READER_CLOSE_MS } from "../limits.ts";
import { ClientError } from "./client-error.ts";
import { EventAcks } from "./events-acks.ts";
import { EventPlace } from "./events-place.ts";
import { fatalEnd } from "./events-refusals.ts";
import { readEvent, type ChannelEvent } from "./events-schema.ts";
import { Link, type LinkState } from "./link.ts";
import type { SocketHandlers } from "./socket.ts";

interface ReaderParts {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /** One attempt; `after` = where to start, undefined = where the consumer's name says. */
  readonly dial: (after: string | undefined, handlers: SocketHandlers) => Channel;
  readonly after: string | undefined;
  readonly consumer: string | undefined;
  readonly onState?: ((state: LinkState) => void) | undefined;
  readonly times?: LinkTimes | undefined;
}

const readySchema = z.looseObject({ t: z.literal("ready"), after: z.string() });
const eventsSchema = z.looseObject({ t: z.literal("events"), events: z.array(z.unknown()) });

/** An event and the number of the socket it came by: on no other may it be acknowledged. */
interface Waiting {
  readonly event: ChannelEvent;
  readonly socket: number;
}

type Next = IteratorResult<ChannelEvent, undefined>;
const DONE: Next = { done: true, value: undefined };

/** A loop that waits for the next event. */
interface Waiter {
  readonly resolve: (next: Next) => void;
  readonly reject: (error: Error) => void;
}

/**
 * The events of one account, one at a time: `for await (const event of reader)`. An event is taken when the loop asks
 * for the next one; only then is it acknowledged, so a slow loop holds the rest back at the relay, and what was in
 * hand when the loop was left comes again. Lost connections are mended without a word, from the last event taken.
 */
export class EventReader implements AsyncIterable<ChannelEvent> {
  readonly #parts: ReaderParts;
  readonly #link: Link;
  readonly #acks: EventAcks;
  readonly #place = new EventPlace();
  #waiting: Waiting[] = [];
  #inHand: Waiting | undefined;
  #waiter: Waiter | undefined;
  #socket = 0;
  #isStarted = false;
  #isClosed = false;
  /** The relay said `ready`: a consumer of that name has its place there. */
  #wasReady = false;
  #failure: ClientError | undefined;
  #stopPatience: (() => void) | undefined;

  constructor(parts: ReaderParts) {
    this.#parts = parts;
    const { clock, random, times } = parts;
    this.#acks = new EventAcks(clock, (id) => this.#link.send(JSON.stringify({ t: "ack", id })));
    this.#link = new Link({
      clock,
      random,
      dial: (handlers) => this.#dial(handlers),
      ...(times === undefined ? {} : { times }),
      handlers: {
        onOpen: () => {
          this.#socket += 1;
        },
        onText: (text) => this.#receive(text),
        onLost: () => this.#lost(),
        onState: (state) => this.#changed(state),
      },
    });
  }

  get state(): LinkState {
    return this.#link.state;
  }

  /** The last event taken, or the one it was told to begin after: the `after` of a later reader. */
  get lastId(): string | undefined {
    const { after } = this.#parts;
    const isId = after !== undefined && parseEventId(after) !== undefined;
    return this.#place.resume ?? (isId ? after : undefined);
  }

  /** Takes every event by `handle`, in order; an event counts as taken when its promise resolves. */
  async each(handle: (event: ChannelEvent) => Promise<void> | void): Promise<void> {
    for await (const event of this) await handle(event);
  }

  /** Ends the loop before its next event. The one in hand is still taken if the loop comes back within 5 s. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#inHand === undefined) this.#end();
    else this.#stopPatience = this.#parts.clock.after(READER_CLOSE_MS, () => this.#end());
  }

  [Symbol.asyncIterator](): AsyncIterator<ChannelEvent, undefined> {
    return {
      next: () => this.#next(),
      return: () => {
        this.#isClosed = true;
        this.#inHand = undefined;
        this.#end();
        return Promise.resolve(DONE);
      },
    };
  }

  async #next(): Promise<Next> {
    if (this.#waiter !== undefined) throw new Error("the last event asked for has not come yet");
    this.#took();
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#isClosed) {
      this.#end();
      return DONE;
    }
    this.#start();
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
      this.#give();
    });
  }

  #start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#link.start();
  }

  #dial(handlers: SocketHandlers): Channel {
    const { dial, after, consumer } = this.#parts;
    // A named consumer's place is the relay's to know; `after` was only where it began.
    const isKnown = consumer !== undefined && this.#wasReady;
    return dial(isKnown ? undefined : (this.#place.resume ?? after), {
      ...handlers,
      onEnd: (end) => {
        const failure = fatalEnd(end);
        if (failure === undefined) handlers.onEnd(end);
        else {
          // This socket hears nothing any more.
          this.#acks.forget();
          this.#fail(failure);
        }
      },
    });
  }

  /** What the loop held is done with. */
  #took(): void {
    const held = this.#inHand;
    this.#inHand = undefined;
    if (held !== undefined) this.#count(held);
  }

  #count({ event, socket }: Waiting): void {
    this.#place.take(event.id);
    // An older socket's event is shown again on this one, and acknowledged there.
    if (socket === this.#socket && this.#link.state.kind === "open")
      this.#acks.taken(event.id, this.#waiting.length === 0);
  }

  /** Hands the next event to a loop that waits for one, passing over repeats (EVT2). */
  #give(): void {
    while (this.#waiter !== undefined) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      if (this.#place.wasTaken(next.event.id)) {
        this.#count(next);
        continue;
      }
      this.#inHand = next;
      this.#wake((waiter) => waiter.resolve({ done: false, value: next.event }));
    }
  }

  #receive(text: string): void {
    const json = parseJson(text);
    const frame = json.ok ? json.value : undefined;
    const ready = readySchema.safeParse(frame);
    if (ready.success) {
      this.#ready(ready.data.after);
      return;
    }
    const shown = eventsSchema.safeParse(frame);
    // Frames of a later kind are not for this client.
    if (!shown.success) return;
    for (const value of shown.data.events) {
      const event = readEvent(value);
      if (event === undefined) {
        this.#fail(
          new ClientError({
            code: "unsupported",
            detail: "The relay sent events that this program cannot read; update it.",
            status: null,
            requestId: null,
          }),
        );
        return;
      }
      this.#waiting.push({ event, socket: this.#socket });
    }
    if (this.#waiting.length > MAX_WAITING_EVENTS) this.#link.drop("more events than may be unacknowledged");
    else this.#give();
  }

  #ready(after: string): void {
    this.#wasReady = true;
    const { after: asked, consumer } = this.#parts;
    if (consumer === undefined && (asked === undefined || asked === "tail")) this.#place.anchor(after);
  }

  #lost(): void {
    this.#acks.forget();
    // The relay shows again whatever was not taken.
    this.#waiting = [];
  }

  #changed(state: LinkState): void {
    this.#parts.onState?.(state);
  }

  #fail(failure: ClientError): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#failure = failure;
    this.#end();
  }

  /** The last word to the relay, and to a loop that waits. */
  #end(): void {
    this.#stopPatience?.();
    if (this.#isStarted && this.#link.state.kind !== "closed") {
      this.#acks.flush();
      this.#link.close();
    }
    this.#waiting = [];
    this.#wake((waiter) => {
      if (this.#failure === undefined) waiter.resolve(DONE);
      else waiter.reject(this.#failure);
    });
  }

  #wake(run: (waiter: Waiter) => void): void {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    if (waiter !== undefined) run(waiter);
  }
}
