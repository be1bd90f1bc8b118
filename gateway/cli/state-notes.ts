import type { LinkState } from "../client/link.ts";
import { harmless } from "./text-table.ts";

/** Once for every loss of the relay: that it is gone, and that it is back. */
export function stateNotes(note: (line: string) => void): (state: LinkState) => void {
  let isAway = false;
  return (state) => {
    if (state.kind === "waiting" && !isAway) {
      isAway = true;
      note(`no connection to the relay (${harmless(state.why)}); trying again until there is one.`);
    } else if (state.kind === "open" && isAway) {
      isAway = false;
      note("connected again; it goes on where it was.");
    }
  };
}
