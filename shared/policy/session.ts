// Which conversation a message belongs to, and where an answer goes. Built from the chat's key, never from a row
// id: ids are void after a replaced database, and a group's answer must never fall into a direct chat.
import type { ChannelConfig } from "../config/settings.ts";
import { chatKey } from "../imsg.ts";
import { assertNever } from "../result.ts";
import type { Decision } from "./decision.ts";
import { normalizeHandle } from "./handles.ts";
import { identifierOf, type Inbound } from "./inbound.ts";

/** Null for a row without a chat. `account` = the account's id. */
export function sessionKey(
  scope: ChannelConfig["dmScope"],
  account: string,
  decision: Pick<Decision, "chat_type" | "sender">,
  inbound: Inbound,
): string | null {
  if (decision.chat_type === null) return null;
  if (decision.chat_type === "group") return `imessage:group:${chatKey(inbound.chat_guid)}`;
  const peer = peerOf(decision, inbound);
  switch (scope) {
    case "main":
      return "main";
    case "per-peer":
      return `direct:${peer}`;
    case "per-channel-peer":
      return `imessage:direct:${peer}`;
    case "per-account-channel-peer":
      return `imessage:${account}:direct:${peer}`;
    default:
      return assertNever(scope);
  }
}

/** The other side of a direct chat, also where the account itself wrote. */
function peerOf(decision: Pick<Decision, "sender">, inbound: Inbound): string {
  const other = inbound.is_from_me ? normalizeHandle(identifierOf(inbound)) : decision.sender;
  return other.toLowerCase();
}

/** The target that answers into the same chat, under whatever service; null for a row without a chat. */
export function replyTo(inbound: Pick<Inbound, "chat_guid">): string | null {
  const key = chatKey(inbound.chat_guid);
  if (key === "") return null;
  return inbound.chat_guid.includes(";") ? `chat_guid:any;${key}` : `chat_guid:${key}`;
}

/** The message quoted: a threaded reply has thread_originator_guid, a sticker only reply_to_guid. */
export function replyToGuid(
  inbound: Pick<Inbound, "thread_originator_guid" | "reply_to_guid">,
): string | null {
  return inbound.thread_originator_guid || inbound.reply_to_guid || null;
}
