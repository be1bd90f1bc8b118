// What is allowed and probably not meant; shown at save and in the status.
import { parseEntry, type Entry } from "../policy/handles.ts";
import type { ConfigWarning } from "./problem.ts";
import type { ChannelConfig, SettingName } from "./settings.ts";

/** `isSet`: whether any document says something about it, so that an untouched account is not nagged. */
export function configWarnings(
  config: ChannelConfig,
  isSet: (name: SettingName) => boolean,
): readonly ConfigWarning[] {
  return [
    ...directWarnings(config),
    ...groupWarnings(config, isSet),
    ...numberWarnings(config),
    ...ownerWarnings(config),
  ];
}

function directWarnings({ dmPolicy, allowFrom }: ChannelConfig): ConfigWarning[] {
  const warnings: ConfigWarning[] = [];
  if (dmPolicy === "open")
    warnings.push(at("dmPolicy", "everybody who knows the address can write to the bot"));
  const chats = allowFrom.filter(isChatTarget);
  if (chats.length > 0)
    warnings.push(
      at(
        "allowFrom",
        `${some(chats)}: a chat admits nobody to direct messages; it belongs in \`groupAllowFrom\``,
      ),
    );
  return warnings;
}

function groupWarnings(config: ChannelConfig, isSet: (name: SettingName) => boolean): ConfigWarning[] {
  const { groupPolicy, groupAllowFrom, allowFrom, groups, mentionPatterns } = config;
  if (groupPolicy === "disabled") return [];
  const isClosed = groupPolicy === "allowlist" && (groupAllowFrom ?? allowFrom).length === 0;
  if (isClosed) {
    return isSet("groupPolicy") || isSet("groups") || isSet("groupAllowFrom")
      ? [at("groupPolicy", "no group message passes: neither `groupAllowFrom` nor `allowFrom` lists anybody")]
      : [];
  }
  const wanting = Object.entries(groups).find(([, { requireMention }]) => requireMention !== false);
  const isWanted = wanting !== undefined || Object.keys(groups).length === 0;
  if (!isWanted || mentionPatterns.length > 0) return [];
  return [
    at(
      "mentionPatterns",
      "there are none, so `requireMention` cannot be enforced and every group message that is taken passes",
    ),
  ];
}

function numberWarnings({ groups, groupAllowFrom }: ChannelConfig): ConfigWarning[] {
  const why =
    "a chat's number counts only in the Messages database in which it was written down; `chat_guid:…` is the same everywhere";
  const keys = Object.keys(groups).filter((key) => /^\d+$/.test(key));
  const entries = (groupAllowFrom ?? []).filter(isChatNumber);
  return [
    ...(keys.length === 0 ? [] : [at("groups", `${some(keys)}: ${why}`)]),
    ...(entries.length === 0 ? [] : [at("groupAllowFrom", `${some(entries)}: ${why}`)]),
  ];
}

/** Owners are handles, and have to get in like everybody else before anybody hears their commands. */
function ownerWarnings({ commands, allowFrom, dmPolicy }: ChannelConfig): ConfigWarning[] {
  const owners = (commands.ownerAllowFrom ?? []).map((text) => ({ text, entry: parseEntry(text) }));
  const nobody = owners.filter(({ entry }) => entry.kind !== "handle").map(({ text }) => text);
  const warnings: ConfigWarning[] = [];
  if (nobody.length > 0)
    warnings.push(at("commands", `${some(nobody)} in ownerAllowFrom: only a handle makes an owner`));
  const listed = new Set(allowFrom.map((text) => parseEntry(text)).flatMap(handleOf));
  const isOpen = dmPolicy === "disabled" || allowFrom.some((text) => parseEntry(text).kind === "any");
  const outside = owners.filter(({ entry }) => entry.kind === "handle" && !listed.has(entry.handle));
  if (!isOpen && outside.length > 0) {
    const names = some(outside.map(({ text }) => text));
    const how = dmPolicy === "pairing" ? "until approved by pairing" : "as `allowFrom` does not list them";
    warnings.push(at("commands", `${names} in ownerAllowFrom cannot write directly ${how}`));
  }
  return warnings;
}

const handleOf = (entry: Entry): string[] => (entry.kind === "handle" ? [entry.handle] : []);

/** One warning, however long the list. */
const some = (words: readonly string[]): string =>
  words.length <= 3 ? words.join(", ") : `${words.slice(0, 3).join(", ")} and ${words.length - 3} more`;

const at = (name: SettingName, problem: string): ConfigWarning => ({ path: name, problem });

const isChatTarget = (entry: string): boolean => CHATS.has(parseEntry(entry).kind);
const isChatNumber = (entry: string): boolean => parseEntry(entry).kind === "chat_id";
const CHATS: ReadonlySet<string> = new Set(["chat_id", "chat_guid", "chat_identifier"]);
