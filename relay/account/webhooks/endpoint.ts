// What the tenant says of an endpoint: the account's copy of it, by which events are delivered whether or not the
// tenant can be reached.
import * as z from "zod";

const secretSchema = z.object({ sealed: z.string(), until: z.number().nullable() });
/** Sealed; of one before the newest, until when it signs as well (ms). */
export type WebhookSecret = z.infer<typeof secretSchema>;

export const endpointSchema = z.object({
  endpoint: z.string(),
  url: z.string(),
  /** Null = every kind. One may be a family: `message.*`. */
  kinds: z.array(z.string()).nullable(),
  /** Null = every chat; by their keys. What has no chat comes in any case. */
  chats: z.array(z.string()).nullable().default(null),
  state: z.enum(["active", "paused", "disabled"]),
  /** Why it is disabled. */
  reason: z.string().nullable(),
  /** Newest first. */
  secrets: z.array(secretSchema),
  /** What it answers may be said in the chat. */
  takes_replies: z.boolean(),
  /** Rises when it is to be tried again by whoever has stopped: the breaker closed, or somebody resumed it. */
  round: z.int(),
});
export type Endpoint = z.infer<typeof endpointSchema>;

/** How it did last, as this account knows it. Times in ms. */
export const healthSchema = z.object({
  /** The last attempt failed. */
  is_failing: z.boolean(),
  /** The last attempt took long. */
  is_slow: z.boolean(),
  last_success_at: z.number().nullable(),
  last_failure_at: z.number().nullable(),
  /** Nothing is tried before that, and then only with the tenant's leave; null = it is tried. */
  open_until: z.number().nullable(),
  /** The endpoint's round in which that was said. */
  round: z.int(),
  delivered: z.int(),
  failed: z.int(),
  /** Given up after the last attempt. */
  exhausted: z.int(),
  /** When the tenant was last told that something is delivered. */
  told_at: z.number().nullable(),
});
export type Health = z.infer<typeof healthSchema>;

export const UNTRIED: Health = {
  is_failing: false,
  is_slow: false,
  last_success_at: null,
  last_failure_at: null,
  open_until: null,
  round: 0,
  delivered: 0,
  failed: 0,
  exhausted: 0,
  told_at: null,
};
