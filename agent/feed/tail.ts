// The greatest rowid there is, for an agent whose log is empty and for a database that replaced another. No
// engine says it outright: the newest message of each of the newest chats is the base, and where there are pages,
// they are followed to their end.
import * as z from "zod";
import { chatsSchema, historySchema, pageSchema } from "../../shared/imsg.ts";
import type { ImsgEngine } from "../imsg/engine.ts";
import type { LaneOutcome } from "../imsg/call-queue.ts";
import { PAGE_ROWS, TAIL_CHATS } from "../limits.ts";

const numbered = z.looseObject({ id: z.int() });

/** Undefined where imsg could not be asked. */
export function findTail(
  engine: Pick<ImsgEngine, "own">,
  pages: boolean,
  hangMs: number,
  done: (tail: number | undefined) => void,
): void {
  const ask = (method: string, params: unknown, next: (result: unknown) => void): void => {
    engine.own(method, params, hangMs, (outcome) => {
      const result = resultOf(outcome);
      if (result === undefined) done(undefined);
      else next(result);
    });
  };
  const follow = (tail: number): void => {
    if (!pages) {
      done(tail);
      return;
    }
    ask("messages.after", { since_rowid: tail, limit: PAGE_ROWS }, (result) => {
      const page = pageSchema.safeParse(result);
      if (!page.success) done(undefined);
      else if (page.data.has_more && page.data.next_rowid > tail) follow(page.data.next_rowid);
      else done(Math.max(tail, page.data.next_rowid));
    });
  };
  ask("chats.list", { limit: TAIL_CHATS }, (result) => {
    // Several chats, because the newest message by date need not have the greatest rowid (iCloud back-fill).
    const chats = idsOf(chatsSchema.safeParse(result).data?.chats);
    const next = (index: number, tail: number): void => {
      const chat = chats[index];
      if (chat === undefined) {
        follow(tail);
        return;
      }
      ask("messages.history", { chat_id: chat, limit: 1 }, (result) => {
        next(index + 1, Math.max(tail, ...idsOf(historySchema.safeParse(result).data?.messages)));
      });
    };
    next(0, 0);
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
