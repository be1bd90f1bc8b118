// Another database takes the place of the one in use, as after a restore: the same chats and the last messages under
// other row ids, and new ones that were never seen here.
import { setTimeout as sleep } from "node:timers/promises";
import { pick } from "../imsg-sim/random.ts";
import { until } from "../e2e/waiting.ts";
import type { Scene } from "./rounds.ts";
import { HANDLES } from "./stage.ts";
import { KEPT_ROWS } from "./stream.ts";

const SEEN_MS = 15_000;
/**
 * Rows of other times at its head, so that every message has a lower row id than before, or every one a higher, or
 * that the place where reading stopped is amid those that nobody was shown yet.
 */
const OLDER = [
  (): number => 0,
  (): number => 2_000,
  (lastRow: number): number => Math.max(0, lastRow - KEPT_ROWS - 60),
] as const;
/** Older than anything the relay asks for after a reset. */
const OLDER_MS = 3_600_000;

/** A burst is read within about this. */
const BURST_READ_MS = 250;
/** Begins the guid of every row that is older than the log, and that nobody may be shown. */
export const OLDER_GUID = "0ABCDEF0";
const BULK = { op: "bulk", sender: HANDLES[0], text: "older", guid_head: OLDER_GUID } as const;

export async function replaceDatabase({
  dialect,
  stage,
  stream,
  library,
  random,
  note,
}: Scene): Promise<void> {
  const { system, world, chats } = stage;
  const { database } = (await system.status()).log;
  // Whoever reads is in the middle of more than one look shows.
  stream.burst();
  await sleep(random() * BURST_READ_MS);
  const date = Date.now() - OLDER_MS;
  const shown = new Set(library.shelf.messages.map(({ guid }) => guid));
  const older = pick(random, OLDER)(Math.max(...library.shelf.messages.map(({ id }) => id)));
  world.replace((script) => {
    for (const guid of chats.toReversed()) {
      if (guid.includes(";+;")) script.append({ op: "chat", guid, participants: HANDLES });
      else script.append({ op: "chat", guid });
    }
    const [first = ""] = chats;
    if (older > 0) script.append({ ...BULK, count: older, chat: first, date });
    stream.restore(script, (guid) => shown.has(guid));
  });
  note(`database replaced, with ${older} older rows`);
  await until(
    async () => (await system.status()).log.database > database,
    "the relay knows of another database",
    SEEN_MS,
  );
  // LINK11: on the old engine what came in between is read from each chat's history, which has no tapbacks.
  if (dialect === "0.9") stream.excuseTapbacks((guid) => shown.has(guid));
}
