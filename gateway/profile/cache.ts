import { createHash } from "node:crypto";
import path from "node:path";
import type { Connection } from "./connection.ts";
import type { Home } from "./home.ts";
import { readPrivate, writePrivate } from "./private-files.ts";

/** Small files that make an absence of the relay bearable. Losing one is no harm, so no failure is reported. */
export interface FileCache extends Cache {
  /** Where its files are. */
  readonly folder: string;
}
export interface Cache {
  /** Undefined where there is none, or nothing of use. */
  read(name: CacheName): unknown;
  write(name: CacheName, value: unknown): void;
}
type CacheName = "chats" | "position" | "late" | "status";

/** One folder for each relay and account, so that a new login never shows another account's chats. */
export function fileCache(home: Home, { relay, account }: Connection): FileCache {
  const name = createHash("sha256").update(`${relay}\n${account}`).digest("hex").slice(0, 16);
  const folder = path.join(home.folder, "cache", name);
  const fileOf = (what: CacheName): string => path.join(folder, `${what}.json`);
  return {
    folder,
    read: (what) => {
      const read = readPrivate(fileOf(what));
      if (read.kind !== "text") return undefined;
      try {
        return JSON.parse(read.text);
      } catch {
        return undefined;
      }
    },
    write: (what, value) => {
      try {
        writePrivate(fileOf(what), JSON.stringify(value));
      } catch {
        // A full or read-only disk: the next start does without.
      }
    },
  };
}
