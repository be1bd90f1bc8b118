import type { Database, Host, OpenFailure } from "./host.ts";
import { databaseUnavailable } from "./rpc-failure.ts";

// For the human who set it up, on the wire as `data.detail`.
const MISSING =
  "The configured Messages database does not exist. Create or copy chat.db at this path, then retry.";
const UNREADABLE =
  "The configured Messages database could not be opened read-only. " +
  "Verify the path and grant Full Disk Access to the supervising process, then retry.";

/** 0.15 looks at the path anew for every request: what was missing or replaced is picked up. */
export function openDatabase(host: Host): Database | string {
  const opened: Database | OpenFailure = host.world.open();
  if (opened === "missing") return MISSING;
  if (typeof opened === "string" || opened.state !== "ready") return UNREADABLE;
  opened.refresh();
  return opened;
}

export function requireDatabase(host: Host): Database {
  const opened = openDatabase(host);
  if (typeof opened === "string") throw databaseUnavailable(host.world.path, opened);
  return opened;
}
