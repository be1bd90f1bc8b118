// One block of settings of OpenClaw's channel: the root of `channels.imessage`, or one of its accounts.
import type { ImportNotes } from "./import-notes.ts";
import {
  CHANNEL_KEYS,
  CHANNEL_ROOT_KEYS,
  GROUP_KEYS,
  STREAMING_KEYS,
  type KeyFate,
} from "./openclaw-keys.ts";
import { formatPath, type ConfigPath } from "./path.ts";
import { isPlainObject, ownValue } from "./plain.ts";
import { isSettingName, SETTING_NAMES } from "./settings.ts";

interface Place {
  /** In the file. */
  readonly from: ConfigPath;
  /** In our document. */
  readonly to: ConfigPath;
}

export function importBlock(
  block: Readonly<Record<string, unknown>>,
  place: Place,
  notes: ImportNotes,
): void {
  const isRoot = place.to.length === 0;
  const fates = isRoot ? { ...CHANNEL_KEYS, ...CHANNEL_ROOT_KEYS } : CHANNEL_KEYS;
  const known = [...Object.keys(fates), ...SETTING_NAMES, ...(isRoot ? ["accounts"] : [])];
  for (const [key, value] of Object.entries(block)) {
    if (isRoot && key === "accounts") continue;
    const from = [...place.from, key];
    const fate = fateOf(fates, key);
    if (fate === undefined) notes.unknown(from, value, known);
    else if (key === "streaming") importStreaming(value, place, notes);
    else if (fate.kind !== "ours") notes.dispose(from, fate);
    else if (key === "chunkMode" && newerChunkMode(block) !== undefined)
      notes.setAside(from, "`streaming.chunkMode` goes before it");
    else importSetting(fate.setting, value, { from, to: [...place.to, fate.setting] }, notes);
  }
}

/** A file may also name settings that only we have. */
function fateOf(fates: Readonly<Record<string, KeyFate>>, key: string): KeyFate | undefined {
  if (Object.hasOwn(fates, key)) return fates[key];
  return isSettingName(key) ? { kind: "ours", setting: key } : undefined;
}

const newerChunkMode = (block: unknown): unknown => ownValue(ownValue(block, "streaming"), "chunkMode");

function importStreaming(value: unknown, { from, to }: Place, notes: ImportNotes): void {
  const streaming = CHANNEL_KEYS["streaming"];
  const why = streaming?.kind === "gateway" ? streaming.why : "";
  if (!isPlainObject(value)) {
    notes.setAside([...from, "streaming"], why);
    return;
  }
  for (const [key, inner] of Object.entries(value)) {
    const at = [...from, "streaming", key];
    const fate = ownFate(STREAMING_KEYS, key);
    if (fate?.kind === "ours") notes.apply([...to, fate.setting], inner, formatPath(at));
    else notes.setAside(at, why);
  }
}

function importSetting(setting: string, value: unknown, place: Place, notes: ImportNotes): void {
  const { from, to } = place;
  if (setting === "groups" && isPlainObject(value)) importGroups(value, place, notes);
  else if (setting === "markdown" && isPlainObject(value)) importMarkdown(value, place, notes);
  else if (setting === "responsePrefix" && isTemplate(value))
    notes.setAside(from, "it is filled in by a gateway for each agent; set a fixed text instead");
  else if (LISTS.has(setting)) notes.apply(to, handlesOf(value, from, notes), formatPath(from));
  else notes.apply(to, value, formatPath(from));
}

/** `auto`, and texts with `{…}`, are templates. */
export const isTemplate = (value: unknown): boolean =>
  typeof value === "string" && (value === "auto" || value.includes("{"));

const LISTS = new Set(["allowFrom", "groupAllowFrom"]);

/** Names of a gateway's access groups match nobody here: they are taken out, visibly. */
export function handlesOf(value: unknown, from: ConfigPath, notes: ImportNotes): unknown {
  if (!Array.isArray(value)) return value;
  return value.filter((entry: unknown, at) => {
    const isGroup = typeof entry === "string" && /^\s*accessGroup:/i.test(entry);
    if (isGroup)
      notes.setAside(
        [...from, String(at)],
        `${entry.trim()} is defined in a gateway; list its members' handles`,
      );
    return !isGroup;
  });
}

function importGroups(
  groups: Readonly<Record<string, unknown>>,
  { from, to }: Place,
  notes: ImportNotes,
): void {
  const kept: [string, unknown][] = [];
  for (const [name, entry] of Object.entries(groups)) {
    const own: [string, unknown][] = [];
    for (const [key, value] of Object.entries(isPlainObject(entry) ? entry : {})) {
      const at = [...from, name, key];
      const fate = ownFate(GROUP_KEYS, key);
      if (fate === undefined) notes.unknown(at, value, Object.keys(GROUP_KEYS));
      else if (fate.kind === "ours") own.push([key, value]);
      else notes.dispose(at, fate);
    }
    kept.push([name, isPlainObject(entry) ? Object.fromEntries(own) : entry]);
  }
  notes.apply(to, Object.fromEntries(kept), formatPath(from));
}

function importMarkdown(
  value: Readonly<Record<string, unknown>>,
  { from, to }: Place,
  notes: ImportNotes,
): void {
  for (const [key, inner] of Object.entries(value)) {
    if (key === "tables") notes.apply(to, { tables: inner }, formatPath([...from, key]));
    else notes.unknown([...from, key], inner, ["tables"]);
  }
}

const ownFate = (fates: Readonly<Record<string, KeyFate>>, key: string): KeyFate | undefined =>
  Object.hasOwn(fates, key) ? fates[key] : undefined;
