// An endpoint as the tenant stores it.
import * as z from "zod";
import { breakerSchema } from "./breaker.ts";

const json = <T>(schema: z.ZodType<T>) => z.string().transform((text) => schema.parse(JSON.parse(text)));
const secretsSchema = z.array(z.object({ sealed: z.string(), until: z.number().nullable() }));

export const rowSchema = z.object({
  endpoint: z.string(),
  url: z.string(),
  kinds: json(z.array(z.string())),
  /** Null = every chat. */
  chats: z
    .string()
    .nullable()
    .transform((text) => (text === null ? null : z.array(z.string()).parse(JSON.parse(text)))),
  /** Null = all, also those to come. */
  accounts: z
    .string()
    .nullable()
    .transform((text) => (text === null ? null : z.array(z.string()).parse(JSON.parse(text)))),
  description: z.string(),
  state: z.enum(["active", "paused", "disabled"]),
  /** Why it is disabled, for a human. */
  reason: z.string().nullable(),
  takes_replies: z.number().transform((flag) => flag === 1),
  secrets: json(secretsSchema),
  round: z.number(),
  breaker: json(breakerSchema),
  created_at: z.number(),
  changed_at: z.number(),
});
export type Row = z.infer<typeof rowSchema>;
