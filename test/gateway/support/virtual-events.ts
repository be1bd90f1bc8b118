// A reader of events whose relay is the test: it sees every frame and says what it likes, in virtual time.
import { readEvents, type ReadEventsOptions } from "../../../gateway/client/events.ts";
import type { ChannelEvent } from "../../../gateway/client/events-schema.ts";
import type { EventReader } from "../../../gateway/client/events-reader.ts";
import type { DialTarget, SocketEnd, SocketHandlers } from "../../../gateway/client/socket.ts";
import { settle, VirtualClock } from "./virtual-clock.ts";

/** An event as the relay writes it. */
export interface Written extends Readonly<Record<string, unknown>> {
  readonly id: string;
  readonly kind: string;
}

export function event(seq: number, more: Record<string, unknown> = {}, log = "log1"): Written {
  return {
    id: `${log}.${seq}`,
    kind: "account.health",
    account: "acc_1",
    logged_at: 1_700_000_000_000 + seq,
    database: 1,
    rowid: null,
    chat: null,
    delayed: false,
    backfilled: false,
    data: { state: "ok", reason: null, remedy: null },
    ...more,
  };
}

/** Events `from` to `to`, both included. */
export const events = (from: number, to: number, log = "log1"): Record<string, unknown>[] =>
  Array.from({ length: to - from + 1 }, (_, at) => event(from + at, {}, log));

export class ReaderAttempt {
  readonly target: DialTarget;
  readonly acks: string[] = [];
  /** Everything that happened, in order: ids acknowledged, and `closed <code>`. */
  readonly story: string[] = [];
  pings = 0;
  closedBy: number | undefined;
  readonly #handlers: SocketHandlers;

  constructor(target: DialTarget, handlers: SocketHandlers) {
    this.target = target;
    this.#handlers = handlers;
  }

  get query(): Record<string, string> {
    return Object.fromEntries(new URL(this.target.url).searchParams);
  }

  open(after: string | undefined = "log1.0", consumer: string | null = null): void {
    this.#handlers.onOpen();
    if (after !== undefined) this.say({ t: "ready", after, consumer });
  }

  say(frame: object): void {
    this.text(JSON.stringify(frame));
  }

  text(text: string): void {
    this.#handlers.onText(text);
  }

  show(list: readonly object[]): void {
    this.say({ t: "events", events: list });
  }

  end(end: SocketEnd): void {
    this.#handlers.onEnd(end);
  }

  receive(text: string): void {
    if (text === "ping") {
      this.pings += 1;
      this.text("pong");
      return;
    }
    const { t, id } = JSON.parse(text) as { t: string; id: string };
    if (t !== "ack") throw new Error(`the reader said ${text}`);
    this.acks.push(id);
    this.story.push(id);
  }

  close(code: number): void {
    this.closedBy ??= code;
    this.story.push(`closed ${code}`);
  }
}

export class VirtualEvents {
  readonly clock = new VirtualClock();
  readonly attempts: ReaderAttempt[] = [];
  readonly reader: EventReader;

  constructor(options: Partial<Omit<ReadEventsOptions, "key">> = {}, random = 0.5) {
    this.reader = readEvents({
      relay: "https://relay.example.com",
      account: "acc_1",
      key: "key_1.secret",
      clock: this.clock,
      random: () => random,
      dial: (target, handlers) => {
        const attempt = new ReaderAttempt(target, handlers);
        this.attempts.push(attempt);
        return { send: (text) => attempt.receive(text), close: (code) => attempt.close(code) };
      },
      ...options,
    });
  }

  get last(): ReaderAttempt {
    const last = this.attempts.at(-1);
    if (last === undefined) throw new Error("nobody dialled");
    return last;
  }

  /** The socket breaks, and the next attempt is made, not yet open. */
  async lose(end: SocketEnd = { code: 1006, reason: "lost" }): Promise<ReaderAttempt> {
    this.last.end(end);
    await this.clock.pass(3_000);
    return this.last;
  }
}

/** A loop over a reader, a step at a time: each event stays in hand until the test says that it is taken. */
export class Loop {
  readonly seen: ChannelEvent[] = [];
  ended: "running" | "done" | Error = "running";
  readonly #iterator: AsyncIterator<ChannelEvent, undefined>;

  constructor(reader: AsyncIterable<ChannelEvent, undefined>) {
    this.#iterator = reader[Symbol.asyncIterator]();
  }

  get ids(): string[] {
    return this.seen.map(({ id }) => id);
  }

  /** Takes what is in hand and asks for the next one; resolves when everything that can happen now has. */
  async ask(): Promise<void> {
    void this.#iterator.next().then(
      ({ done, value }) => {
        if (done === true) this.ended = "done";
        else this.seen.push(value);
      },
      (error: Error) => {
        this.ended = error;
      },
    );
    await settle();
  }

  async leave(): Promise<void> {
    await this.#iterator.return?.();
  }
}

/** A loop that has asked once, on a socket that is open and has shown events 1 to `count`. */
export async function stepping(
  count: number,
  options: ConstructorParameters<typeof VirtualEvents>[0] = {},
): Promise<{ readonly relay: VirtualEvents; readonly loop: Loop }> {
  const relay = new VirtualEvents(options);
  const loop = new Loop(relay.reader);
  await loop.ask();
  relay.last.open();
  if (count > 0) relay.last.show(events(1, count));
  return { relay, loop };
}

/** A loop that takes everything at once. */
export function takeAll(relay: VirtualEvents): { readonly ids: string[]; readonly ended: Promise<unknown> } {
  const ids: string[] = [];
  const ended = relay.reader
    .each(({ id }) => {
      ids.push(id);
    })
    .then(
      () => "done",
      (error: unknown) => error,
    );
  return { ids, ended };
}
