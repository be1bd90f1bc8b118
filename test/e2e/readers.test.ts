// A log that is far ahead of its readers, over real sockets: 3,000 messages at once, readers that hold everything up,
// and deaths in the middle of it.
import { describe, expect, test } from "vitest";
import { EventFlood } from "../bench/event-flood.ts";
import { pollForever } from "../../gateway/client/events-http.ts";
import { readEvents } from "../../gateway/client/events.ts";
import type { ChannelEvent } from "../../gateway/client/events-schema.ts";
import { streamEvents } from "../../gateway/client/events-stream.ts";
import { httpFetch } from "../../gateway/node/http-fetch.ts";
import { wsDial } from "../../gateway/node/ws-dial.ts";
import { onOneRelay } from "./one-relay.ts";
import { openChannel } from "./open-channel.ts";
import { makeAccount, makeTenant } from "./owner.ts";
import type { RelayProcess } from "./relay-process.ts";

const MESSAGES = 3_000;
const A_FRAME = 100;
/** The reader that stops after so many has neither taken nor acknowledged the rest of its window. */
const STOPS_AFTER = 700;

let relay: RelayProcess;
onOneRelay("readers", (started) => (relay = started));

async function openAccount() {
  const { account, credential: key } = await makeAccount(relay.url, await makeTenant(relay.url));
  await openChannel({ accountUrl: `${relay.url}/v1/accounts/${account}`, key });
  return { target: { relay: relay.url, account, key, after: "beginning" }, account };
}

/** Ids of messages up to the one with that guid; the reader is left then. */
async function upTo(last: string, events: AsyncIterable<ChannelEvent>): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id, kind, data } of events) {
    if (!kind.startsWith("message.")) continue;
    ids.push(id);
    if (JSON.stringify(data).includes(last)) return ids;
  }
  throw new Error("the reader ended before the last message");
}

async function some(count: number, events: AsyncIterable<ChannelEvent>): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id, kind } of events) {
    if (kind.startsWith("message.")) ids.push(id);
    if (ids.length >= count) break;
  }
  return ids;
}

describe("3,000 messages at once", () => {
  test("EVT2, EVT5 to EVT7: every kind of reader has them all, in one order, and one that stands still holds up nobody", async () => {
    const { target, account } = await openAccount();
    const flood = await EventFlood.open(relay.url, account);
    const frames = flood.prepare(MESSAGES, A_FRAME);
    const over = new AbortController();
    const { signal } = over;
    // It has its first event in hand until the others are done.
    let goOn: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    async function* slowly(events: AsyncIterable<ChannelEvent>): AsyncGenerator<ChannelEvent> {
      for await (const event of events) {
        await held;
        yield event;
      }
    }
    const { last } = flood;
    const slow = [
      upTo(last, slowly(readEvents({ ...target, consumer: "slow", dial: wsDial }))),
      upTo(last, slowly(streamEvents({ ...target, signal }))),
    ];
    const quick = [
      upTo(last, readEvents({ ...target, consumer: "quick", dial: wsDial })),
      upTo(last, streamEvents({ ...target, signal })),
      upTo(last, pollForever({ ...target, wait: 5, limit: 200, fetch: httpFetch, signal })),
    ];
    await flood.send(frames);
    const [first = [], ...others] = await Promise.all(quick);
    goOn();
    expect(first).toHaveLength(MESSAGES);
    for (const ids of [...others, ...(await Promise.all(slow))]) expect(ids).toEqual(first);
    over.abort();
    flood.close();
  });

  test("EVT8: a consumer that dies amid them, and the relay with it, goes on by its name alone", async () => {
    const { target, account } = await openAccount();
    const flood = await EventFlood.open(relay.url, account);
    const frames = flood.prepare(MESSAGES, A_FRAME);
    const { last } = flood;
    const named = { ...target, consumer: "mortal", dial: wsDial };
    const before = some(STOPS_AFTER, readEvents(named));
    await flood.send(frames);
    const taken = await before;
    await relay.kill9();
    await relay.start();
    const { after: _, ...byName } = named;
    const rest = await upTo(last, readEvents(byName));
    const all = [...new Set([...taken, ...rest])];
    expect(all).toHaveLength(MESSAGES);
    // What it had acknowledged for longer than the relay takes to write it down does not come again.
    expect(rest.length).toBeLessThan(MESSAGES - STOPS_AFTER / 2);
    // Two halves of one order: what comes again comes from one place on.
    expect(taken.slice(taken.indexOf(rest[0] ?? ""))).toEqual(
      rest.slice(0, taken.length - taken.indexOf(rest[0] ?? "")),
    );
    flood.close();
  });
});
