import type { DayRange } from "../client/tenants-http.ts";
import { MAX_USAGE_DAYS } from "../limits.ts";
import type { Invocation } from "./invocation.ts";
import { countOf } from "./options.ts";

const USUAL_DAYS = 31;
const DAY_MS = 24 * 3_600_000;

/** `--days`: so many of UTC, today's included. */
export function daysOf(invocation: Invocation, now: number): { readonly range: DayRange } | string {
  const days = countOf(invocation, "--days", MAX_USAGE_DAYS, USUAL_DAYS);
  if (typeof days === "string") return days;
  const dayAt = (at: number): string => new Date(at).toISOString().slice(0, 10);
  return { range: { from: dayAt(now - (days - 1) * DAY_MS), to: dayAt(now) } };
}
