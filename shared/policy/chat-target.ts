// The spellings that name a chat, and the service prefixes before them; the same in allow-lists, group
// registries and targets (openclaw-imessage-channel.md §2.6, §4).

export type ChatTarget =
  | { readonly kind: "chat_id"; readonly id: number }
  | { readonly kind: "chat_guid"; readonly guid: string }
  | { readonly kind: "chat_identifier"; readonly identifier: string };

export type Service = "imessage" | "sms" | "auto";

const SERVICE = /^(imessage|sms|auto):/i;
const CHAT = /^(?:(chat_?id|chat)|(chat_?guid|guid)|(chat_?identifier|chatident)):/i;

/** `rest` is trimmed; undefined where no service prefix stands in front. */
export function splitService(text: string): { service: Service; rest: string } | undefined {
  const prefix = SERVICE.exec(text);
  if (prefix === null) return undefined;
  const name = (prefix[1] ?? "").toLowerCase();
  const service = name === "imessage" || name === "sms" ? name : "auto";
  return { service, rest: text.slice(prefix[0].length).trim() };
}

/** Without any service prefix, trimmed. */
export function stripServices(text: string): string {
  let rest = text.trim();
  for (let split = splitService(rest); split !== undefined; split = splitService(rest)) rest = split.rest;
  return rest;
}

/** The canonical name of the prefix and the trimmed value after it; undefined where there is no chat prefix. */
export function splitChatPrefix(text: string): { kind: ChatTarget["kind"]; value: string } | undefined {
  const prefix = CHAT.exec(text);
  if (prefix === null) return undefined;
  const kind =
    prefix[1] !== undefined ? "chat_id" : prefix[2] !== undefined ? "chat_guid" : "chat_identifier";
  return { kind, value: text.slice(prefix[0].length).trim() };
}

/** Undefined where the value is none of its kind: an id that is no whole number of 1 or more, an empty text. */
export function chatTarget(kind: ChatTarget["kind"], value: string): ChatTarget | undefined {
  if (kind === "chat_id") {
    const id = parseChatId(value);
    return id === undefined ? undefined : { kind, id };
  }
  if (value === "") return undefined;
  return kind === "chat_guid" ? { kind, guid: value } : { kind, identifier: value };
}

/** Strict: `12abc`, `1.5`, `-3` and 0 (a row without a chat) are no chat's id. */
export function parseChatId(text: string): number | undefined {
  if (!/^[0-9]{1,16}$/.test(text)) return undefined;
  const id = Number(text);
  return id > 0 && Number.isSafeInteger(id) ? id : undefined;
}

/** Newer chats are identified by 32 hex digits without any prefix. */
export const isBareIdentifier = (text: string): boolean => /^[0-9a-f]{32}$/i.test(text);

/** `tel:` or not, then nothing but digits and what people put between them. */
export const isPhoneLike = (text: string): boolean =>
  /^(?:tel:)?[\d\s+\-().]+$/i.test(text) && /\d/.test(text);
