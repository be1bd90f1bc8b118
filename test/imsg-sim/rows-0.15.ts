import type { WireObject } from "./json-write.ts";
import {
  chatInfo,
  isGroup,
  messagePayload,
  stamp,
  type MessageParts,
  type PayloadContext,
} from "./payload.ts";
import { balloonOf, textOf } from "./url-balloons.ts";
import type { Chat } from "./rows.ts";
import type { JoinedRow, World } from "./world.ts";

/** Rows as 0.15 shows them: the balloon of a link is part of its text, as `url_preview`. */
export const withoutTwins = (world: World, rows: readonly JoinedRow[]): JoinedRow[] =>
  rows.filter(({ message }) => textOf(world, message) === undefined);

export function rowPayload(
  context: PayloadContext,
  world: World,
  row: JoinedRow,
  parts: MessageParts,
): WireObject {
  const info = row.chat === undefined ? undefined : chatInfo(row.chat);
  const message = messagePayload(context, world, row.message, info, parts);
  const preview = balloonOf(world, row.message);
  if (preview === undefined) return message;
  const url_preview = {
    id: preview.rowid,
    guid: preview.guid,
    balloon_bundle_id: preview.balloonBundleId,
    created_at: stamp(preview.date),
  };
  return { ...message, url_preview };
}

/** `chats.get` shows this; `chats.list` adds the date of the last message and the unread count. */
export function chatDetails(chat: Chat, account: string): WireObject {
  const info = chatInfo(chat);
  return {
    id: info.id,
    identifier: info.identifier,
    guid: info.guid,
    name: info.name,
    service: info.service,
    is_group: isGroup(info.identifier, info.guid),
    participants: info.participants,
    account_id: "00000000-0000-4000-8000-00000000ACC0",
    account_login: `E:${account}`,
    last_addressed_handle: account,
  };
}

export const chatPayload = (chat: Chat, account: string): WireObject => ({
  ...chatDetails(chat, account),
  display_name: chatInfo(chat).name,
  last_message_at: stamp(chat.lastDate),
  unread_count: unread(chat),
});

/** What the badge of a chat counts: not one's own messages, not tapbacks. */
export const unread = (chat: Chat): number =>
  chat.messages.filter((message) => !message.isFromMe && !message.isRead && message.tapback === undefined)
    .length;
