import { parseEntry } from "../policy/handles.ts";
import { parseGroupKey } from "../policy/rules.ts";
import type { Overrides } from "./settings.ts";

/** Numeric chat ids that settings name, in `groups` and in lists: each means something in one database only. */
export function chatIdsIn({ groups, groupAllowFrom, allowFrom }: Overrides): number[] {
  const listed = [...(groupAllowFrom ?? []), ...(allowFrom ?? [])].flatMap((text) => {
    const entry = parseEntry(text);
    return entry.kind === "chat_id" ? [entry.id] : [];
  });
  const keyed = Object.keys(groups ?? {}).flatMap((text) => {
    const key = parseGroupKey(text);
    return key !== undefined && "id" in key ? [key.id] : [];
  });
  return [...new Set([...listed, ...keyed])];
}
