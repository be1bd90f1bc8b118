import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { demoWorld } from "./demo-world.ts";
import { Mac } from "./scenario.ts";

/** `imsg-sim demo FOLDER`: a Mac to look at, made where there is none yet. */
export function demoCommand(words: readonly string[]): string {
  const [folder] = words;
  if (folder === undefined) throw new Error("demo needs a folder");
  const isThere = existsSync(join(folder, "chat.db"));
  const mac = new Mac({ folder: resolve(folder), ...(isThere ? {} : { settings: { dialect: "0.15" } }) });
  if (!isThere) demoWorld(mac);
  return JSON.stringify({ folder: mac.folder, db_path: mac.dbPath });
}

/** `imsg-sim receive --db PATH --chat GUID --from HANDLE TEXT`: somebody writes. */
export function receiveCommand(
  databasePath: string,
  chat: string,
  from: string,
  words: readonly string[],
): string {
  const mac = new Mac({ folder: dirname(databasePath) });
  return JSON.stringify({ guid: mac.appendText(chat, from, words.join(" ")) });
}
