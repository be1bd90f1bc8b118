// Who may write (openclaw-imessage-channel.md §2.2, the newer way). Undefined = the message goes on.
import { chatKey } from "../imsg.ts";
import { drop, type Outcome, type PolicyContext } from "./decision.ts";
import type { Inbound } from "./inbound.ts";
import type { AllowList } from "./rules.ts";

/** Only handles count for direct messages: an entry that names a chat admits nobody here. */
export const listsHandle = (list: AllowList, handle: string): boolean =>
  list.any || (handle !== "" && list.handles.has(handle));

/** In a group an entry may also name the chat. */
export const listsInGroup = (
  list: AllowList,
  handle: string,
  inbound: Inbound,
  context: PolicyContext,
): boolean => listsHandle(list, handle) || listsChat(list, inbound, context);

function listsChat(list: AllowList, inbound: Inbound, context: PolicyContext): boolean {
  return (
    list.chatKeys.has(chatKey(inbound.chat_guid)) ||
    (inbound.chat_identifier !== "" && list.chatIdentifiers.has(inbound.chat_identifier)) ||
    list.chatIds.some((id) => context.isChatOfId(id, inbound))
  );
}

/** Whether `allowFrom`, and under `pairing` the approved, have the handle. */
export const isListedDirect = (handle: string, context: PolicyContext): boolean =>
  listsHandle(context.rules.allowFrom, handle) ||
  (context.config.dmPolicy === "pairing" && handle !== "" && context.isApproved(handle));

export function directGate(handle: string, context: PolicyContext): Outcome | undefined {
  const { dmPolicy } = context.config;
  if (dmPolicy === "disabled") return drop("dm_disabled");
  if (handle !== "" && isListedDirect(handle, context)) return undefined;
  return dmPolicy === "pairing" && handle !== ""
    ? { verdict: "pair", reason: "pairing" }
    : drop("dm_not_listed");
}

/** What was approved by pairing counts for direct messages only, and no group message ever asks for access. */
export function groupSenderGate(
  handle: string,
  inbound: Inbound,
  context: PolicyContext,
): Outcome | undefined {
  const { groupPolicy } = context.config;
  if (groupPolicy === "disabled") return drop("group_disabled");
  if (groupPolicy === "open") return undefined;
  const list = context.rules.groupAllowFrom;
  if (list.isEmpty) return drop("group_list_empty");
  return listsInGroup(list, handle, inbound, context) ? undefined : drop("group_sender_not_listed");
}
