// By which patterns OpenClaw's agents are mentioned: an agent's own, else everybody's, else made from its identity.
import { valueAt } from "./edit.ts";
import { formatPath, type ConfigPath } from "./path.ts";
import { isPlainObject, ownValue } from "./plain.ts";

interface MentionSource {
  /** Not looked at yet. */
  readonly patterns: unknown;
  readonly from: string;
}

export function mentionSources(file: unknown): readonly MentionSource[] {
  const common = sourceAt(file, ["messages", "groupChat", "mentionPatterns"]);
  const agents = agentPaths(file);
  if (agents.length === 0) return common === undefined ? [] : [common];
  return agents.flatMap(({ agent, path }) => {
    const patterns = valueAt(agent, ["groupChat", "mentionPatterns"]);
    if (patterns !== undefined)
      return [{ patterns, from: formatPath([...path, "groupChat", "mentionPatterns"]) }];
    if (common !== undefined) return [common];
    const derived = derive(ownValue(agent, "identity"));
    return derived.length === 0 ? [] : [{ patterns: derived, from: formatPath([...path, "identity"]) }];
  });
}

function sourceAt(file: unknown, path: ConfigPath): MentionSource | undefined {
  const patterns = valueAt(file, path);
  return patterns === undefined ? undefined : { patterns, from: formatPath(path) };
}

/** A list in older files, entries by name in newer ones. */
function agentPaths(file: unknown): { readonly agent: unknown; readonly path: ConfigPath }[] {
  const list = valueAt(file, ["agents", "list"]);
  const entries = valueAt(file, ["agents", "entries"]);
  return [
    ...(Array.isArray(list) ? list : []).map((agent: unknown, at) => ({
      agent,
      path: ["agents", "list", String(at)],
    })),
    ...(isPlainObject(entries) ? Object.entries(entries) : []).map(([name, agent]) => ({
      agent,
      path: ["agents", "entries", name],
    })),
  ];
}

function derive(identity: unknown): string[] {
  const text = (key: string): string => {
    const value = ownValue(identity, key);
    return typeof value === "string" ? value.trim() : "";
  };
  const [name, emoji] = [text("name"), text("emoji")];
  return [...(name === "" ? [] : [patternOf(name)]), ...(emoji === "" ? [] : [escaped(emoji)])];
}

/** The name as a word of its own; `\b` is only understood beside letters of English. */
function patternOf(name: string): string {
  const words = name
    .split(/\s+/)
    .map(escaped)
    .join(String.raw`\s+`);
  return `${/^\w/.test(name) ? String.raw`\b` : ""}${words}${/\w$/.test(name) ? String.raw`\b` : ""}`;
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
