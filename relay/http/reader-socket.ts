// The Worker's end of a reader's socket: a queue of events, as long as the window and no longer.
import * as z from "zod";
import { eventSchema } from "../../shared/events.ts";
import { READER_FRAME_EVENTS } from "../../shared/limits.ts";

const frameSchema = z.discriminatedUnion("t", [
  z.object({ t: z.literal("ready"), after: z.string() }),
  z.object({ t: z.literal("events"), events: z.array(eventSchema) }),
]);

interface StreamedEvent {
  readonly id: string;
  readonly kind: string;
  /** The event as JSON, on one line. */
  readonly text: string;
}

export class ReaderSocket {
  readonly #socket: WebSocket;
  #queue: StreamedEvent[] = [];
  #isOver = false;
  #after: string | undefined;
  /** The last event that its reader has, and how many came to it since the last acknowledgement. */
  #taken: string | undefined;
  #untold = 0;
  #wake: () => void = () => undefined;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => this.#take(data));
    socket.addEventListener("close", () => this.#end());
    socket.addEventListener("error", () => this.#end());
    socket.accept();
  }

  /** The place where it begins, which is said first; undefined = it ended before. */
  async ready(): Promise<string | undefined> {
    while (this.#after === undefined && !this.#isOver) await this.#more();
    return this.#after;
  }

  /** Until the socket ends. */
  async *events(): AsyncGenerator<StreamedEvent> {
    for (;;) {
      const next = this.#queue.shift();
      if (next !== undefined) yield next;
      else if (this.#isOver) return;
      else await this.#more();
    }
  }

  /** Whether there is something to read before the time is over. */
  async wait(ms: number, signal: AbortSignal): Promise<boolean> {
    const end = AbortSignal.any([signal, AbortSignal.timeout(ms)]);
    end.addEventListener("abort", () => this.#wake());
    // Not every frame that wakes it is an event.
    while (this.#queue.length === 0 && !this.#isOver && !end.aborted) await this.#more();
    return this.#queue.length > 0;
  }

  /** Its reader has that event. Every frame to the object is billed: it is told once a frame of its own. */
  taken(id: string): void {
    this.#taken = id;
    this.#untold += 1;
    if (this.#queue.length === 0 || this.#untold >= READER_FRAME_EVENTS) this.#acknowledge();
  }

  close(): void {
    if (this.#isOver) return;
    if (this.#untold > 0) this.#acknowledge();
    this.#end();
    this.#socket.close(1000, "done");
  }

  #acknowledge(): void {
    if (!this.#isOver) this.#socket.send(JSON.stringify({ t: "ack", id: this.#taken }));
    this.#untold = 0;
  }

  #take(data: unknown): void {
    const frame = typeof data === "string" ? frameSchema.safeParse(JSON.parse(data)) : undefined;
    if (frame?.success !== true) return;
    if (frame.data.t === "ready") this.#after = frame.data.after;
    else
      this.#queue.push(
        ...frame.data.events.map((event) => ({
          id: event.id,
          kind: event.kind,
          text: JSON.stringify(event),
        })),
      );
    this.#wake();
  }

  #end(): void {
    this.#isOver = true;
    this.#wake();
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
