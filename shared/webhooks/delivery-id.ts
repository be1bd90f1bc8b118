// `webhook-id`: the event's id, so that every attempt, every resend and every other reader name it alike. Standard
// Webhooks forbids the dot that our event ids have.
import { EVENT_DATA, parseEventId, type LoggedEvent } from "../events.ts";

export const deliveryId = (event: string): string => `evt_${named(event)}`;

/**
 * A gap's own id is the place to go on from, which another event had before: whoever knows that one by its
 * `webhook-id` must not take the gap for it.
 */
export const webhookId = ({ id, kind, data }: Pick<LoggedEvent, "id" | "kind" | "data">): string =>
  kind === "gap" ? `gap_${named(fromOf(data))}_${named(id)}` : deliveryId(id);

const named = (event: string): string => event.replace(".", "_");

const fromOf = (data: unknown): string => EVENT_DATA.gap.safeParse(data).data?.from ?? "";

/** Undefined for what is no event of a log: a test. */
export function eventOfDelivery(id: string): string | undefined {
  const [, log, seq] = /^evt_([^._]+)_([^._]+)$/.exec(id) ?? [];
  const event = `${log}.${seq}`;
  return log === undefined || parseEventId(event) === undefined ? undefined : event;
}
