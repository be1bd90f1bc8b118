// The greatest rowid there is, for an agent whose log is empty and for a database that replaced another. No
// engine says it outright: the newest message of each of the newest chats is the base, and where there are pages,
// they are followed to their end.
import * as z from "zod";
import { chatsSchema, historySchema, pageSchema } from "../../shared/imsg.ts";
import type { ImsgEngine } from "../imsg/engine.ts";
import type { LaneOutcome } from "../imsg/call-queue.ts";
import { PAGE_ROWS, TAIL_CHATS } from "../limits.ts";

const numbered = z.looseObject({ id: z.int() });
const named = z.looseObject({ id: z.int(), guid: z.string().min(1) });

/** Where there is nothing any more, and the newest message up to there, by which the database is known again. */
export interface Tail {
  readonly rowid: number;
  readonly message: { readonly rowid: number; readonly guid: string } | undefined;
}

/** Undefined where imsg could not be asked. */
export function findTail(
  engine: Pick<ImsgEngine, "own">,
  pages: boolean,
  hangMs: number,
  done: (tail: Tail | undefined) => void,
): void {
  const ask = (method: string, params: unknown, next: (result: unknown) => void): void => {
    engine.own(method, params, hangMs, (outcome) => {
      const result = resultOf(outcome);
      if (result === undefined) done(undefined);
      else next(result);
    });
  };
  let newest: Tail["message"];
  const saw = (messages: readonly unknown[]): void => {
    for (const message of messages) {
      const read = named.safeParse(message);
      if (read.success && read.data.id > (newest?.rowid ?? 0))
        newest = { rowid: read.data.id, guid: read.data.guid };
    }
  };
  const follow = (rowid: number): void => {
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
      saw(messages);
      if (has_more && next_rowid > rowid) follow(next_rowid);
      else done({ rowid: Math.max(rowid, next_rowid), message: newest });
    });
  };
  ask("chats.list", { limit: TAIL_CHATS }, (result) => {
    // Several chats, because the newest message by date need not have the greatest rowid (iCloud back-fill).
    const chats = idsOf(chatsSchema.safeParse(result).data?.chats);
    const next = (index: number): void => {
      const chat = chats[index];
      if (chat === undefined) {
        follow(newest?.rowid ?? 0);
        return;
      }
      ask("messages.history", { chat_id: chat, limit: 1 }, (result) => {
        saw(historySchema.safeParse(result).data?.messages ?? []);
        next(index + 1);
      });
    };
    next(0);
  });
}

const resultOf = (outcome: LaneOutcome): unknown =>
  outcome.kind === "answer" && "result" in outcome.answer ? outcome.answer.result : undefined;

function idsOf(items: readonly unknown[] | undefined): number[] {
  return (items ?? []).flatMap((item) => {
    const read = numbered.safeParse(item);
    return read.success ? [read.data.id] : [];
  });
}
