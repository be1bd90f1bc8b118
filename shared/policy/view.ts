// A row as the gates look at it: everything that more than one of them asks, worked out once.
import { chatKey } from "../imsg.ts";
import type { PolicyContext } from "./decision.ts";
import { entryOf, isRegistryActive } from "./group-gate.ts";
import { normalizeHandle } from "./handles.ts";
import { identifierOf, isGroupChat, type Inbound } from "./inbound.ts";
import type { GroupRule } from "./rules.ts";

export interface View {
  readonly inbound: Inbound;
  /** `chatKey`; "" = unanchored. */
  readonly key: string;
  /** Normalised; "" = none. */
  readonly sender: string;
  /** Normalised identifier of the chat: the other side, in a direct one. */
  readonly counterpart: string;
  readonly isGroup: boolean;
  /** The chat's own entry in `groups`, not that of `*`. */
  readonly entry: GroupRule | undefined;
  /** A direct chat of the account with itself, for certain. */
  readonly isSelfChat: boolean;
  /** Or a direct chat where the row does not say which handle is the account's own. */
  readonly mayBeSelfChat: boolean;
}

export function viewOf(inbound: Inbound, context: PolicyContext): View {
  const key = chatKey(inbound.chat_guid);
  const sender = normalizeHandle(inbound.sender);
  const counterpart = normalizeHandle(identifierOf(inbound));
  const own = normalizeHandle(inbound.destination_caller_id);
  const entry = key === "" ? undefined : entryOf(inbound, key, context);
  // A thread that the registry names is a group, whatever the row says of itself.
  const isGroup = isGroupChat(inbound) || (entry !== undefined && isRegistryActive(context));
  const isWithSender = !isGroup && sender !== "" && sender === counterpart;
  return {
    inbound,
    key,
    sender,
    counterpart,
    isGroup,
    entry,
    isSelfChat: isWithSender && own === sender,
    mayBeSelfChat: isWithSender && (own === sender || own === ""),
  };
}
