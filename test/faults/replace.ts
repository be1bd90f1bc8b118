// Another database takes the place of the one in use, as after a restore: the same chats and the last messages under
// other row ids, and new ones that were never seen here.
import { until } from "../e2e/waiting.ts";
import type { Scene } from "./rounds.ts";
import { HANDLES } from "./stage.ts";

const SEEN_MS = 15_000;
/** Rows of other times at its head, so that no message keeps its row id. */
const OLDER = 40;
/** Older than anything the relay asks for after a reset. */
const OLDER_MS = 3_600_000;

export async function replaceDatabase({ dialect, stage, stream, library, note }: Scene): Promise<void> {
  const { system, world, chats } = stage;
  const { database } = (await system.status()).log;
  const date = Date.now() - OLDER_MS;
  world.replace((script) => {
    for (const guid of chats.toReversed()) {
      if (guid.includes(";+;")) script.append({ op: "chat", guid, participants: HANDLES });
      else script.append({ op: "chat", guid });
    }
    const [first = ""] = chats;
    for (let at = 0; at < OLDER; at += 1) script.appendText(first, HANDLES[0], `older ${at}`, { date });
    stream.restore(script);
  });
  const shown = new Set(library.shelf.messages.map(({ guid }) => guid));
  note("database replaced");
  await until(
    async () => (await system.status()).log.database > database,
    "the relay knows of another database",
    SEEN_MS,
  );
  // LINK11: on the old engine what came in between is read from each chat's history, which has no tapbacks.
  if (dialect === "0.9") stream.excuseTapbacks((guid) => shown.has(guid));
}
