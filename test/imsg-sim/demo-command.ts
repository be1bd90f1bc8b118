import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
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

/** `imsg-sim receive --db PATH --chat GUID --from HANDLE [--file PATH] TEXT`: somebody writes, or sends a file. */
export function receiveCommand(
  databasePath: string,
  { chat, from, file }: { readonly chat: string; readonly from: string; readonly file?: string | undefined },
  words: readonly string[],
): string {
  // Messages knows where its files are, wherever this was typed.
  const mac = new Mac({ folder: resolve(dirname(databasePath)) });
  const text = words.join(" ");
  const guid =
    file === undefined
      ? mac.appendText(chat, from, text)
      : mac.appendFile(chat, from, basename(file), readFileSync(file), text);
  return JSON.stringify({ guid });
}
