import { historySchema } from "../../shared/imsg.ts";
import type { AccountTarget } from "../client/account.ts";
import { MAX_CACHED_CHATS, MAX_CHATS_OF_HANDLE, MAX_SHOWN_HISTORY } from "../limits.ts";
import { asking, type Asking } from "./asking.ts";
import { isChosen, notAChat, readChatChoice, type ChatChoice } from "./chat-choice.ts";
import { listChats } from "./chat-list.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import type { Invocation } from "./invocation.ts";
import { Timeline } from "./local-time.ts";
import {
  layLines,
  linesOf,
  sentAt,
  senderOf,
  shownMessageSchema,
  type ShownMessage,
} from "./message-lines.ts";
import { countOf, valueOf } from "./options.ts";
import { readRpc } from "./rpc-read.ts";
import { cells } from "./text-cells.ts";
import { harmless } from "./text-table.ts";

interface HistoryWish {
  readonly choice: ChatChoice;
  /** As it was typed. */
  readonly chat: string;
  readonly limit: number;
}

/** As imsg. */
const DEFAULT_LIMIT = 50;

export const history = asking<HistoryWish>("history", { read: readWish, run: show, scope: "rpc" });

function readWish(invocation: Invocation): HistoryWish | string {
  const id = valueOf(invocation, "--chat-id");
  const [chat, ...others] = [...(id === undefined ? [] : [`chat_id:${id}`]), ...invocation.words];
  if (chat === undefined || others.length > 0) return "history needs one chat: history +15550100111";
  const choice = readChatChoice(chat);
  if (choice === undefined) return notAChat(chat);
  const limit = countOf(invocation, "--limit", MAX_SHOWN_HISTORY, DEFAULT_LIMIT);
  return typeof limit === "string" ? limit : { choice, chat, limit };
}

async function show({ choice, chat, limit }: HistoryWish, ask: Asking): Promise<ExitCode> {
  const ids = await chatIds(ask.target, choice);
  if (ids.length === 0) {
    ask.note(`there is no chat ${harmless(chat)} on the Mac; imsg-relay chats shows those that are.`);
    return EXIT.failed;
  }
  const messages = await newest(ask.target, ids, limit);
  if (ask.json) for (const { raw } of messages) ask.say(JSON.stringify(raw));
  else if (messages.length === 0) ask.note("there are no messages in this chat.");
  else for (const line of conversation(messages.toReversed(), ask.columns)) ask.say(line);
  return EXIT.done;
}

/** Somebody may have several, one for each service. */
async function chatIds(target: AccountTarget, choice: ChatChoice): Promise<readonly number[]> {
  if (choice.kind === "chat_id") return [choice.id];
  const { chats } = await listChats(target, MAX_CACHED_CHATS);
  return chats
    .filter((chat) => isChosen(chat, choice))
    .map(({ id }) => id)
    .slice(0, MAX_CHATS_OF_HANDLE);
}

interface Row {
  readonly raw: unknown;
  readonly message: ShownMessage;
}

/** Newest first, as imsg gives them. */
async function newest(target: AccountTarget, ids: readonly number[], limit: number): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const chat_id of ids) {
    const params = { chat_id, limit, attachments: true };
    const { messages } = await readRpc(target, "messages.history", params, historySchema);
    rows.push(
      ...messages.flatMap((raw) => {
        const message = shownMessageSchema.safeParse(raw).data;
        return message === undefined ? [] : [{ raw, message }];
      }),
    );
  }
  if (ids.length === 1) return rows;
  return rows.sort((a, b) => (sentAt(b.message) ?? 0) - (sentAt(a.message) ?? 0)).slice(0, limit);
}

/** The longest name that is not cut, in cells. */
const MAX_WHO_CELLS = 20;

/** Oldest first, as a conversation is read. */
function conversation(rows: readonly Row[], columns: number | undefined): string[] {
  const timeline = new Timeline(columns !== undefined);
  const widest = Math.max(...rows.map(({ message }) => cells(harmless(senderOf(message)))));
  const whoCells = Math.min(widest, MAX_WHO_CELLS);
  return rows.flatMap(({ message }) => {
    const { heading, time } = timeline.mark(sentAt(message));
    const lines = layLines(time, senderOf(message), linesOf(message), { columns, whoCells });
    return heading === undefined ? lines : ["", heading, ...lines];
  });
}
