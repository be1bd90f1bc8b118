// What nobody should send, and somebody will: values for every place in a body, a frame or a path. By a seed.
import { below, pick } from "../imsg-sim/random.ts";

export type Random = () => number;

const LONG = 20_000;
/** Deeper than what is read (DESIGN §13). */
const DEEP = 200;
const MAX_LIST = 40;

const ODD_TEXTS = [
  "",
  " ",
  "\u0000",
  "a\u0000b",
  "\ud800",
  "\u202Etxt.exe",
  "💥".repeat(50),
  "..",
  "../../etc/passwd",
  "%2e%2e%2f",
  "'; DROP TABLE event; --",
  "<script>alert(1)</script>",
  "__proto__",
  "constructor",
  "${7*7}",
  "chat_id:9007199254740993",
  "-;+15550100001",
  "x".repeat(LONG),
];
const ODD_NUMBERS = [0, -0, -1, 1.5, 1e308, -1e308, 2 ** 53, 2 ** 53 + 2, 2 ** 31, -(2 ** 63), 1e-300];

export const oddText = (random: Random): string => pick(random, ODD_TEXTS);

/** Anything that JSON can hold. */
export function oddValue(random: Random, depth = 0): unknown {
  const kind = below(random, depth > 3 ? 4 : 8);
  if (kind === 0) return oddText(random);
  if (kind === 1) return pick(random, ODD_NUMBERS);
  if (kind === 2) return pick(random, [null, true, false]);
  if (kind === 3) return {};
  if (kind === 4) return Array.from({ length: below(random, MAX_LIST) }, () => oddValue(random, depth + 1));
  if (kind === 5) return nested(below(random, DEEP));
  const keys = Array.from({ length: below(random, 6) }, () => oddText(random).slice(0, 50));
  return Object.fromEntries(keys.map((key) => [key, oddValue(random, depth + 1)]));
}

function nested(depth: number): unknown {
  let value: unknown = [];
  for (let at = 0; at < depth; at += 1) value = at % 2 === 0 ? { a: value } : [value];
  return value;
}

/** What was right, with one or two things in it that are not. */
export function mutated(random: Random, value: unknown): unknown {
  if (value === null || typeof value !== "object" || below(random, 8) === 0) return oddValue(random);
  if (Array.isArray(value)) {
    const at = below(random, value.length + 1);
    return [...value.slice(0, at), mutated(random, value[at]), ...value.slice(at + 1)];
  }
  const entries = Object.entries(value);
  const at = below(random, entries.length + 1);
  const [name, old] = entries[at] ?? [oddText(random).slice(0, 50), undefined];
  const rest = entries.filter((_, index) => index !== at);
  return below(random, 5) === 0
    ? Object.fromEntries(rest)
    : Object.fromEntries([...rest, [name, mutated(random, old)]]);
}

/** Of a body or a frame: mostly JSON. */
export function oddBytes(random: Random, value: unknown): string | Uint8Array {
  const kind = below(random, 12);
  const text = JSON.stringify(value) ?? "";
  if (kind === 0) return text.slice(0, below(random, text.length + 1));
  if (kind === 1) return Uint8Array.from({ length: below(random, 300) }, () => below(random, 256));
  if (kind === 2) return `${text}${text}`;
  if (kind === 3) return "";
  if (kind === 4) return `{"a":${"[".repeat(below(random, 5_000))}`;
  if (kind === 5) return text.replaceAll('"', "'");
  return text;
}
