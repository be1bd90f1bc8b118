// What `imsg-relay tail …` was asked to show.
import { notAChat, readChatChoice, type ChatChoice } from "./chat-choice.ts";
import type { Invocation } from "./invocation.ts";
import { afterOf, kindsOf, listOf, valueOf } from "./options.ts";

export interface TailWish {
  readonly after: string | undefined;
  readonly consumer: string | undefined;
  readonly kinds: readonly string[] | undefined;
  /** Undefined = all of them. */
  readonly chats: readonly ChatChoice[] | undefined;
}

export function readTailWish(invocation: Invocation): TailWish | string {
  if (invocation.words.length > 0) return "tail takes no words";
  const place = afterOf(invocation);
  if (typeof place === "string") return place;
  const consumer = valueOf(invocation, "--consumer");
  if (consumer !== undefined && !/^[\w-]{1,64}$/.test(consumer))
    return "--consumer is a name of 1 to 64 of A-Z a-z 0-9 - _";
  const choice = kindsOf(invocation);
  if (typeof choice === "string") return choice;
  const chats: ChatChoice[] = [];
  for (const text of listOf(invocation, "--chat") ?? []) {
    const choice = readChatChoice(text);
    if (choice === undefined) return notAChat(text);
    chats.push(choice);
  }
  return { ...place, consumer, ...choice, chats: chats.length === 0 ? undefined : chats };
}
