// Readers of the channel that have nothing to read, as many of every kind: sockets that send their heartbeat, event
// streams, and long polls that wait a minute.
import { pollEvents } from "../../gateway/client/events-http.ts";
import { readEvents } from "../../gateway/client/events.ts";
import type { ChannelEvent } from "../../gateway/client/events-schema.ts";
import { streamEvents } from "../../gateway/client/events-stream.ts";
import { httpFetch } from "../../gateway/node/http-fetch.ts";
import { wsDial } from "../../gateway/node/ws-dial.ts";
import type { System } from "./harness.ts";
import { Recording, until } from "./waiting.ts";

const HEARTBEAT = { heartbeatMs: 250, deadAfterMs: 5_000 };
const WAIT_S = 60;

export interface IdleReader {
  readonly kind: "socket" | "stream" | "poll";
  readonly events: Recording<ChannelEvent>;
}

export class IdleReaders {
  readonly all: readonly IdleReader[];
  readonly close: () => Promise<void>;

  private constructor(all: readonly IdleReader[], close: () => Promise<void>) {
    this.all = all;
    this.close = close;
  }

  /** Resolves when the account's object holds all of them; from now on they wait. */
  static async open(system: System, ofEach: number): Promise<IdleReaders> {
    const { relayUrl: relay, account, key } = system;
    const { log } = await system.status();
    const after = `${log.id}.${log.last_seq}`;
    const giveUp = new AbortController();
    const { signal } = giveUp;
    const target = { relay, account, key, after };
    const running: Promise<void>[] = [];
    const read = (
      kind: IdleReader["kind"],
      take: (events: Recording<ChannelEvent>) => Promise<void>,
    ): IdleReader => {
      const events = new Recording<ChannelEvent>();
      // A poll that is given up rejects: that is its end.
      running.push(take(events).catch(() => undefined));
      return { kind, events };
    };
    const all = Array.from({ length: ofEach }, (_, at): readonly IdleReader[] => [
      read("socket", async (events) => {
        // The first without a name: that kind of reader keeps no place in the relay.
        const consumer = at === 0 ? {} : { consumer: `idle-${at}` };
        const socket = readEvents({ ...target, ...consumer, dial: wsDial, times: HEARTBEAT });
        signal.addEventListener("abort", () => socket.close());
        await socket.each((event) => events.add(event));
      }),
      read("stream", async (events) => {
        for await (const event of streamEvents({ ...target, signal })) events.add(event);
      }),
      read("poll", async (events) => {
        const page = await pollEvents({ ...target, wait: WAIT_S, signal, fetch: httpFetch });
        for (const event of page.events) events.add(event);
      }),
    ]).flat();
    const close = async (): Promise<void> => {
      giveUp.abort();
      await Promise.all(running);
    };
    await until(async () => (await system.status())["readers"] === all.length, "all readers are open");
    return new IdleReaders(all, close);
  }
}
