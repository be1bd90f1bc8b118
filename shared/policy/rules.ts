// A configuration made ready for deciding: lists as sets, patterns compiled. Done once a configuration version.
import type { ChannelConfig } from "../config/settings.ts";
import { chatKey } from "../imsg.ts";
import { parseChatId, splitChatPrefix } from "./chat-target.ts";
import { parseEntry } from "./handles.ts";
import { compileMentions, type Mentions } from "./mention.ts";

export interface AllowList {
  readonly isEmpty: boolean;
  /** An entry is `*`. */
  readonly any: boolean;
  readonly handles: ReadonlySet<string>;
  readonly chatIds: readonly number[];
  readonly chatKeys: ReadonlySet<string>;
  readonly chatIdentifiers: ReadonlySet<string>;
}

export interface GroupRule {
  /** Undefined = as `*` says, else true. */
  readonly requireMention: boolean | undefined;
}

interface Registry {
  readonly isEmpty: boolean;
  readonly any: GroupRule | undefined;
  readonly byKey: ReadonlyMap<string, GroupRule>;
  /** Chat ids count only in the database they were learnt in, so each is asked about. */
  readonly byId: ReadonlyMap<number, GroupRule>;
}

export interface Rules {
  readonly allowFrom: AllowList;
  /** `groupAllowFrom`, or `allowFrom` where that is absent (not where it is empty). */
  readonly groupAllowFrom: AllowList;
  /** Normalised handles; `*` and chats make nobody an owner. */
  readonly owners: ReadonlySet<string>;
  readonly groups: Registry;
  /** The bot's own control commands, lower case. */
  readonly commandNames: ReadonlySet<string>;
  readonly mentions: Mentions;
}

export function compileRules(config: ChannelConfig): Rules {
  const allowFrom = compileList(config.allowFrom);
  return {
    allowFrom,
    groupAllowFrom: config.groupAllowFrom === null ? allowFrom : compileList(config.groupAllowFrom),
    owners: compileList(config.commands.ownerAllowFrom ?? []).handles,
    groups: compileGroups(config.groups),
    commandNames: new Set((config.commands.names ?? []).map((name) => name.toLowerCase())),
    mentions: compileMentions(config.mentionPatterns),
  };
}

function compileList(entries: readonly string[]): AllowList {
  const handles = new Set<string>();
  const chatIds = new Set<number>();
  const chatKeys = new Set<string>();
  const chatIdentifiers = new Set<string>();
  let any = false;
  for (const text of entries) {
    const entry = parseEntry(text);
    if (entry.kind === "any") any = true;
    else if (entry.kind === "chat_id") chatIds.add(entry.id);
    else if (entry.kind === "chat_guid") chatKeys.add(entry.key);
    else if (entry.kind === "chat_identifier") chatIdentifiers.add(entry.identifier);
    else if (entry.handle !== "") handles.add(entry.handle);
  }
  return { isEmpty: entries.length === 0, any, handles, chatIds: [...chatIds], chatKeys, chatIdentifiers };
}

/** What a key of `groups` names; undefined = nothing that a chat could ever be. */
type GroupKey = { readonly any: true } | { readonly id: number } | { readonly key: string };

export function parseGroupKey(text: string): GroupKey | undefined {
  const name = text.trim();
  if (name === "*") return { any: true };
  const chat = splitChatPrefix(name);
  const id = parseChatId(chat?.kind === "chat_id" ? chat.value : name);
  if (id !== undefined) return { id };
  const guid = chat?.kind === "chat_guid" ? chat.value : chat === undefined && name.includes(";") ? name : "";
  const key = chatKey(guid);
  return key === "" ? undefined : { key };
}

function compileGroups(groups: ChannelConfig["groups"]): Registry {
  const byKey = new Map<string, GroupRule>();
  const byId = new Map<number, GroupRule>();
  let any: GroupRule | undefined;
  const names = Object.keys(groups);
  for (const name of names) {
    const named = parseGroupKey(name);
    const rule = { requireMention: groups[name]?.requireMention };
    if (named === undefined) continue;
    if ("any" in named) any = rule;
    else if ("id" in named) byId.set(named.id, rule);
    else byKey.set(named.key, rule);
  }
  // A registry of unreadable keys only is not empty: it admits nothing, rather than everything.
  return { isEmpty: names.length === 0, any, byKey, byId };
}
