import type { RelayNote } from "../client/watch.ts";
import { LATE_AFTER_MS } from "../limits.ts";
import type { Settings } from "../profile/settings.ts";

/** `undated`: shown without its date, which gateways accept. `too_old`: passed as it is, and discarded there. */
export type Lateness = "on_time" | "undated" | "too_old";

/**
 * What to do about a row's age. Gateways discard what is older than 15 minutes on arrival: right for a backlog that
 * the Mac itself met late, wrong for what only an outage of ours held up.
 */
export function judgeAge(
  createdAt: unknown,
  note: RelayNote | undefined,
  now: number,
  settings: Settings,
): Lateness {
  if (settings.late_messages === "as_is" || note?.delayed !== true || typeof createdAt !== "string")
    return "on_time";
  const age = now - Date.parse(createdAt);
  // An unreadable date compares false and stays what it is.
  if (!(age > LATE_AFTER_MS)) return "on_time";
  return age <= settings.late_max_age ? "undated" : "too_old";
}
