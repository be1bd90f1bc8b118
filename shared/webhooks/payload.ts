// What a webhook carries (Standard Webhooks 1.0): the event as every other reader gets it, under `data`.
import type { LoggedEvent } from "../events.ts";

export interface WebhookPayload {
  /** The event's kind. */
  readonly type: string;
  /** When it was logged, ISO 8601; the attempt's own time is in the headers. */
  readonly timestamp: string;
  readonly data: LoggedEvent & { readonly late?: true };
}

/** `isLate`: it was set aside, and later events of its chat were delivered before it. */
export const webhookPayload = (event: LoggedEvent, isLate = false): WebhookPayload => ({
  type: event.kind,
  timestamp: new Date(event.logged_at).toISOString(),
  data: isLate ? { ...event, late: true } : event,
});
