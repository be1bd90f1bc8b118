// What a whole OpenClaw file says about the channel outside of `channels.imessage`.
import { handlesOf, isTemplate } from "./import-block.ts";
import type { ImportNotes } from "./import-notes.ts";
import { mentionSources } from "./import-mentions.ts";
import { OUTSIDE_KEYS } from "./openclaw-keys.ts";
import { formatPath, type ConfigPath } from "./path.ts";
import { isPlainObject, ownValue } from "./plain.ts";
import { valueAt } from "./edit.ts";

/** `block` is `channels.imessage`: what it says itself goes before what stands outside. */
export function importOutside(file: unknown, block: unknown, notes: ImportNotes): void {
  const says = (setting: string): boolean => ownValue(block, setting) !== undefined;
  if (!says("mentionPatterns")) importMentions(file, notes);
  importFallback(file, ["messages", "groupChat", "historyLimit"], "historyLimit", says, notes);
  const prefix = ["messages", "responsePrefix"];
  if (!isTemplate(valueAt(file, prefix))) importFallback(file, prefix, "responsePrefix", says, notes);
  else notes.setAside(prefix, "it is filled in by a gateway for each agent; set a fixed text instead");
  importScope(file, says, notes);
  importGroupPolicy(file, says, notes);
  importCommands(file, notes);
  for (const [key, fate] of Object.entries(OUTSIDE_KEYS)) {
    const path = key.split(".");
    if (fate.kind === "gateway" && valueAt(file, path) !== undefined) notes.setAside(path, fate.why);
  }
}

function importFallback(
  file: unknown,
  path: ConfigPath,
  setting: string,
  says: (setting: string) => boolean,
  notes: ImportNotes,
): void {
  const value = valueAt(file, path);
  if (value === undefined) return;
  if (says(setting)) notes.setAside(path, `\`channels.imessage.${setting}\` goes before it`);
  else notes.apply([setting], value, formatPath(path));
}

function importMentions(file: unknown, notes: ImportNotes): void {
  const sources = mentionSources(file);
  if (sources.length === 0) return;
  const lists = sources.map(({ patterns }) => patterns);
  const value = lists.every(Array.isArray)
    ? [...new Set(lists.flat())]
    : lists.find((list) => !Array.isArray(list));
  notes.apply(["mentionPatterns"], value, ...new Set(sources.map(({ from }) => from)));
}

/** Ours is another default than OpenClaw's, so that its own is written down. */
function importScope(file: unknown, says: (setting: string) => boolean, notes: ImportNotes): void {
  const path = ["session", "dmScope"];
  if (valueAt(file, path) !== undefined) importFallback(file, path, "dmScope", says, notes);
  else if (!says("dmScope")) notes.apply(["dmScope"], "main", "session.dmScope (absent: OpenClaw's default)");
}

/** OpenClaw's schema fills in `allowlist` before this is looked at, so that `open` never came to count. */
function importGroupPolicy(file: unknown, says: (setting: string) => boolean, notes: ImportNotes): void {
  const path = ["channels", "defaults", "groupPolicy"];
  if (valueAt(file, path) === "open" && !says("groupPolicy"))
    notes.setAside(
      path,
      "for this channel OpenClaw takes `allowlist` before it; set `groupPolicy` open if it is meant",
    );
  else importFallback(file, path, "groupPolicy", says, notes);
}

function importCommands(file: unknown, notes: ImportNotes): void {
  const commands = ownValue(file, "commands");
  if (!isPlainObject(commands)) return;
  for (const key of ["config", "ownerAllowFrom", "useAccessGroups"]) {
    const value = ownValue(commands, key);
    if (value === undefined) continue;
    const from = ["commands", key];
    notes.apply(from, key === "ownerAllowFrom" ? ownersOf(value, from, notes) : value, formatPath(from));
  }
}

/** Owners of other channels are nobody here. */
function ownersOf(value: unknown, from: ConfigPath, notes: ImportNotes): unknown {
  const owners = handlesOf(value, from, notes);
  if (!Array.isArray(owners)) return owners;
  return owners.filter((entry: unknown) => {
    const channel = typeof entry === "string" ? /^\s*([a-z][a-z0-9_-]*):/i.exec(entry)?.[1] : undefined;
    const isOurs = channel === undefined || OUR_PREFIXES.has(channel.toLowerCase());
    if (!isOurs) notes.setAside([...from, String(entry)], `an owner on another channel (${channel})`);
    return isOurs;
  });
}

const OUR_PREFIXES = new Set(["imessage", "sms", "auto", "tel"]);
