// LINK11 on an engine without pages: what a replaced database holds since the last logged message, chat by chat
// from its history. Tapbacks are hidden there, so those of that window are not recovered.
import * as z from "zod";
import { chatsSchema, historySchema } from "../../shared/imsg.ts";
import { MAX_NOTED_CHATS } from "../../shared/limits.ts";
import type { ImsgEngine } from "../imsg/engine.ts";
import { HISTORY_ROWS } from "../limits.ts";
import { readRow, type Row } from "./row.ts";

const chatSchema = z.looseObject({ id: z.int(), last_message_at: z.string().catch("") });

/** Rows in the order of their rowids; `no_guid` where the process is of no use, `failed` where it cannot be asked. */
export function readBack(
  engine: Pick<ImsgEngine, "own">,
  floor: number,
  hangMs: number,
  done: (rows: readonly Row[] | "no_guid" | "failed") => void,
): void {
  // A message joined to two chats is in both.
  const found = new Map<string, Row>();
  const ask = (method: string, params: unknown, next: (result: unknown) => void): void => {
    engine.own(method, params, hangMs, (outcome) => {
      if (outcome.kind === "answer" && "result" in outcome.answer) next(outcome.answer.result);
      else done("failed");
    });
  };

  ask("chats.list", { limit: MAX_NOTED_CHATS }, (result) => {
    const chats = (chatsSchema.safeParse(result).data?.chats ?? []).flatMap((item) => {
      const chat = chatSchema.safeParse(item);
      // A date that cannot be read may be a new one.
      return chat.success && !(Date.parse(chat.data.last_message_at) < floor) ? [chat.data.id] : [];
    });
    const next = (index: number): void => {
      const chat = chats[index];
      if (chat === undefined) done([...found.values()].sort((a, b) => a.rowid - b.rowid));
      else page(chat, undefined, () => next(index + 1));
    };
    next(0);
  });

  /** Newest first; the next page ends just after the oldest of this one, so that equal dates are not lost. */
  function page(chat: number, end: number | undefined, finished: () => void): void {
    const params = {
      chat_id: chat,
      limit: HISTORY_ROWS,
      start: new Date(floor).toISOString(),
      attachments: true,
      ...(end === undefined ? {} : { end: new Date(end).toISOString() }),
    };
    ask("messages.history", params, (result) => {
      const messages = historySchema.safeParse(result).data?.messages ?? [];
      let oldest: number | undefined;
      let fresh = false;
      for (const message of messages) {
        const read = readRow(message);
        if (read.kind === "no_guid") {
          done("no_guid");
          return;
        }
        if (read.kind !== "row") continue;
        const key = `${read.row.rowid} ${read.row.chatId}`;
        fresh ||= !found.has(key);
        found.set(key, read.row);
        if (read.row.date !== undefined) oldest = Math.min(oldest ?? read.row.date, read.row.date);
      }
      if (messages.length >= HISTORY_ROWS && fresh && oldest !== undefined) page(chat, oldest + 1, finished);
      else finished();
    });
  }
}
