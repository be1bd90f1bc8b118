import { LINK_PROTOCOL, type RelayFrame } from "../../../shared/frames.ts";
import type { State } from "../store/state.ts";

/** What a Mac is told that may serve the account now (LINK10, LINK11). */
export function welcomeOf(
  { epoch, database, resume, newest, reset }: State,
  identity: readonly { readonly rowid: number; readonly guid: string }[],
  time: number,
): RelayFrame {
  return {
    t: "welcome",
    epoch,
    protocol: LINK_PROTOCOL,
    database,
    resume,
    identity: [...identity],
    newest,
    reset,
    settings: {},
    time,
  };
}
