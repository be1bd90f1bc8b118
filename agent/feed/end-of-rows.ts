// Where a catch-up ends, nearly: the greatest row id, without reading what is in between.
import { pageSchema } from "../../shared/imsg.ts";
import type { ImsgEngine } from "../imsg/engine.ts";
import { PAGE_ROWS } from "../limits.ts";
import { asking, idsOf, newestOfChats } from "./newest-of-chats.ts";

/**
 * Undefined where imsg could not be asked. An old engine can only name the newest message of the newest chats, which
 * may be far below (iCloud back-fill); a new one is asked for one row beyond a row id, again and again: some twenty
 * small questions for 50,000 rows, where `messages.stats` would count the whole database.
 */
export function findEnd(
  engine: Pick<ImsgEngine, "own">,
  pages: boolean,
  from: number,
  hangMs: number,
  done: (rowid: number | undefined) => void,
): void {
  const ask = asking(engine, hangMs, () => done(undefined));
  if (pages) gallop(from, undefined, PAGE_ROWS);
  else newestOfChats(ask, (newest) => done(newest?.rowid));

  /** The greatest is at or above `low`, and at or below `high`, once that is known. */
  function gallop(low: number, high: number | undefined, step: number): void {
    if (low === high) {
      done(low);
      return;
    }
    const middle = high === undefined ? low + step : low + Math.floor((high - low) / 2);
    ask("messages.after", { since_rowid: middle, limit: 1, include_reactions: true }, (result) => {
      const page = pageSchema.safeParse(result);
      if (!page.success) {
        done(undefined);
        return;
      }
      const beyond = Math.max(page.data.next_rowid, ...idsOf(page.data.messages));
      if (beyond > middle) gallop(Math.min(beyond, high ?? beyond), high, step * 2);
      else gallop(low, middle, step);
    });
  }
}
