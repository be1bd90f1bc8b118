import { createHash } from "node:crypto";
import { lstatSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { MAX_SOCKET_PATH_BYTES } from "../limits.ts";
import type { Connection } from "../profile/connection.ts";
import type { Home } from "../profile/home.ts";
import { SIBLING_PROTOCOL } from "./protocol.ts";

export interface Place {
  readonly folder: string;
  readonly socket: string;
}

/**
 * Where the processes that share a connection meet. The name is a hash over all that must be the same: two profiles
 * with one key may share, another key or another version of this protocol never does.
 */
export function meetingPlace(home: Home, { relay, account, key }: Connection, temporary = tmpdir()): Place {
  const name = createHash("sha256")
    .update([relay, account, key, SIBLING_PROTOCOL].join("\n"))
    .digest("hex")
    .slice(0, 20);
  const mine = `imsg-relay-${process.getuid?.() ?? 0}`;
  const folders = [path.join(home.folder, "run"), path.join(temporary, mine)];
  const places = folders.map((folder) => ({ folder, socket: path.join(folder, `${name}.sock`) }));
  const short = places.find(({ socket }) => Buffer.byteLength(socket) <= MAX_SOCKET_PATH_BYTES);
  return short ?? { folder: `/tmp/${mine}`, socket: `/tmp/${mine}/${name}.sock` };
}

/** A folder in /tmp may be anybody's: whoever owns it could read along. Ours, 0700 and no link, or not used at all. */
export function isPrivate(folder: string): boolean {
  try {
    const stat = lstatSync(folder);
    return stat.isDirectory() && stat.uid === process.getuid?.() && (stat.mode & 0o077) === 0;
  } catch {
    return false;
  }
}

export function makePlace({ folder }: Place): boolean {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch {
    return false;
  }
  return isPrivate(folder);
}
