import { RESET_OVERLAP_MS } from "../../../shared/limits.ts";
import type { Outage } from "../../../shared/events.ts";
import type { State } from "../store/state.ts";

/**
 * The outage that ends now. One that ended a moment before is the same one: its catch-up may not be through, and
 * its rows are as late as they were.
 */
export function mergeOutage(state: Pick<State, "online" | "seen_at" | "outage">, now: number): Outage | null {
  const { online, seen_at, outage } = state;
  if (online || seen_at === null) return outage;
  const isSame = outage !== null && seen_at - outage.until < RESET_OVERLAP_MS;
  return { from: isSame ? outage.from : seen_at, until: now };
}
