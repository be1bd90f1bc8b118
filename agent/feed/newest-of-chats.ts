// The newest message of each of the newest chats, and of those the one with the greatest row id. Several chats,
// because the newest message by date need not have the greatest row id (iCloud back-fill).
import * as z from "zod";
import { chatsSchema, historySchema } from "../../shared/imsg.ts";
import type { LaneOutcome } from "../imsg/call-queue.ts";
import type { ImsgEngine } from "../imsg/engine.ts";
import { TAIL_CHATS } from "../limits.ts";

export type Named = { readonly rowid: number; readonly guid: string };

/** Asks imsg one thing; `next` is not called where there is no result. */
type Ask = (method: string, params: unknown, next: (result: unknown) => void) => void;

const numbered = z.looseObject({ id: z.int() });
const named = z.looseObject({ id: z.int(), guid: z.string().min(1) });

/** For a chain of questions that ends with the first one that has no result. */
export const asking =
  (engine: Pick<ImsgEngine, "own">, hangMs: number, failed: () => void): Ask =>
  (method, params, next) => {
    engine.own(method, params, hangMs, (outcome) => {
      const result = resultOf(outcome);
      if (result === undefined) failed();
      else next(result);
    });
  };

/** Undefined where there is no message at all. */
export function newestOfChats(ask: Ask, done: (newest: Named | undefined) => void): void {
  ask("chats.list", { limit: TAIL_CHATS }, (result) => {
    const chats = idsOf(chatsSchema.safeParse(result).data?.chats);
    let newest: Named | undefined;
    const next = (index: number): void => {
      const chat = chats[index];
      if (chat === undefined) {
        done(newest);
        return;
      }
      ask("messages.history", { chat_id: chat, limit: 1 }, (result) => {
        newest = greatestOf(historySchema.safeParse(result).data?.messages ?? [], newest);
        next(index + 1);
      });
    };
    next(0);
  });
}

/** The one with the greatest row id, of these and the greatest so far. */
export function greatestOf(messages: readonly unknown[], soFar: Named | undefined): Named | undefined {
  let greatest = soFar;
  for (const message of messages) {
    const read = named.safeParse(message);
    if (read.success && read.data.id > (greatest?.rowid ?? 0))
      greatest = { rowid: read.data.id, guid: read.data.guid };
  }
  return greatest;
}

export function idsOf(items: readonly unknown[] | undefined): number[] {
  return (items ?? []).flatMap((item) => {
    const read = numbered.safeParse(item);
    return read.success ? [read.data.id] : [];
  });
}

const resultOf = (outcome: LaneOutcome): unknown =>
  outcome.kind === "answer" && "result" in outcome.answer ? outcome.answer.result : undefined;
