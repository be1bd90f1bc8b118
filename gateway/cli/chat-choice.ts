// Which chats somebody means who types a chat's id, its guid, a number or an address.
import { chatKey, type Chat } from "../../shared/imsg.ts";
import {
  chatTarget,
  isPhoneLike,
  parseChatId,
  splitChatPrefix,
  stripServices,
  type ChatTarget,
} from "../../shared/policy/chat-target.ts";
import { normalizeHandle } from "../../shared/policy/handles.ts";

/** `handle`: the direct chats with somebody, normalised. */
export type ChatChoice = ChatTarget | { readonly kind: "handle"; readonly handle: string };

/** Longer numbers without a + are those of telephones. */
const LONGEST_CHAT_ID = 6;

/** Undefined where the text names no chat. */
export function readChatChoice(text: string): ChatChoice | undefined {
  const rest = stripServices(text);
  const prefixed = splitChatPrefix(rest);
  if (prefixed !== undefined) return chatTarget(prefixed.kind, prefixed.value);
  if (rest.length <= LONGEST_CHAT_ID && parseChatId(rest) !== undefined) return chatTarget("chat_id", rest);
  if (rest.includes(";")) return chatTarget("chat_guid", rest);
  const handle = normalizeHandle(rest);
  const target = splitChatPrefix(handle);
  // 32 hex digits: a newer chat's identifier.
  if (target !== undefined) return chatTarget(target.kind, target.value);
  return rest.includes("@") || isPhoneLike(rest) ? { kind: "handle", handle } : undefined;
}

export const notAChat = (text: string): string =>
  `${JSON.stringify(text)} names no chat: take an id that imsg-relay chats shows, chat_guid:…, a number with its country (+1…) or an e-mail address`;

/** A key, which filters of events take: with or without a service before it (`any;-;+1…`, `-;+1…`). */
export const keyOfGuid = (guid: string): string => (/^[-+];/.test(guid) ? guid : chatKey(guid));

export function isChosen(chat: Chat, choice: ChatChoice): boolean {
  switch (choice.kind) {
    case "chat_id":
      return chat.id === choice.id;
    case "chat_guid":
      return chatKey(chat.guid) === keyOfGuid(choice.guid);
    case "chat_identifier":
      return chat.identifier === choice.identifier || chatKey(chat.guid).endsWith(`;${choice.identifier}`);
    case "handle":
      return !chat.is_group && normalizeHandle(chat.identifier) === choice.handle;
    default:
      return choice satisfies never;
  }
}
