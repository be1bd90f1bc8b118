// One account read in all four ways at once: WebSocket with a consumer's name, event stream, long poll, RPC tunnel.
import { isDeepStrictEqual } from "node:util";
import * as z from "zod";
import type { AccountTarget } from "../../gateway/client/account.ts";
import { connect } from "../../gateway/client/connect.ts";
import { readEvents } from "../../gateway/client/events.ts";
import { pollForever } from "../../gateway/client/events-http.ts";
import type { EventReader } from "../../gateway/client/events-reader.ts";
import type { ChannelEvent } from "../../gateway/client/events-schema.ts";
import { streamEvents } from "../../gateway/client/events-stream.ts";
import type { Tunnel } from "../../gateway/client/tunnel.ts";
import { httpFetch } from "../../gateway/node/http-fetch.ts";
import { wsDial } from "../../gateway/node/ws-dial.ts";
import { parseEventId } from "../../shared/events.ts";
import { Recording } from "./waiting.ts";

export interface Seen {
  readonly id: string;
  readonly kind: string;
  readonly text: string | undefined;
  readonly data: unknown;
}

const textSchema = z.looseObject({ message: z.looseObject({ text: z.string() }) });

const seen = ({ id, kind, data }: ChannelEvent): Seen => ({
  id,
  kind,
  text: textSchema.safeParse(data).data?.message.text,
  data,
});

const MS = 20_000;

export class FourReaders {
  readonly socket = new Recording<Seen>();
  readonly stream = new Recording<Seen>();
  readonly poll = new Recording<Seen>();
  /** Messages only, and also those that the policy keeps from the channel. */
  readonly tunnel = new Recording<Seen>();
  readonly #reader: EventReader;
  readonly #tunnel: Tunnel;
  readonly #giveUp = new AbortController();
  readonly #running: Promise<void>[];

  constructor(target: AccountTarget, after: string) {
    const { signal } = this.#giveUp;
    this.#reader = readEvents({ ...target, after, consumer: "four", dial: wsDial });
    this.#running = [
      this.#reader.each((event) => this.socket.add(seen(event))),
      record(streamEvents({ ...target, after, signal }), this.stream),
      record(pollForever({ ...target, after, signal, wait: 5, fetch: httpFetch }), this.poll),
    ];
    this.#tunnel = connect({ ...target, dial: wsDial });
    this.#tunnel.subscribe(
      { relay_after: after, include_reactions: true },
      {
        onMessage: ({ message, relay }, taken) => {
          const { text } = message;
          const shown = typeof text === "string" ? text : undefined;
          this.tunnel.add({ id: relay?.id ?? "", kind: "", text: shown, data: { message } });
          taken();
        },
      },
    );
  }

  /** The texts shown over the WebSocket, in order. */
  texts(): string[] {
    return this.socket.all.flatMap(({ text }) => (text === undefined ? [] : [text]));
  }

  withText(text: string): Seen {
    const found = this.socket.all.find((event) => event.text === text);
    if (found === undefined) throw new Error(`“${text}” was not shown`);
    return found;
  }

  /** An event of the channel, when all three of its readers have it, under one id. */
  async everywhere(matches: (event: Seen) => boolean, what: string): Promise<Seen> {
    const found = await Promise.all(
      [this.socket, this.stream, this.poll].map((reader) => reader.find(matches, what, MS)),
    );
    const [first, ...others] = found;
    if (first === undefined) throw new Error("no reader");
    for (const other of others) same(other, first, what);
    return first;
  }

  /** A message, when all four have it. */
  async everywhereWithText(text: string): Promise<Seen> {
    const shown = await this.everywhere((event) => event.text === text, `a message “${text}”`);
    const tunnelled = await this.tunnel.find((event) => event.text === text, `“${text}” in the tunnel`, MS);
    same(tunnelled.id, shown.id, `the id of “${text}” in the tunnel`);
    return shown;
  }

  /** EVT2: the same events with the same ids in the same order, none twice, and the tunnel's among them. */
  checkAgreement(): void {
    const order = this.socket.all.map(({ id }) => parseEventId(id)?.seq ?? 0);
    same(
      order,
      [...new Set(order)].sort((a, b) => a - b),
      "the order of the log",
    );
    same(this.stream.all, this.socket.all, "what the stream showed");
    same(this.poll.all, this.socket.all, "what the polls showed");
    const messages = this.socket.all.filter(({ text }) => text !== undefined).map(({ id }) => id);
    const tunnelled = this.tunnel.all.map(({ id }) => id).filter((id) => messages.includes(id));
    same(tunnelled, messages, "what the tunnel showed");
  }

  async close(): Promise<void> {
    this.#reader.close();
    this.#giveUp.abort();
    this.#tunnel.close();
    await Promise.all(this.#running);
  }
}

async function record(events: AsyncIterable<ChannelEvent>, into: Recording<Seen>): Promise<void> {
  for await (const event of events) into.add(seen(event));
}

function same(is: unknown, should: unknown, what: string): void {
  if (isDeepStrictEqual(is, should)) return;
  throw new Error(`${what}: ${JSON.stringify(is)} instead of ${JSON.stringify(should)}`);
}
