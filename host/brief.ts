/** What a person looks for in an answer, in this order; imsg writes its keys in a random one. */
const TELLING = [
  "method",
  "params",
  "result",
  "error",
  "code",
  "data",
  "disposition",
  "retry_safe",
  "subscription",
  "chats",
  "messages",
  "message",
  "id",
  "chat_id",
  "name",
  "sender",
  "text",
  "ok",
  "guid",
  "participants",
];
const MOST_KEYS = 5;

/** A JSON value as a line to be read, not parsed: its telling keys, and the first of many. */
export function brief(value: unknown): string {
  if (Array.isArray(value)) {
    const [first, ...others] = value;
    if (first === undefined) return "[]";
    return `[${brief(first)}${others.length === 0 ? "" : `, … ${others.length} more`}]`;
  }
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "";
  const entries = Object.entries(value);
  const told = entries
    .filter(([key]) => TELLING.includes(key))
    .sort(([a], [b]) => TELLING.indexOf(a) - TELLING.indexOf(b))
    .slice(0, MOST_KEYS);
  const shown = told.length === 0 ? entries.slice(0, MOST_KEYS) : told;
  const parts = shown.map(([key, inner]) => `${JSON.stringify(key)}:${brief(inner)}`);
  return `{${parts.join(",")}${shown.length < entries.length ? ",…" : ""}}`;
}
