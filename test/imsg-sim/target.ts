import { isGroup } from "./payload.ts";
import type { Chat } from "./rows.ts";
import type { World } from "./world.ts";

export type SendService = "imessage" | "sms" | "auto";

/** Where a send goes: a chat that is there, or the guid of one that the first message makes. */
export type Target = { readonly chat: Chat } | { readonly newGuid: string };

export const isService = (text: string): text is SendService => ["imessage", "sms", "auto"].includes(text);
export const isTransport = (text: string): boolean => ["auto", "bridge", "applescript"].includes(text);

/** A direct recipient: the DM that exists, else a new one on the service asked for. */
export function directTarget(world: World, to: string, service: SendService): Target {
  const dms = [...world.chats.values()].filter(
    (chat) => chat.identifier.toLowerCase() === to.toLowerCase() && !isGroup(chat.identifier, chat.guid),
  );
  const sms = dms.find((chat) => chat.service === "SMS");
  const others = dms.find((chat) => chat.service !== "SMS");
  const chat = service === "sms" ? sms : service === "imessage" ? others : (others ?? sms);
  return chat === undefined ? { newGuid: `${service === "sms" ? "SMS" : "iMessage"};-;${to}` } : { chat };
}

/** A chat named by its identifier or guid; undefined: a group that is not there. */
export function namedTarget(world: World, name: string): Target | undefined {
  const exact = world.chat(name);
  const same = (chat: Chat): boolean => chat.identifier === name || bare(chat.guid) === bare(name);
  const chat = exact ?? [...world.chats.values()].find(same);
  if (chat !== undefined) return { chat };
  if (isGroup(name, name) || /^chat\d+$/.test(name)) return undefined;
  return { newGuid: name.includes(";-;") ? name : `iMessage;-;${name}` };
}

/** `any;-;x`, `iMessage;-;x` and `SMS;-;x` are one conversation under different prefixes. */
const bare = (guid: string): string => guid.replace(/^[^;]*;/, "");
