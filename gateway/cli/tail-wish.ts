// What `imsg-relay tail …` was asked to show.
import { parseEventId } from "../../shared/events.ts";
import { notAChat, readChatChoice, type ChatChoice } from "./chat-choice.ts";
import type { Invocation } from "./invocation.ts";
import { listOf, valueOf } from "./options.ts";

export interface TailWish {
  readonly after: string | undefined;
  readonly consumer: string | undefined;
  readonly kinds: readonly string[] | undefined;
  /** Undefined = all of them. */
  readonly chats: readonly ChatChoice[] | undefined;
}

export function readTailWish(invocation: Invocation): TailWish | string {
  if (invocation.words.length > 0) return "tail takes no words";
  const after = valueOf(invocation, "--after");
  if (after !== undefined && after !== "tail" && after !== "beginning" && parseEventId(after) === undefined)
    return `--after is the id of an event, tail or beginning, not ${JSON.stringify(after)}`;
  const consumer = valueOf(invocation, "--consumer");
  if (consumer !== undefined && !/^[\w-]{1,64}$/.test(consumer))
    return "--consumer is a name of 1 to 64 of A-Z a-z 0-9 - _";
  const kinds = listOf(invocation, "--kinds");
  const wrong = kinds?.find((kind) => !/^[a-z]+(\.([a-z_]+|\*))?$/.test(kind));
  if (wrong !== undefined)
    return `--kinds are such as message.received or pairing.*, not ${JSON.stringify(wrong)}`;
  const chats: ChatChoice[] = [];
  for (const text of listOf(invocation, "--chat") ?? []) {
    const choice = readChatChoice(text);
    if (choice === undefined) return notAChat(text);
    chats.push(choice);
  }
  return { after, consumer, kinds, chats: chats.length === 0 ? undefined : chats };
}
