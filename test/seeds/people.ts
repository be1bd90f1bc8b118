import type { ChatOp } from "../imsg-sim/world-op.ts";

/** Who writes in these histories. */
export const HANDLES = ["+15550100101", "+15550100102", "dee.field@example.com"];

/** A chat of theirs, as a database gets it that takes another's place. */
export function chatOp(guid: string): ChatOp {
  return guid.includes(";+;")
    ? { op: "chat", guid, participants: HANDLES, display_name: "Friends" }
    : { op: "chat", guid };
}
