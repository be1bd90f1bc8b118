// The events of an account as a stream of Server-Sent Events (EVT6), on top of fetch: unlike a browser's own
// EventSource it sends the key in a header, and says why it ends.
import type { Clock } from "../../shared/clock.ts";
import { parseJson } from "../../shared/json.ts";
import { LINK_RETRY_MS } from "../../shared/limits.ts";
import { STREAM_SILENCE_MS } from "../limits.ts";
import type { AccountTarget } from "./account.ts";
import { ClientError, readProblem } from "./client-error.ts";
import { pollEvents } from "./events-http.ts";
import { EventPlace } from "./events-place.ts";
import { eventsPath, type EventsWish } from "./events-query.ts";
import { EventsRetry, mayPass } from "./events-retry.ts";
import { readEvent, type ChannelEvent } from "./events-schema.ts";
import type { HttpRequest, HttpResponse } from "./http.ts";
import { readSse, type ByteReader } from "./sse.ts";
import { systemClock } from "./system-clock.ts";

export interface StreamResponse extends HttpResponse {
  readonly body: { getReader(): ByteReader } | null;
}
/** The part of the platform's `fetch` that is used; it must give the body as it comes. */
export type StreamFetch = (url: string, request: HttpRequest) => Promise<StreamResponse>;

/** Without `consumer`: the place of such a reader is its `Last-Event-ID` (EVT8). */
export interface StreamOptions extends AccountTarget, Omit<EventsWish, "consumer"> {
  readonly streamFetch?: StreamFetch;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock;
  readonly random?: () => number;
}

/**
 * One event after the other, for ever; an event is taken when the next one is asked for. Lost streams are mended from
 * the last event taken. Ends where `signal` says so; what a human must mend is thrown.
 */
export async function* streamEvents(options: StreamOptions): AsyncGenerator<ChannelEvent, void, undefined> {
  const { clock = systemClock, random = Math.random, signal, after } = options;
  const retry = new EventsRetry(clock, random, signal);
  const place = new EventPlace();
  const isOver = (): boolean => signal?.aborted === true;
  let retryMs = 0;
  while (!isOver()) {
    const givenUp = new AbortController();
    const stop = (): void => givenUp.abort();
    const onWaiting = silenceWatch(clock, stop);
    signal?.addEventListener("abort", stop);
    let openedAt: number | undefined;
    let failure: unknown;
    try {
      // A tail has no place before its first event: what came during a loss would be missed.
      if (place.resume === undefined && (after === undefined || after === "tail"))
        place.anchor((await pollEvents({ ...options, after: "tail", limit: 1 })).next);
      onWaiting(true);
      const body = await open(options, place.resume ?? after, givenUp.signal);
      openedAt = clock.now();
      const messages = readSse(body, {
        onRetry: (ms) => {
          retryMs = Math.min(ms, LINK_RETRY_MS);
        },
        onWaiting,
      });
      for await (const { data } of messages) {
        if (isOver()) return;
        const event = readData(data);
        if (place.wasTaken(event.id)) continue;
        yield event;
        place.take(event.id);
      }
    } catch (error) {
      failure = error;
    } finally {
      onWaiting(false);
      signal?.removeEventListener("abort", stop);
      stop();
    }
    if (isOver()) return;
    if (openedAt !== undefined) {
      // Of an open stream only what would come again in the same form is final; its breaking off is mended.
      if (failure instanceof ClientError) throw failure;
      await retry.afterStream(clock.now() - openedAt, retryMs);
    } else if (mayPass(failure)) await retry.afterFailure(failure.retryAfterMs);
    else throw failure;
  }
}

async function open(
  { relay, account, key, kinds, chats, streamFetch }: StreamOptions,
  after: string | undefined,
  signal: AbortSignal,
): Promise<ByteReader> {
  const doFetch: StreamFetch = streamFetch ?? ((url, init) => fetch(url, init));
  const isId = after !== undefined && after !== "tail" && after !== "beginning";
  const headers: Record<string, string> = {
    accept: "text/event-stream",
    authorization: `Bearer ${key}`,
    ...(isId ? { "last-event-id": after } : {}),
  };
  const path = eventsPath(account, { after, kinds, chats });
  let response: StreamResponse;
  try {
    response = await doFetch(new URL(path, relay).href, { method: "GET", headers, signal });
  } catch {
    throw new ClientError({ code: "unreachable", status: null, requestId: null });
  }
  const { status, body } = response;
  const type = response.headers.get("content-type") ?? "";
  if (status === 200 && body !== null && /^text\/event-stream\b/i.test(type)) return body.getReader();
  const json = parseJson(await response.text().catch(() => ""));
  throw readProblem(
    status,
    response.headers.get("x-request-id"),
    json.ok ? json.value : undefined,
    response.headers.get("retry-after"),
  );
}

function readData(data: string): ChannelEvent {
  const json = parseJson(data);
  const event = json.ok ? readEvent(json.value) : undefined;
  if (event !== undefined) return event;
  throw new ClientError({ code: "unexpected_answer", status: 200, requestId: null });
}

/** Only while it is waited for: a slow loop is no silence of the relay's. */
function silenceWatch(clock: Clock, giveUp: () => void): (isWaiting: boolean) => void {
  let stopTimer: (() => void) | undefined;
  return (isWaiting) => {
    stopTimer?.();
    stopTimer = isWaiting ? clock.after(STREAM_SILENCE_MS, giveUp) : undefined;
  };
}
