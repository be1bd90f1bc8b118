// `group --chat-id N`: gateways turn the number of a chat into its guid by it before they send a file.
import { MAX_NOTED_CHATS } from "../../shared/limits.ts";
import { asking, type Asking } from "./asking.ts";
import { listChats, nameOf } from "./chat-list.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import type { Invocation } from "./invocation.ts";
import { valueOf } from "./options.ts";

interface GroupWish {
  readonly id: number;
}

export const group = asking<GroupWish>("group", { read, run: show, scope: "rpc" });

function read(invocation: Invocation): GroupWish | string {
  const text = valueOf(invocation, "--chat-id") ?? "";
  return /^\d{1,15}$/.test(text) ? { id: Number(text) } : "group needs --chat-id and a number";
}

async function show({ id }: GroupWish, { target, json, say, note }: Asking): Promise<ExitCode> {
  const { chats } = await listChats(target, MAX_NOTED_CHATS);
  const chat = chats.find((one) => one.id === id);
  if (chat === undefined) {
    if (json) say(JSON.stringify({ success: false, error: `there is no chat ${id}` }));
    else note(`there is no chat ${id}`);
    return EXIT.failed;
  }
  const { guid, identifier, is_group, participants } = chat;
  if (json)
    say(JSON.stringify({ success: true, id, guid, chat_guid: guid, identifier, is_group, participants }));
  else say(`${nameOf(chat)}  ${guid}`);
  return EXIT.done;
}
