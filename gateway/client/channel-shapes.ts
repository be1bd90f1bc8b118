// The relay's answers about the channel as this side reads them (docs/protocol.md §6b): loose, so that a newer relay
// may say more.
import * as z from "zod";

const time = z.number();
const text = z.string().catch("");
const textOrNull = z.string().nullable().catch(null);

const consumerSchema = z.looseObject({
  name: z.string(),
  /** The id of the last event it has dealt with. */
  cursor: z.string(),
  /** Events of the log behind that place, those it would not be shown included. */
  behind: z.number(),
  connected: z.boolean(),
  created_at: time,
  seen_at: time,
});
export type Consumer = z.infer<typeof consumerSchema>;
export const consumersSchema = z.looseObject({ consumers: z.array(consumerSchema) });
export const removedConsumerSchema = z.looseObject({ name: z.string() });

/** Without the message's text. */
const decisionSchema = z.looseObject({
  id: z.string(),
  kind: text,
  logged_at: time,
  /** What became of the message, and by which rule. */
  verdict: z.string(),
  reason: z.string(),
  /** The same in a sentence. */
  says: text,
  sender: textOrNull,
  chat: textOrNull,
  rowid: z.number().nullable().catch(null),
});
export type Decision = z.infer<typeof decisionSchema>;
export const decisionsSchema = z.looseObject({
  decisions: z.array(decisionSchema),
  next: z.string(),
  more: z.boolean().catch(false),
});
export type DecisionPage = z.infer<typeof decisionsSchema>;

export const ticketSchema = z.looseObject({ ticket: z.string(), door: z.string(), expires_at: time });
export type Ticket = z.infer<typeof ticketSchema>;

export const claimSchema = z.looseObject({
  chat: z.string(),
  consumer: textOrNull,
  /** Whether the asking key holds it. */
  mine: z.boolean(),
  expires_at: time,
});
export type Claim = z.infer<typeof claimSchema>;
export const claimsSchema = z.looseObject({ claims: z.array(claimSchema) });
export const removedClaimSchema = z.looseObject({ chat: z.string() });

const pairingRequestSchema = z.looseObject({
  handle: z.string(),
  code: z.string(),
  name: textOrNull,
  created_at: time,
  last_seen_at: time,
  expires_at: time,
});
export type PairingRequest = z.infer<typeof pairingRequestSchema>;
export const allowedSchema = z.looseObject({ handle: z.string(), approved_at: time, by: text });
export type Allowed = z.infer<typeof allowedSchema>;
export const pairingSchema = z.looseObject({
  requests: z.array(pairingRequestSchema),
  allowed: z.array(allowedSchema),
});
export type Pairing = z.infer<typeof pairingSchema>;
export const handleSchema = z.looseObject({ handle: z.string() });
