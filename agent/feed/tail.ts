// The greatest rowid there is, for an agent whose log is empty and for a database that replaced another. No
// engine says it outright: the newest message of each of the newest chats is the base, and where there are pages,
// they are followed to their end.
import { pageSchema } from "../../shared/imsg.ts";
import type { ImsgEngine } from "../imsg/engine.ts";
import { PAGE_ROWS } from "../limits.ts";
import { asking, greatestOf, newestOfChats, type Named } from "./newest-of-chats.ts";

/** Where there is nothing any more, and the newest message up to there, by which the database is known again. */
interface Tail {
  readonly rowid: number;
  readonly message: Named | undefined;
}

/** Undefined where imsg could not be asked. */
export function findTail(
  engine: Pick<ImsgEngine, "own">,
  pages: boolean,
  hangMs: number,
  done: (tail: Tail | undefined) => void,
): void {
  const ask = asking(engine, hangMs, () => done(undefined));
  const follow = (rowid: number, newest: Named | undefined): void => {
    if (!pages) {
      done({ rowid, message: newest });
      return;
    }
    ask("messages.after", { since_rowid: rowid, limit: PAGE_ROWS }, (result) => {
      const page = pageSchema.safeParse(result);
      if (!page.success) {
        done(undefined);
        return;
      }
      const { messages, next_rowid, has_more } = page.data;
      const message = greatestOf(messages, newest);
      if (has_more && next_rowid > rowid) follow(next_rowid, message);
      else done({ rowid: Math.max(rowid, next_rowid), message });
    });
  };
  newestOfChats(ask, (newest) => follow(newest?.rowid ?? 0, newest));
}
