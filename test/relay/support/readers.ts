// Readers of the channel's events: the WebSocket, and the event stream as a browser would read it.
import { createParser, type EventSourceMessage } from "eventsource-parser";
import type { Bot, Shown } from "./channel.ts";
import { bearer } from "./gateway.ts";
import { ORIGIN, worker, type Json } from "./http.ts";
import { inside } from "./object.ts";
import { open, patience, type Sock } from "./socket.ts";

export const EVENTS_V1 = "imsg-relay.events.v1";

const doorOf = ({ account }: Bot, query: string): string => `/v1/accounts/${account.account}/events?${query}`;

/** EVT7. */
export class Reader {
  readonly sock: Sock;
  readonly ready: Json;
  #held: Shown[] = [];

  private constructor(sock: Sock, ready: Json) {
    this.sock = sock;
    this.ready = ready;
  }

  static async open(of: Bot, query = "after=beginning"): Promise<Reader> {
    const sock = await open(doorOf(of, query), bearer(of.key.credential));
    const ready = await sock.next();
    if (ready["t"] !== "ready") throw new Error(`not ready, but ${JSON.stringify(ready)}`);
    return new Reader(sock, ready);
  }

  /** The next frame's events, none of which was taken yet. */
  async frame(): Promise<readonly Shown[]> {
    const { t, events } = await this.sock.next();
    if (t !== "events") throw new Error(`no events, but ${String(t)}`);
    return events as Shown[];
  }

  async next(): Promise<Shown> {
    for (;;) {
      const event = this.#held.shift();
      if (event !== undefined) return event;
      this.#held.push(...(await this.frame()));
    }
  }

  async take(count: number): Promise<Shown[]> {
    const events: Shown[] = [];
    while (events.length < count) events.push(await this.next());
    return events;
  }

  /** Everything up to the message with that guid, which is included. */
  async until(guid: string): Promise<Shown[]> {
    for (const events: Shown[] = []; ;) {
      const event = await this.next();
      events.push(event);
      if (event.data.message?.["guid"] === guid) return events;
    }
  }

  async ack(id: string | undefined): Promise<void> {
    this.sock.send({ t: "ack", id });
    await this.sock.handled();
  }

  /** Events that came and nobody took. */
  get waiting(): number {
    const frames = this.sock.pending.map((text) => JSON.parse(text) as { events?: unknown[] });
    return frames.reduce((sum, { events }) => sum + (events?.length ?? 0), this.#held.length);
  }
}

/** EVT6. */
export class Stream {
  readonly response: Response;
  readonly comments: string[] = [];
  retry: number | undefined;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #abort: AbortController;
  readonly #events: EventSourceMessage[] = [];
  readonly #parser = createParser({
    onEvent: (event) => this.#events.push(event),
    onComment: (comment) => this.comments.push(comment),
    onRetry: (ms) => void (this.retry = ms),
  });

  private constructor(response: Response, body: ReadableStream<Uint8Array>, abort: AbortController) {
    this.response = response;
    this.#reader = body.getReader();
    this.#abort = abort;
  }

  static async fetch(of: Bot, query: string, headers: Record<string, string> = {}): Promise<Response> {
    return worker.fetch(`${ORIGIN}${doorOf(of, query)}`, {
      headers: { accept: "text/event-stream", ...bearer(of.key.credential), ...headers },
    });
  }

  static async open(
    of: Bot,
    query = "after=beginning",
    headers: Record<string, string> = {},
  ): Promise<Stream> {
    const abort = new AbortController();
    const response = await worker.fetch(`${ORIGIN}${doorOf(of, query)}`, {
      headers: { accept: "text/event-stream", ...bearer(of.key.credential), ...headers },
      signal: abort.signal,
    });
    if (response.status !== 200 || response.body === null)
      throw new Error(`refused with ${response.status}: ${await response.text()}`);
    return new Stream(response, response.body, abort);
  }

  /** Undefined = the stream ended. */
  async next(): Promise<EventSourceMessage | undefined> {
    for (;;) {
      const event = this.#events.shift();
      if (event !== undefined) return event;
      if (!(await this.#read())) return undefined;
    }
  }

  async take(count: number): Promise<EventSourceMessage[]> {
    const events: EventSourceMessage[] = [];
    while (events.length < count) {
      const event = await this.next();
      if (event === undefined) throw new Error(`the stream ended after ${events.length}`);
      events.push(event);
    }
    return events;
  }

  async comment(): Promise<void> {
    while (this.comments.length === 0) if (!(await this.#read())) throw new Error("the stream ended");
  }

  close(): void {
    this.#abort.abort();
  }

  async #read(): Promise<boolean> {
    const late = patience(8_000).then((): never => {
      throw new Error("nothing came");
    });
    const { done, value } = await Promise.race([this.#reader.read(), late]);
    if (value !== undefined) this.#parser.feed(new TextDecoder().decode(value));
    return !done;
  }
}

/** An event of the stream, as the other readers have it. */
export const dataOf = ({ data }: EventSourceMessage): Shown => JSON.parse(data) as Shown;

/** A consumer's place as it is written. */
export const kept = (bot: Bot, name = "c"): Promise<number> =>
  inside(bot.account, (_, { storage }) =>
    Number(storage.sql.exec("SELECT cursor FROM consumer WHERE name = ?", name).toArray()[0]?.["cursor"]),
  );
