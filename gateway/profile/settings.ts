import * as z from "zod";
import { err, ok, type Result } from "../../shared/result.ts";
import { LATE_MAX_AGE_LIMIT_MS, LATE_MAX_AGE_MS } from "../limits.ts";

const MINUTE_MS = 60_000;

const age = z
  .string()
  .regex(/^[1-9]\d{0,3}(m|h)$/, 'late_max_age is a time like "90m" or "2h"')
  .transform((text) => Number(text.slice(0, -1)) * (text.endsWith("h") ? 60 : 1) * MINUTE_MS)
  .refine((ms) => ms <= LATE_MAX_AGE_LIMIT_MS, "late_max_age is at most 12h");

/** What `gateway.json` may say beside `url`. An unknown key is a typing mistake somebody should hear of. */
const settingsSchema = z.strictObject({
  /** Whether rows that an outage of ours delayed are dressed so that the gateway takes them. */
  late_messages: z.enum(["deliver", "as_is"]).default("deliver"),
  late_max_age: age.default(LATE_MAX_AGE_MS),
});
export type Settings = z.infer<typeof settingsSchema>;

/** The error names the setting. */
export function readSettings(raw: Record<string, unknown>): Result<Settings, string> {
  const parsed = settingsSchema.safeParse(raw);
  if (parsed.success) return ok(parsed.data);
  const issue = parsed.error.issues[0];
  const at = issue?.path.join(".") ?? "";
  return err(`${at === "" ? "" : `${at}: `}${issue?.message ?? "not valid"}`);
}
