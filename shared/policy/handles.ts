// How handles are compared (openclaw-imessage-channel.md §2.6, the newer way). No region logic: `5551234567` is
// `+5551234567`, whatever the country, so lists are best kept in E.164.
import { chatKey } from "../imsg.ts";
import { chatTarget, isBareIdentifier, isPhoneLike, splitChatPrefix, stripServices } from "./chat-target.ts";

/** The one spelling of a handle by which it is compared; idempotent. "" where nothing is left. */
export function normalizeHandle(text: string): string {
  const rest = stripServices(text);
  const read = readSpecial(rest);
  if (read !== undefined) return read;
  const joined = rest.replace(/\s+/g, "");
  // Taking blanks out must not make a phone number or a prefix out of what was none ("s ms:1" is not "+1").
  return stripServices(joined) === joined && readSpecial(joined) === undefined ? joined : rest;
}

/** The forms with rules of their own; undefined = a name, such as the sender of an automatic SMS. */
function readSpecial(text: string): string | undefined {
  const chat = splitChatPrefix(text);
  if (chat !== undefined) return `${chat.kind}:${chat.value}`;
  if (text.includes("@")) return text.toLowerCase();
  if (isBareIdentifier(text)) return `chat_identifier:${text.toLowerCase()}`;
  if (isPhoneLike(text)) return `+${text.replace(/\D/g, "")}`;
  return undefined;
}

/**
 * An entry of an allow-list. Chats are compared by `chatKey`, since `any;`, `iMessage;` and `SMS;` are one chat
 * (OpenClaw compares the whole guid); identifiers exactly. A malformed chat entry is read as a handle, which
 * no sender has.
 */
export type Entry =
  | { readonly kind: "any" }
  | { readonly kind: "handle"; readonly handle: string }
  | { readonly kind: "chat_id"; readonly id: number }
  | { readonly kind: "chat_guid"; readonly key: string }
  | { readonly kind: "chat_identifier"; readonly identifier: string };

export function parseEntry(text: string): Entry {
  if (text.trim() === "*") return { kind: "any" };
  const rest = stripServices(text);
  const chat = splitChatPrefix(rest);
  const target = chat === undefined ? undefined : chatTarget(chat.kind, chat.value);
  if (target?.kind === "chat_guid") {
    const key = chatKey(target.guid);
    return key === "" ? { kind: "handle", handle: normalizeHandle(text) } : { kind: "chat_guid", key };
  }
  if (target !== undefined) return target;
  if (isBareIdentifier(rest)) return { kind: "chat_identifier", identifier: rest.toLowerCase() };
  return { kind: "handle", handle: normalizeHandle(text) };
}
