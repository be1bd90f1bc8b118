// The events of an account over plain HTTP: one page, or for ever (EVT5).
import * as z from "zod";
import type { Clock } from "../../shared/clock.ts";
import { HTTP_TIMEOUT_MS, POLL_PAUSE_MS, POLL_WAIT_S } from "../limits.ts";
import type { AccountTarget } from "./account.ts";
import { eventsPath, type EventsWish } from "./events-query.ts";
import { EventsRetry, mayPass, pause } from "./events-retry.ts";
import { readEvent, type ChannelEvent } from "./events-schema.ts";
import { request } from "./http.ts";
import { systemClock } from "./system-clock.ts";

export interface PollOptions extends AccountTarget, EventsWish {
  /** At most so many events: 1 to 200. */
  readonly limit?: number | undefined;
  /** Seconds to wait for the first one: 0 to 60. */
  readonly wait?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface EventPage {
  readonly events: readonly ChannelEvent[];
  /** The `after` of the next poll: what the choice of kinds and chats passed over is behind it too. */
  readonly next: string;
  /** There is more already. */
  readonly more: boolean;
}

const eventSchema: z.ZodType<ChannelEvent> = z.unknown().transform((value, context) => {
  const event = readEvent(value);
  if (event !== undefined) return event;
  context.addIssue({ code: "custom", message: "no event" });
  return z.NEVER;
});
const pageSchema = z.looseObject({
  events: z.array(eventSchema),
  next: z.string(),
  more: z.boolean().catch(false),
});

/** One poll; with `wait` it is held until there is something, or the time is over. */
export function pollEvents(options: PollOptions): Promise<EventPage> {
  const { account, limit, wait = 0, signal } = options;
  return request(options, {
    method: "GET",
    path: eventsPath(account, options, { limit, wait }),
    timeoutMs: wait * 1_000 + HTTP_TIMEOUT_MS,
    signal,
    schema: pageSchema,
  });
}

export interface PollForeverOptions extends PollOptions {
  readonly clock?: Clock;
  readonly random?: () => number;
}

/**
 * One event after the other, for ever: each poll goes on where the last page ended. A named consumer's place is told
 * with the next poll, so leaving the loop within a page brings that page again. Ends where `signal` says so; what a
 * human must mend is thrown.
 */
export async function* pollForever(
  options: PollForeverOptions,
): AsyncGenerator<ChannelEvent, void, undefined> {
  const { clock = systemClock, random = Math.random, signal, wait = POLL_WAIT_S } = options;
  const retry = new EventsRetry(clock, random, signal);
  const isOver = (): boolean => signal?.aborted === true;
  let { after } = options;
  while (!isOver()) {
    const askedAt = clock.now();
    let page: EventPage;
    try {
      // Its place first: a wait from the tail that is cut off would lose what came meanwhile.
      page = await pollEvents({ ...options, after, wait: after === "tail" ? 0 : wait });
    } catch (error) {
      if (isOver()) return;
      if (!mayPass(error)) throw error;
      await retry.afterFailure(error.retryAfterMs);
      continue;
    }
    retry.answered();
    for (const event of page.events) {
      if (isOver()) return;
      yield event;
    }
    const wasPlace = after === "tail";
    after = page.next;
    const isHurried = !page.more && page.events.length === 0 && clock.now() - askedAt < POLL_PAUSE_MS;
    if (isHurried && !wasPlace) await pause(clock, POLL_PAUSE_MS, signal);
  }
}
