import * as z from "zod";
import { DEFAULT_POLL_EVENTS, MAX_LISTED, MAX_POLL_EVENTS } from "../../shared/limits.ts";

/** `?limit=` of a list. */
export const pageSizeSchema = z
  .string()
  .regex(/^[0-9]{1,3}$/, "must be a whole number")
  .transform(Number)
  .pipe(z.int().min(1).max(MAX_POLL_EVENTS))
  .default(DEFAULT_POLL_EVENTS);

/** `?after=&limit=` of a list in the order in which things were made. */
export const listSchema = z.object({
  after: z.string().max(200).nullable().default(null),
  limit: z
    .string()
    .regex(/^[0-9]{1,4}$/, "must be a whole number")
    .transform(Number)
    .pipe(z.int().min(1).max(MAX_LISTED))
    .default(MAX_LISTED),
});

/** Of one more than were asked for, those that were, and where to go on; null = there are no more. */
export function listed<T, K extends string>(
  name: K,
  found: readonly T[],
  limit: number,
  idOf: (item: T) => string,
): Record<K, readonly T[]> & { next: string | null } {
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  const next = found.length > limit && last !== undefined ? idOf(last) : null;
  return { [name]: shown, next } as Record<K, readonly T[]> & { next: string | null };
}
