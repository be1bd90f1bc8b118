import type { AccountTarget } from "../client/account.ts";
import { ClientError } from "../client/client-error.ts";
import { readEvents } from "../client/events.ts";
import { MAX_CACHED_CHATS } from "../limits.ts";
import { Output } from "../lines/output.ts";
import { wsDial } from "../node/ws-dial.ts";
import { asking, type Asking } from "./asking.ts";
import { isChosen, keyOfGuid, type ChatChoice } from "./chat-choice.ts";
import { listChats } from "./chat-list.ts";
import { endSoon } from "./end-soon.ts";
import { EventLines } from "./event-lines.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { stateNotes } from "./state-notes.ts";
import { readTailWish, type TailWish } from "./tail-wish.ts";

/** The events as they come, until somebody ends it. */
export const tail = asking<TailWish>("tail", { read: readTailWish, run: follow, scope: "read" });

/** Of the column that says who: names of groups with a person in them, and something left for the text. */
const MAX_WHO_CELLS = 28;
const WHO_SHARE = 0.3;

async function follow(wish: TailWish, ask: Asking): Promise<ExitCode> {
  const { columns, json, target } = ask;
  const chats = wish.chats === undefined ? undefined : await keysOf(target, wish.chats);
  const whoCells = Math.min(MAX_WHO_CELLS, Math.floor((columns ?? MAX_WHO_CELLS / WHO_SHARE) * WHO_SHARE));
  const shown = new EventLines({ columns, whoCells });
  const { after, consumer, kinds } = wish;
  const reader = readEvents({
    ...target,
    after,
    consumer,
    kinds,
    chats,
    dial: wsDial,
    onState: stateNotes(ask.note),
  });
  let end: ExitCode = EXIT.done;
  const leave = (code: ExitCode): void => {
    end = code;
    reader.close();
    // Nor is an output that nobody reads: what is in hand was not taken, and comes again.
    endSoon(code);
  };
  process.once("SIGINT", () => leave(EXIT.interrupted));
  process.once("SIGTERM", () => leave(EXIT.terminated));
  let isBroken = false;
  let stopWaiting: () => void = () => undefined;
  // As in `tail | head`: who reads has seen enough.
  const output = new Output(process.stdout, () => {
    isBroken = true;
    stopWaiting();
  });
  const print = (text: string): Promise<void> =>
    new Promise((resolve) => {
      stopWaiting = resolve;
      output.write(text, resolve);
      if (isBroken) resolve();
    });
  for await (const event of reader) {
    // Whoever reads slowly is shown the rest later, and only what was written counts as taken.
    await print(json ? JSON.stringify(event) : shown.linesOf(event).join("\n"));
    if (isBroken) break;
  }
  endSoon(end);
  return end;
}

/** Filters are chats' keys: what is named by another name is looked up on the Mac. */
async function keysOf(target: AccountTarget, choices: readonly ChatChoice[]): Promise<readonly string[]> {
  const list = choices.some(({ kind }) => kind === "chat_id" || kind === "chat_identifier")
    ? (await listChats(target, MAX_CACHED_CHATS)).chats
    : [];
  return choices.flatMap((choice) => {
    if (choice.kind === "handle") return [`-;${choice.handle}`];
    if (choice.kind === "chat_guid") return [keyOfGuid(choice.guid)];
    const keys = list.filter((chat) => isChosen(chat, choice)).map(({ guid }) => keyOfGuid(guid));
    if (keys.length > 0) return keys;
    const detail = "There is no such chat on the Mac; imsg-relay chats shows those that are.";
    throw new ClientError({ code: "not_found", detail, status: null, requestId: null });
  });
}
