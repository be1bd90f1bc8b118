// Which chat a mutation concerns, by one name for all its spellings, so that those of one chat are never given to
// imsg out of order (LINK14). Where two spellings could be one chat and nobody can tell, there is no name.
import { chatKey } from "../shared/imsg.ts";
import { normalizeHandle } from "../shared/policy/handles.ts";
import { findRecipients, type ChatSelector } from "../shared/recipients.ts";

export interface KnownChats {
  /** Guids of the chats that go by this row id or identifier in the database that is open; empty = not known. */
  guidsOf(selector: ChatSelector): readonly string[];
}

/** Undefined = it may concern any chat, or more than one. */
export function chatOfCall(params: unknown, known: KnownChats): string | undefined {
  const { handles, chats } = findRecipients(params);
  const [handle] = handles;
  const [chat] = chats;
  if (handles.length + chats.length !== 1) return undefined;
  if (handle !== undefined) return directChat(handle);
  return chat === undefined ? undefined : chatOfSelector(chat, known);
}

function chatOfSelector(chat: ChatSelector, known: KnownChats): string | undefined {
  // A text of another form may be what imsg takes for an identifier.
  if (chat.by === "guid" && GUID.test(chat.text)) return chatOfGuid(chat.text);
  const [first, ...others] = known.guidsOf(chat).map(chatOfGuid);
  return others.every((other) => other === first) ? first : undefined;
}

const GUID = /^[^;]*;([+-]);(.+)$/s;

function chatOfGuid(guid: string): string | undefined {
  const parts = GUID.exec(guid);
  if (parts === null) return undefined;
  return parts[1] === "-" ? directChat(parts[2] ?? "") : chatKey(guid).toLowerCase();
}

const E164 = /^\+[1-9]\d{6,14}$/;
const ADDRESS = /^[^\s@:;,]+@[^\s@:;,]+$/;
/** Written with its country, and without a trunk zero that may or may not belong to it. */
const FULL_NUMBER = /^(?:[a-z]+:)*\s*\+(?!.*\(0\))/i;

/** A local number may be anybody's (imsg reads it by region), and a name is whoever the contacts say. */
function directChat(handle: string): string | undefined {
  const name = normalizeHandle(handle);
  const isCertain = ADDRESS.test(name) || (E164.test(name) && FULL_NUMBER.test(handle.trim()));
  return isCertain ? `-;${name}` : undefined;
}
