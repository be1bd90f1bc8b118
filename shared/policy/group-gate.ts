// The registry of groups (openclaw-imessage-channel.md §2.3, the newer way).
import type { PolicyContext } from "./decision.ts";
import type { Inbound } from "./inbound.ts";
import type { GroupRule } from "./rules.ts";

/** A registry with entries is an allow-list of chats, also under groupPolicy `open`. */
export const isRegistryActive = ({ config, rules }: PolicyContext): boolean =>
  config.groupPolicy === "allowlist" || !rules.groups.isEmpty;

/** The entry that names this very chat. A guid counts before a numeric id, which may be of another database. */
export function entryOf(inbound: Inbound, key: string, context: PolicyContext): GroupRule | undefined {
  const { byKey, byId } = context.rules.groups;
  const named = byKey.get(key);
  if (named !== undefined) return named;
  for (const [id, rule] of byId) if (context.isChatOfId(id, inbound)) return rule;
  return undefined;
}

type Admission = "named" | "everywhere" | "by_sender" | undefined;

/**
 * How the registry admits a chat: by an entry of its own or `*`, because there is no registry, or (allow-list
 * without any `groups`) because the list of senders alone decides. Undefined = it does not.
 */
export function admissionOf(entry: GroupRule | undefined, context: PolicyContext): Admission {
  const { config, rules } = context;
  if (!isRegistryActive(context)) return "everywhere";
  if (entry !== undefined || rules.groups.any !== undefined) return "named";
  const decidesBySender =
    config.groupPolicy === "allowlist" && rules.groups.isEmpty && !rules.groupAllowFrom.isEmpty;
  return decidesBySender ? "by_sender" : undefined;
}

/** The chat's own entry, then `*`, then yes. */
export const isMentionRequired = (entry: GroupRule | undefined, { rules }: PolicyContext): boolean =>
  entry?.requireMention ?? rules.groups.any?.requireMention ?? true;
