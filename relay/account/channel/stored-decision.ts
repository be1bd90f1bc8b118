import * as z from "zod";

/** What is kept of a decision, beside its message. */
export const storedDecisionSchema = z.object({
  verdict: z.enum(["show", "hold", "pair", "command", "drop"]),
  reason: z.string(),
  chat_type: z.enum(["direct", "group"]).nullable(),
  /** Normalised; "" = none. */
  sender: z.string(),
  mentioned: z.boolean().nullable(),
  self_chat: z.boolean(),
  session_key: z.string().nullable(),
  via: z.enum(["relay", "mac"]).nullable(),
  /** Numbers of the events that are this one's context. */
  context: z.array(z.number()),
  /** The message's content was not kept. */
  withheld: z.boolean(),
});
export type StoredDecision = z.infer<typeof storedDecisionSchema>;
