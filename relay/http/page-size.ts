import * as z from "zod";
import { DEFAULT_POLL_EVENTS, MAX_POLL_EVENTS } from "../../shared/limits.ts";

/** `?limit=` of a list. */
export const pageSizeSchema = z
  .string()
  .regex(/^[0-9]{1,3}$/, "must be a whole number")
  .transform(Number)
  .pipe(z.int().min(1).max(MAX_POLL_EVENTS))
  .default(DEFAULT_POLL_EVENTS);
