import { readdirSync, rmSync } from "node:fs";
import { connect } from "node:net";
import path from "node:path";
import type { Place } from "./place.ts";

/**
 * Removes what processes left that were killed, under keys that nobody uses any more: a socket's file at which
 * nobody listens. Ours is not among them: it is replaced in one step, never missing.
 */
export function sweep({ folder, socket }: Place): void {
  for (const name of readdirSync(folder)) {
    const file = path.join(folder, name);
    if (!name.includes(".sock") || file === socket) continue;
    const look = connect(file, () => look.destroy());
    look.on("error", (error: Error & { code?: string }) => {
      if (error.code === "ECONNREFUSED") rmSync(file, { force: true });
    });
  }
}
