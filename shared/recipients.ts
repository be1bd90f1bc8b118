// Whom a call would reach, read from its parameters as generously as the most generous imsg does: the Mac's veto,
// claims of chats and doubtful chat ids are all judged by this.
interface Recipients {
  readonly handles: readonly string[];
  readonly chats: readonly ChatSelector[];
}
export type ChatSelector =
  | { readonly by: "id"; readonly id: number }
  | { readonly by: "guid" | "identifier"; readonly text: string };

const HANDLE_KEYS = new Set([
  "to",
  "address",
  "addresses",
  "handle",
  "handles",
  "recipient",
  "recipients",
  "participants",
]);
const GUID_KEYS = new Set(["chat_guid", "chatGuid", "chat"]);
const ID_KEYS = new Set(["chat_id", "chatId"]);
const IDENTIFIER_KEYS = new Set(["chat_identifier", "chatIdentifier"]);

/** Whom an effect would reach. imsg reads no other names; others are kept for what a later imsg may read. */
export function findRecipients(params: unknown): Recipients {
  const handles: string[] = [];
  const chats: ChatSelector[] = [];
  if (typeof params !== "object" || params === null) return { handles, chats };
  for (const [key, value] of Object.entries(params)) {
    const texts = textsOf(value);
    if (HANDLE_KEYS.has(key)) handles.push(...texts);
    else if (GUID_KEYS.has(key)) chats.push(...texts.map((text) => ({ by: "guid", text }) as const));
    else if (IDENTIFIER_KEYS.has(key))
      chats.push(...texts.map((text) => ({ by: "identifier", text }) as const));
    else if (ID_KEYS.has(key)) {
      // An old engine takes "7" for 7.
      const id = typeof value === "number" ? Math.trunc(value) : Number(texts[0] ?? Number.NaN);
      chats.push({ by: "id", id });
    }
  }
  return { handles, chats };
}

/** An old engine takes a list as one text with commas, and a number for a text. Nothing is left out but null. */
function textsOf(value: unknown): string[] {
  if (typeof value === "string")
    return value.includes(",") ? value.split(",").map((part) => part.trim()) : [value];
  if (Array.isArray(value)) return value.flatMap(textsOf);
  return value === null || value === undefined ? [] : [JSON.stringify(value)];
}
