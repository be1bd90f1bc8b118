// One name for one chat, however it was named: what orders the sends to it, counts them, and knows their rows again.
import { chatKey } from "../../../shared/imsg.ts";
import { findRecipients } from "../../../shared/recipients.ts";
import { normalizeHandle } from "../../../shared/policy/handles.ts";

const directChat = (handle: string): string => `-;${normalizeHandle(handle)}`;

/** Of a guid: `-;<normalised handle>` or `+;<identifier>`. */
export function chatOfGuid(guid: string): string {
  const key = chatKey(guid);
  return key.startsWith("-;") ? directChat(key.slice(2)) : key;
}

/** An identifier is a handle, or the name of a group. */
const chatOfIdentifier = (identifier: string): string =>
  /@|^\+?\d{3,15}$/.test(identifier) ? directChat(identifier) : `+;${identifier}`;

/** The one chat that a call would reach; null where it names none, or several, or one by an id that nobody knows. */
export function chatOfCall(params: unknown, guidOf: (chatId: number) => string | undefined): string | null {
  const { handles, chats } = findRecipients(params);
  const named = chats.map((chat) => {
    if (chat.by !== "id") return chat.by === "guid" ? chatOfGuid(chat.text) : chatOfIdentifier(chat.text);
    const guid = guidOf(chat.id);
    return guid === undefined ? null : chatOfGuid(guid);
  });
  // Named twice, by its row id and by its guid, it is still one.
  const [only, ...others] = new Set([...named, ...handles.map(directChat)]);
  return only === undefined || others.length > 0 ? null : only;
}

/** Whether a message shown in `shown` may be of a send to `asked`; null, and a contact's name, may be anybody. */
export function mayBeChat(asked: string | null, shown: string): boolean {
  if (asked === null || isSameChat(asked, shown)) return true;
  return shown.startsWith("-;") && asked.startsWith("-;") && !/^-;(?:\+\d+|.*@.*)$/s.test(asked);
}

/** Digits by which a number without its country is known in one that has it. */
const LOCAL_DIGITS = 7;

/** Whether a row of `shown` may be what was sent to `asked`, perhaps a number written without its country. */
export function isSameChat(asked: string, shown: string): boolean {
  if (asked === shown) return true;
  const digits = /^-;\+(\d+)$/.exec(asked)?.[1];
  return (
    digits !== undefined &&
    digits.length >= LOCAL_DIGITS &&
    /^-;\+\d+$/.test(shown) &&
    shown.endsWith(digits.replace(/^0+/, ""))
  );
}
