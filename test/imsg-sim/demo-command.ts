import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { demoWorld } from "./demo-world.ts";
import { Mac } from "./scenario.ts";

/** Of what the simulated Mac adds; everything else is imsg's own, and speaks as that does. */
export const SIM_HELP = `imsg-sim: a simulated imsg, and the Mac behind it.

  imsg-sim demo FOLDER       a Mac to look at, in FOLDER; made where there is none yet
  imsg-sim receive --db PATH --chat GUID --from HANDLE [--file FILE] [TEXT]
                             somebody writes, or sends a file

  --db PATH        the chat.db in a folder that demo made
  --chat GUID      a chat that is there, like any;-;+15550100111; a wrong one is answered with all there are
  --new            make that chat with one person first, like any;-;+15550100199, where it is not there
  --from HANDLE    who writes: a number or an e-mail address

  imsg-sim rpc [--db PATH] [--dialect 0.9|0.15], imsg-sim status, imsg-sim --version   as imsg has them`;

/** `imsg-sim demo FOLDER`: a Mac to look at, made where there is none yet. */
export function demoCommand(words: readonly string[]): string {
  const [folder] = words;
  if (folder === undefined) throw new Error("demo needs a folder");
  const isThere = existsSync(join(folder, "chat.db"));
  const mac = new Mac({ folder: resolve(folder), ...(isThere ? {} : { settings: { dialect: "0.15" } }) });
  if (!isThere) demoWorld(mac);
  return JSON.stringify({ folder: mac.folder, db_path: mac.dbPath });
}

/** `imsg-sim receive --db PATH --chat GUID [--new] --from HANDLE [--file PATH] TEXT`: somebody writes, or sends a file. */
export function receiveCommand(databasePath: string, argv: readonly string[]): string {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      db: { type: "string" },
      chat: { type: "string", default: "" },
      from: { type: "string", default: "" },
      file: { type: "string" },
      new: { type: "boolean", default: false },
    },
  });
  const { chat, from, file } = values;
  if (from === "") throw new Error("receive needs --from, who writes");
  if (!existsSync(databasePath))
    throw new Error(`there is no ${databasePath}; imsg-sim demo FOLDER makes a Mac`);
  // Messages knows where its files are, wherever this was typed.
  const mac = new Mac({ folder: resolve(dirname(databasePath)) });
  enter(mac, chat, values.new);
  const text = positionals.join(" ");
  const guid =
    file === undefined
      ? mac.appendText(chat, from, text)
      : mac.appendFile(chat, from, basename(file), readFileSync(file), text);
  return JSON.stringify({ guid });
}

/** A row of a chat that is not there is one that nobody ever sees. */
function enter(mac: Mac, chat: string, mayMake: boolean): void {
  const world = mac.world();
  if (world.chat(chat) !== undefined) return;
  if (mayMake && /^[A-Za-z]+;-;.+$/.test(chat)) return mac.append({ op: "chat", guid: chat });
  const there = [...world.chats.values()].map(({ guid }) => guid).join(", ");
  const which = there === "" ? "there are none" : `there are ${there}`;
  throw new Error(
    `there is no chat ${JSON.stringify(chat)}: ${which}; --new makes one, like any;-;+15550100199`,
  );
}
