// A relay's channel (docs/protocol.md §6b) over real HTTP and WebSockets: a log that the test writes, and all three
// ways to read it; everything else is answered as the test says.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { WebSocket } from "ws";
import { problem, type ErrorCode } from "../../../shared/errors.ts";
import { ACCOUNT, bodyOf, KEY, LocalRelay } from "./local-relay.ts";
import { event, type Written } from "./virtual-events.ts";

export interface Asked {
  /** `METHOD what`, below `/v1/accounts/{account}/`. */
  readonly line: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingMessage["headers"];
  readonly body: unknown;
}
type Answer = readonly [status: number, body: unknown, headers?: Readonly<Record<string, string>>];

/** EVT7 */
const FRAME_EVENTS = 64;
const WINDOW_EVENTS = 256;

/** One reader's connection, whichever way. */
interface Reader {
  sent: number;
  acked: number;
  readonly consumer: string | undefined;
  readonly isWaiting: () => boolean;
  show(list: readonly Written[]): void;
  /** A WebSocket is closed with that code. */
  end(code: number): void;
}

export class ChannelRelay extends LocalRelay {
  readonly asked: Asked[] = [];
  /** `ack <id>` and `close <code>`, as they came over WebSockets. */
  readonly story: string[] = [];
  readonly answers = new Map<string, Answer | ((asked: Asked) => Answer)>();
  readonly consumers = new Map<string, number>();
  log = "log1";
  lastSeq = 0;
  /** The highest number that was ever unacknowledged. */
  maxUnacked = 0;
  /** What events say that are not of the plain kind, by their number. */
  readonly #told = new Map<number, Readonly<Record<string, unknown>>>();
  readonly #readers = new Set<Reader>();

  get target(): { relay: string; account: string; key: string } {
    return { relay: this.url, account: ACCOUNT, key: KEY };
  }

  get readers(): number {
    return this.#readers.size;
  }

  /** Logs so many events and shows them. */
  emit(count = 1): void {
    this.lastSeq += count;
    for (const reader of this.#readers) this.#run(reader);
    this.changed();
  }

  /** Logs these events, each as `kind`, `data` and whatever else is not as usual, and shows them. */
  tell(...events: readonly Readonly<Record<string, unknown>>[]): void {
    events.forEach((one, at) => this.#told.set(this.lastSeq + 1 + at, one));
    this.emit(events.length);
  }

  /** Every reader is sent away. */
  sendAway(code: number): void {
    for (const reader of this.#readers) reader.end(code);
  }

  ids(from: number, to: number): string[] {
    return Array.from({ length: to - from + 1 }, (_, at) => `${this.log}.${from + at}`);
  }

  /** Answers that line with this refusal. */
  refuseAt(line: string, code: ErrorCode, more: object = {}): void {
    this.answers.set(line, [problem(code, "req-1").status, { ...problem(code, "req-1"), ...more }]);
  }

  #note(request: IncomingMessage, body: unknown): Asked {
    const { pathname, searchParams } = new URL(request.url ?? "", this.url);
    const asked = {
      line: `${request.method} ${pathname.replace(`/v1/accounts/${ACCOUNT}/`, "")}`,
      query: Object.fromEntries(searchParams),
      headers: request.headers,
      body,
    };
    this.asked.push(asked);
    this.changed();
    return asked;
  }

  protected override knocked(request: IncomingMessage): (socket: WebSocket) => void {
    const asked = this.#note(request, undefined);
    return (socket) => this.#socket(socket, asked);
  }

  protected override async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = this.#note(request, await bodyOf(request));
    const answer = this.answers.get(asked.line);
    if (answer !== undefined) reply(response, typeof answer === "function" ? answer(asked) : answer);
    else if (asked.line !== "GET events") reply(response, [404, problem("not_found", "req-1")]);
    else if (this.refuse !== undefined)
      reply(response, [problem(this.refuse, "r").status, problem(this.refuse, "req-1")]);
    else if (request.headers.accept === "text/event-stream") this.#stream(asked, response);
    else this.#poll(asked, response);
  }

  #socket(socket: WebSocket, { query }: Asked): void {
    const { consumer } = query;
    const kept = consumer === undefined ? undefined : this.consumers.get(consumer);
    const place =
      query["after"] === undefined && kept !== undefined ? kept : this.#place(query["after"], "tail");
    const reader: Reader = {
      sent: place,
      acked: place,
      consumer,
      isWaiting: () => reader.sent - reader.acked < WINDOW_EVENTS,
      show: (events) => socket.send(JSON.stringify({ t: "events", events })),
      end: (code) => socket.close(code, "the test says so"),
    };
    if (consumer !== undefined) this.consumers.set(consumer, place);
    socket.on("close", (code) => {
      this.story.push(`close ${code}`);
      this.#readers.delete(reader);
      this.changed();
    });
    socket.on("message", (data: Buffer) => {
      const said = data.toString();
      if (said === "ping") socket.send("pong");
      else this.#acked(reader, socket, said);
    });
    this.#readers.add(reader);
    socket.send(JSON.stringify({ t: "ready", after: `${this.log}.${place}`, consumer: consumer ?? null }));
    this.#run(reader);
    this.changed();
  }

  #acked(reader: Reader, socket: WebSocket, said: string): void {
    const { t, id } = JSON.parse(said) as { t: string; id: string };
    const [log, seq] = id.split(".");
    this.story.push(`${t} ${id}`);
    // Stricter than a relay has to be: only what was sent on this socket may be acknowledged.
    if (t !== "ack" || log !== this.log || Number(seq) > reader.sent || Number(seq) < reader.acked) {
      socket.close(4002, "protocol violation");
      return;
    }
    reader.acked = Number(seq);
    if (reader.consumer !== undefined) this.consumers.set(reader.consumer, reader.acked);
    this.#run(reader);
    this.changed();
  }

  #stream(asked: Asked, response: ServerResponse): void {
    const last = asked.headers["last-event-id"];
    const place = this.#place(typeof last === "string" ? last : asked.query["after"], "tail");
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write("retry: 10\n\n: hello\n\n");
    const reader: Reader = {
      sent: place,
      acked: place,
      consumer: undefined,
      isWaiting: () => true,
      show: (list) => {
        for (const one of list)
          response.write(`id: ${one.id}\nevent: ${one.kind}\ndata: ${JSON.stringify(one)}\n\n`);
      },
      end: () => response.end(),
    };
    response.on("close", () => {
      this.#readers.delete(reader);
      this.changed();
    });
    this.#readers.add(reader);
    this.#run(reader);
  }

  #poll({ query }: Asked, response: ServerResponse): void {
    const place = this.#place(query["after"], "beginning");
    const limit = Number(query["limit"] ?? 100);
    const give = (): void => {
      const upTo = Math.min(this.lastSeq, place + limit);
      const next = `${this.log}.${upTo}`;
      reply(response, [200, { events: this.#events(place, upTo), next, more: upTo < this.lastSeq }]);
    };
    const waitMs = Number(query["wait"] ?? 0) * 1_000;
    if (this.lastSeq > place || waitMs === 0) {
      give();
      return;
    }
    const reader: Reader = {
      sent: place,
      acked: place,
      consumer: undefined,
      isWaiting: () => this.#readers.has(reader),
      show: () => this.#readers.delete(reader) && give(),
      end: () => response.destroy(),
    };
    const timer = setTimeout(() => this.#readers.delete(reader) && give(), waitMs);
    response.on("close", () => {
      clearTimeout(timer);
      this.#readers.delete(reader);
      this.changed();
    });
    this.#readers.add(reader);
    this.changed();
  }

  #place(after: string | undefined, fallback: "tail" | "beginning"): number {
    const asked = after ?? fallback;
    if (asked === "tail") return this.lastSeq;
    return asked === "beginning" ? 0 : Number(asked.split(".")[1]);
  }

  #events(after: number, upTo: number): Written[] {
    return Array.from({ length: upTo - after }, (_, at) =>
      event(after + at + 1, this.#told.get(after + at + 1), this.log),
    );
  }

  #run(reader: Reader): void {
    while (reader.sent < this.lastSeq && reader.isWaiting()) {
      const room = WINDOW_EVENTS - (reader.sent - reader.acked);
      const upTo = Math.min(this.lastSeq, reader.sent + Math.max(1, Math.min(FRAME_EVENTS, room)));
      const list = this.#events(reader.sent, upTo);
      reader.sent = upTo;
      this.maxUnacked = Math.max(this.maxUnacked, reader.sent - reader.acked);
      reader.show(list);
    }
  }
}

function reply(response: ServerResponse, [status, body, headers = {}]: Answer): void {
  response.writeHead(status, { "content-type": "application/json", "x-request-id": "req-1", ...headers });
  response.end(JSON.stringify(body));
}
