// The relay's answers about webhook endpoints as this side reads them (docs/protocol.md, HOOK rules): loose, so that a
// newer relay may say more. Times in ms.
import * as z from "zod";

const time = z.number();
const timeOrNull = time.nullable().catch(null);
const text = z.string().catch("");
const textOrNull = z.string().nullable().catch(null);
const count = z.int().min(0).catch(0);

export const endpointSchema = z.looseObject({
  endpoint: z.string(),
  url: z.string(),
  /** `*`, families (`message.*`), kinds. */
  kinds: z.array(z.string()),
  /** By their keys; null = every chat. */
  chats: z.array(z.string()).nullable().catch(null),
  /** Null = all, also those to come. */
  accounts: z.array(z.string()).nullable().catch(null),
  description: text,
  /** `active`, `paused` or `disabled`. */
  state: z.string(),
  /** Why it is disabled. */
  reason: textOrNull,
  /** What it answers is said in the chat that the event came from. */
  takes_replies: z.boolean().catch(false),
  /** Until when the secret before the last rotation signs as well. */
  old_secret_until: timeOrNull,
  /** Nothing but failures came since then; null = the last attempt was well. */
  failing_since: timeOrNull,
  /** The next attempt, where all accounts wait for one. */
  next_attempt_at: timeOrNull,
  created_at: time,
  changed_at: time.catch(0),
});
export type Endpoint = z.infer<typeof endpointSchema>;
export const endpointsSchema = z.looseObject({ endpoints: z.array(endpointSchema) });

/** `whsec_…`; of `secretOf` "" where this relay can read it no more. */
export const endpointWithSecretSchema = endpointSchema.extend({ secret: z.string() });
export type EndpointWithSecret = z.infer<typeof endpointWithSecretSchema>;

/** Of one attempt that is in no log and is not repeated. */
export const endpointTestSchema = z.looseObject({
  delivered: z.boolean(),
  /** Null where nobody answered. */
  status: z.int().nullable().catch(null),
  took_ms: z.number().catch(0),
  /** What came of it, for people. */
  why: text,
  /** The beginning of what it answered. */
  response: text,
});
export type EndpointTest = z.infer<typeof endpointTestSchema>;

/** How an endpoint stands in one account. */
export const endpointHealthSchema = z.looseObject({
  endpoint: z.string(),
  state: z.string(),
  delivered: count,
  /** Attempts that failed, whatever came of the next ones. */
  failed: count,
  /** Events that were given up after the last attempt. */
  exhausted: count,
  /** Events of the log that it has not come to. */
  behind: count,
  /** Chats that wait for their oldest event … */
  parked: count,
  /** … and events that their chats went on without. */
  set_aside: count,
  last_success_at: timeOrNull,
  last_failure_at: timeOrNull,
  /** Nothing is tried before that. */
  open_until: timeOrNull,
});
export type EndpointHealth = z.infer<typeof endpointHealthSchema>;
export const endpointHealthsSchema = z.looseObject({ endpoints: z.array(endpointHealthSchema) });

const attemptSchema = z.looseObject({
  /** The event's id; null where the relay does not say it. */
  event: z.string().nullable().default(null),
  /** The first is 1. */
  attempt: count,
  at: time,
  took_ms: z.number().catch(0),
  verdict: text,
  /** What went wrong, for people. */
  why: text,
  status: z.int().nullable().catch(null),
  /** The beginning of what was answered. */
  response: text,
});
export type FailedAttempt = z.infer<typeof attemptSchema>;
export const attemptsSchema = z.looseObject({ attempts: z.array(attemptSchema) });

const parkedSchema = z.looseObject({
  /** The chat's key; "" = events of no chat. */
  chat: text,
  /** The one that everything after it in its chat waits for. */
  event: z.string(),
  attempts: count,
  next_at: timeOrNull,
  since: timeOrNull,
});
const setAsideSchema = z.looseObject({ event: z.string(), attempts: count, next_at: timeOrNull });
export const waitingSchema = z.looseObject({
  parked: z.array(parkedSchema),
  set_aside: z.array(setAsideSchema),
});
export type Waiting = z.infer<typeof waitingSchema>;

export const resentSchema = z.looseObject({ event: z.string() });
export type Resent = z.infer<typeof resentSchema>;

export const replayedSchema = z.looseObject({
  /** Everything after this event comes again. */
  after: z.string(),
  /** Of the log, those that are not for the endpoint included. */
  events: count,
});
export type Replayed = z.infer<typeof replayedSchema>;
