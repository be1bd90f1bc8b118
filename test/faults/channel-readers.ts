// Three bots on the channel beside the gateways, each over a wire that may break: by WebSocket under a consumer's
// name, by event stream, and by long polls. The fourth way to read an account, the tunnel, is the client library's.
import { pollEvents, pollForever } from "../../gateway/client/events-http.ts";
import { readEvents } from "../../gateway/client/events.ts";
import type { ChannelEvent } from "../../gateway/client/events-schema.ts";
import { streamEvents } from "../../gateway/client/events-stream.ts";
import { httpFetch } from "../../gateway/node/http-fetch.ts";
import { wsDial } from "../../gateway/node/ws-dial.ts";
import { parseEventId } from "../../shared/events.ts";
import type { System } from "../e2e/harness.ts";
import { Recording } from "../e2e/waiting.ts";
import { messageOf, type ChannelFindings, type Heard } from "../seeds/event-history.ts";
import type { Written } from "../seeds/history.ts";
import type { Proxy } from "./proxy.ts";
import { TIMES } from "./stage.ts";

const WAIT_S = 5;
const CATCH_UP_MS = 12_000;

interface ChannelReader {
  readonly name: string;
  readonly heard: Recording<Heard>;
  readonly problems: string[];
}

export class ChannelReaders {
  readonly #system: System;
  /** The event after which everybody began. */
  readonly #after: string;
  readonly #readers: readonly ChannelReader[];
  readonly #close: () => Promise<void>;

  private constructor(
    system: System,
    after: string,
    readers: readonly ChannelReader[],
    close: () => Promise<void>,
  ) {
    this.#system = system;
    this.#after = after;
    this.#readers = readers;
    this.#close = close;
  }

  /** From the present end of the log. */
  static async start(system: System, wire: Proxy): Promise<ChannelReaders> {
    const { log } = await system.status();
    const { account, key } = system;
    const after = `${log.id}.${log.last_seq}`;
    const giveUp = new AbortController();
    const { signal } = giveUp;
    const target = { relay: wire.origin, account, key, after };
    const socket = readEvents({ ...target, consumer: "socket", dial: wsDial, times: TIMES });
    const sources: readonly (readonly [string, AsyncIterable<ChannelEvent>])[] = [
      ["events by WebSocket", socket],
      ["events by stream", streamEvents({ ...target, signal })],
      [
        "events by poll",
        pollForever({ ...target, consumer: "poll", wait: WAIT_S, fetch: httpFetch, signal }),
      ],
    ];
    const readers = sources.map(([name]): ChannelReader => {
      return { name, heard: new Recording<Heard>(), problems: [] };
    });
    const running = sources.map(async ([, events], at) => {
      const reader = readers[at];
      try {
        for await (const { id, kind, data } of events) reader?.heard.add({ id, kind, data });
      } catch (error) {
        if (!signal.aborted) reader?.problems.push(`it gave up: ${String(error)}`);
      }
    });
    const close = async (): Promise<void> => {
      giveUp.abort();
      socket.close();
      await Promise.all(running);
    };
    return new ChannelReaders(system, after, readers, close);
  }

  get repeats(): number {
    return this.#readers.reduce(
      (sum, { heard }) => sum + heard.all.length - new Set(heard.all.map(({ id }) => id)).size,
      0,
    );
  }

  close(): Promise<void> {
    return this.#close();
  }

  /** Waits until everybody was shown these messages; what is missing in the end, the judge finds out. */
  async shown(guids: readonly string[]): Promise<void> {
    if (guids.length === 0) return;
    await Promise.all(
      this.#readers.map(({ name, heard }) => {
        const missing = new Set(guids);
        const isLast = (event: Heard): boolean => {
          missing.delete(messageOf(event)?.guid ?? "");
          return missing.size === 0;
        };
        return heard.find(isLast, `${name} has everything`, CATCH_UP_MS).catch(() => undefined);
      }),
    );
  }

  /** Waits until everybody has come to the end of the log; who has not in time, the judge finds out. */
  async findings(written: readonly Written[]): Promise<ChannelFindings> {
    const { log, seq: from } = parseEventId(this.#after) ?? { log: "", seq: 0 };
    const logged = await this.#wholeLog();
    const last = logged.at(-1) ?? from;
    const hasLast = ({ id }: Heard): boolean => (parseEventId(id)?.seq ?? 0) >= last;
    await Promise.all(
      this.#readers.map(({ name, heard }) =>
        heard.find(hasLast, `${name} is at the end of the log`, CATCH_UP_MS).catch(() => undefined),
      ),
    );
    const readers = this.#readers.map(({ name, heard, problems }) => ({
      name,
      from,
      // What was logged meanwhile is not judged.
      heard: heard.all.filter(({ id }) => (parseEventId(id)?.seq ?? 0) <= last),
      problems,
    }));
    return {
      log,
      logged: logged.map((seq) => ({ seq, isShown: true })),
      first: 1,
      readers,
      written,
      hidden: new Set(),
    };
  }

  /** The numbers of all events that anybody is shown, by somebody who reads them for the first time. */
  async #wholeLog(): Promise<number[]> {
    const { relayUrl: relay, account, key } = this.#system;
    const seqs: number[] = [];
    for (let after = this.#after, more = true; more;) {
      const page = await pollEvents({ relay, account, key, after, limit: 200, fetch: httpFetch });
      seqs.push(...page.events.map(({ id }) => parseEventId(id)?.seq ?? 0));
      ({ next: after, more } = page);
    }
    return seqs;
  }
}
