// What the policy and the channel's view read of a message row. Parsed once an event, so absent fields take the
// quick way (`default`) and only mistyped ones the slow one (`catch`).
import * as z from "zod";
import { messageSchema } from "../imsg.ts";

const text = z.string().default("").catch("");
const flag = z.boolean().default(false).catch(false);

/** reference/imsg-rpc.md, "Payloads". Fields that do not apply are absent on the wire; here "" or false. */
export const inboundSchema = messageSchema.extend({
  is_reaction: flag,
  chat_identifier: text,
  chat_name: text,
  is_group: flag,
  text,
  /** The account's own handle that the row was addressed to or sent from. */
  destination_caller_id: text,
  sender_name: text,
  attachments: z.array(z.unknown()).default([]).catch([]),
  reply_to_guid: text,
  thread_originator_guid: text,
  reply_to_text: text,
  reply_to_sender: text,
  reacted_to_guid: text,
  reaction_type: text,
  reaction_emoji: text,
  is_reaction_add: flag,
  balloon_bundle_id: text,
});
export type Inbound = z.infer<typeof inboundSchema>;

/** By what the row itself says; old engines leave `is_group` out or wrong. */
export function isGroupChat(inbound: Pick<Inbound, "is_group" | "chat_guid" | "chat_identifier">): boolean {
  return (
    inbound.is_group ||
    inbound.chat_guid.includes(";+;") ||
    inbound.chat_identifier.includes(";+;") ||
    inbound.chat_guid.startsWith("+;")
  );
}

/** A chat's identifier: a direct chat's other side. From the guid's last part where the field is empty. */
export function identifierOf(inbound: Pick<Inbound, "chat_guid" | "chat_identifier">): string {
  if (inbound.chat_identifier !== "") return inbound.chat_identifier;
  return inbound.chat_guid.slice(inbound.chat_guid.lastIndexOf(";") + 1);
}
