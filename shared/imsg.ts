// imsg's objects, loose: what we do not read passes through untouched. Only what cannot be missed is required;
// a field of a wrong type counts as absent, so that one odd row never stops the stream.
import * as z from "zod";

const text = z.string().catch("");
const flag = z.boolean().catch(false);

export const chatSchema = z.looseObject({
  id: z.int(),
  guid: text,
  identifier: text,
  name: text,
  is_group: flag,
  participants: z.array(z.string()).catch([]),
});
export type Chat = z.infer<typeof chatSchema>;

/** `chat_id` 0 and an empty `chat_guid` = the row is not joined to a chat yet (unanchored). */
export const messageSchema = z.looseObject({
  id: z.int(),
  guid: z.string().min(1),
  chat_id: z.int().catch(0),
  chat_guid: text,
  sender: text,
  is_from_me: flag,
  is_reaction: flag,
  participants: z.array(z.string()).catch([]),
  created_at: text,
});
export type Message = z.infer<typeof messageSchema>;

export const isAnchored = (message: Pick<Message, "chat_id" | "chat_guid">): boolean =>
  message.chat_id > 0 || message.chat_guid !== "";

/** Milliseconds since the epoch; undefined where the date is missing or unreadable. */
export function dateOf(message: Pick<Message, "created_at">): number | undefined {
  const at = Date.parse(message.created_at);
  return Number.isNaN(at) ? undefined : at;
}

/**
 * A chat's name that survives a new Mac and a change of service: its guid without the service prefix, since
 * `any;`, `iMessage;`, `SMS;` and `RCS;` are one chat. Empty for an unanchored row.
 */
export function chatKey(chatGuid: string): string {
  const at = chatGuid.indexOf(";");
  return at < 0 ? chatGuid : chatGuid.slice(at + 1);
}

export const historySchema = z.looseObject({ messages: z.array(z.unknown()) });
export const chatsSchema = z.looseObject({ chats: z.array(z.unknown()) });
export const pageSchema = z.looseObject({
  messages: z.array(z.unknown()),
  next_rowid: z.int(),
  has_more: z.boolean().catch(false),
});
export const subscribedSchema = z.looseObject({ subscription: z.int() });
export const watchMessageSchema = z.looseObject({ subscription: z.int(), message: z.unknown() });
export const watchErrorSchema = z.looseObject({ subscription: z.int() });
export const watchOverflowSchema = z.looseObject({
  subscription: z.int(),
  resume_after_rowid: z.int().optional(),
});
export const statusSchema = z.looseObject({
  version: z.string().optional(),
  methods: z.array(z.string()).optional(),
  bridge: z.looseObject({ ready: z.boolean() }).optional(),
});
export const sentSchema = z.looseObject({ guid: z.string().optional(), id: z.unknown().optional() });
