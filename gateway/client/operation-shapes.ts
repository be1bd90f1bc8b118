// A message to send as the relay tells of it (docs/protocol.md §7): loose, so that a newer relay may say more.
import * as z from "zod";

const textOrNull = z.string().nullable().catch(null);
const timeOrNull = z.number().nullable().catch(null);
const count = z.int().min(0).catch(0);

export const operationSchema = z.looseObject({
  operation: z.string(),
  idempotency_key: textOrNull,
  method: z.string().catch(""),
  /** `queued`: it waits for the Mac. `open`: the Mac has it, and has not answered. */
  state: z.enum(["queued", "open", "settled"]).catch("open"),
  /** I6; null where nothing is known yet. */
  outcome: z.enum(["sent", "not_sent", "unknown"]).nullable(),
  /** Nothing about the outcome changes any more. An `unknown` may still be proven, one way or the other. */
  final: z.boolean().catch(false),
  /** Of the first part. */
  guid: textOrNull,
  /** One for each part that went out; null where the Mac did not say it. */
  guids: z.array(z.string().nullable()).catch([]),
  /** Parts that went out, as far as is known. */
  delivered: count,
  /** Parts that the text was split into; 0 where that is not known. */
  parts: count,
  /** What Messages says of the part that came least far. */
  status: z.enum(["sent", "delivered", "failed"]).nullable().catch(null),
  /** Whether the relay still asks for that. */
  followed: z.boolean().catch(false),
  /** The chat's key. */
  chat: textOrNull,
  /** Why it was not sent. */
  error: z.looseObject({ code: z.string(), detail: z.string().optional() }).nullable().catch(null),
  created_at: timeOrNull,
  /** When it is given up where it still waits for the Mac. */
  expires_at: timeOrNull,
  settled_at: timeOrNull,
});
export type Operation = z.infer<typeof operationSchema>;
export const operationsSchema = z.looseObject({ operations: z.array(operationSchema) });

const sendOutcomeSchema = operationSchema.extend({
  /** Null where the request itself had no answer. */
  operation: z.string().nullable(),
  idempotency_key: z.string(),
});
/**
 * `outcome` (I6): `sent`; `unknown`, it may have gone out; null, it is queued. Sending the same again with the same
 * `idempotency_key` never sends it twice (I7).
 */
export type SendOutcome = z.infer<typeof sendOutcomeSchema>;
