// What was used of an account in a day of UTC.
import * as z from "zod";

/** One day, as it is counted. `in`: from the Mac; bytes: of attachments; `wakes`: how often its object began to live. */
export const dayUsageSchema = z.object({
  messages_in: z.number(),
  messages_out: z.number(),
  events: z.number(),
  calls: z.number(),
  files_in: z.number(),
  files_out: z.number(),
  bytes_in: z.number(),
  bytes_out: z.number(),
  webhook_attempts: z.number(),
  rows_written: z.number(),
  wakes: z.number(),
});
export type DayUsage = z.infer<typeof dayUsageSchema>;

const DAY_MS = 24 * 60 * 60 * 1_000;

/** `2026-05-03`: days of UTC, so that they are the same wherever the relay is. */
export const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);
/** When the day after that moment begins. */
export const nextDayAt = (at: number): number => (Math.floor(at / DAY_MS) + 1) * DAY_MS;
