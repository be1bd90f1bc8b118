import type { Dialect } from "./host.ts";
import type { WireObject } from "./json-write.ts";
import { senderOf } from "./message-filter.ts";
import { tapbackEmoji } from "./tapback.ts";
import type { AttachmentRow } from "./world-op.ts";
import type { Chat, Message } from "./rows.ts";
import type { World } from "./world.ts";

/** What the core needs of its host to describe a row. */
export interface PayloadContext {
  readonly dialect: Dialect;
  readonly home: string;
  readonly fileExists: (path: string) => boolean;
  /** 0.9 after probing a locked schema: no guid, no destination, no reactions, no replies [16]. */
  readonly schemaUnread: boolean;
}

/** A chat as a payload names it; 0.9 keeps this for the life of the process [14]. */
export interface ChatInfo {
  readonly id: number;
  readonly identifier: string;
  readonly guid: string;
  readonly name: string;
  readonly service: string;
  readonly participants: readonly string[];
}

export interface MessageParts {
  readonly attachments: boolean;
  readonly reactions: boolean;
}

/** NULL display_name shows the identifier, '' stays '' [transcript 02]. */
export const chatInfo = (chat: Chat): ChatInfo => ({
  id: chat.rowid,
  identifier: chat.identifier,
  guid: chat.guid,
  name: chat.displayName ?? chat.identifier,
  service: chat.service,
  participants: chat.participants,
});

/** A NULL date is the first moment of Apple's calendar [transcript 17]. */
const APPLE_EPOCH = Date.UTC(2001, 0, 1);

export const stamp = (epoch: number | null): string => new Date(epoch ?? APPLE_EPOCH).toISOString();

export const isGroup = (identifier: string, guid: string): boolean =>
  identifier.includes(";+;") || guid.includes(";+;");

export function messagePayload(
  context: PayloadContext,
  world: World,
  message: Message,
  info: ChatInfo | undefined,
  parts: MessageParts,
): WireObject {
  const newer = context.dialect === "0.15";
  const blind = context.schemaUnread;
  return {
    id: message.rowid,
    guid: blind ? "" : message.guid,
    chat_id: info?.id ?? 0,
    chat_identifier: info?.identifier ?? "",
    chat_guid: info?.guid ?? "",
    chat_name: info?.name ?? "",
    participants: info?.participants ?? [],
    is_group: info !== undefined && isGroup(info.identifier, info.guid),
    sender: blind && message.isFromMe ? "" : senderOf(message),
    is_from_me: message.isFromMe,
    text: textOf(context, message),
    created_at: stamp(message.date),
    destination_caller_id:
      blind || message.destination === "" ? undefined : (message.destination ?? undefined),
    attachments: parts.attachments ? message.attachments.map((row) => attachmentPayload(context, row)) : [],
    reactions: parts.reactions && !blind ? reactionsOf(world, message) : [],
    ...(blind ? {} : replyPayload(world, message)),
    ...(message.tapback === undefined ? {} : tapbackPayload(message.tapback)),
    ...(newer ? newerFields(message) : {}),
  };
}

function textOf(context: PayloadContext, message: Message): string {
  if (context.dialect === "0.15" || !message.attributedOnly) return message.text;
  // 0.9 takes the high byte of a 16-bit typedstream length for a character, unless it is a control
  // character, which it trims [04 row 204, 08 row 237].
  const length = new TextEncoder().encode(message.text).length;
  const high = length >> 8;
  return length < 8192 || length > 32_511 || high < 0x20
    ? message.text
    : String.fromCharCode(high) + message.text;
}

/** The parent's words come along when the parent is still there. */
function replyPayload(world: World, message: Message): WireObject {
  // A sticker has reply_to_guid alone, a threaded reply thread_originator_guid alone [04].
  const parent = message.stickerOn ?? message.threadOriginatorGuid;
  const found = parent === undefined ? undefined : world.message(parent);
  return {
    reply_to_guid: message.stickerOn,
    thread_originator_guid: message.threadOriginatorGuid,
    reply_to_text: found?.text,
    reply_to_sender: found === undefined ? undefined : senderOf(found),
  };
}

const tapbackPayload = (tapback: NonNullable<Message["tapback"]>): WireObject => ({
  is_reaction: true,
  is_reaction_add: !tapback.remove,
  reaction_type: tapback.kind,
  reaction_emoji: tapbackEmoji(tapback.kind, tapback.emoji),
  reacted_to_guid: tapback.on,
});

const newerFields = (message: Message): WireObject => ({
  balloon_bundle_id: message.balloonBundleId,
  is_read: message.isFromMe ? undefined : message.isRead,
  date_read: message.isFromMe || message.readAt === undefined ? undefined : stamp(message.readAt),
});

const reactionsOf = (world: World, message: Message): WireObject[] =>
  world.standingTapbacks(message.guid).map((row) => ({
    id: row.rowid,
    type: row.tapback?.kind,
    emoji: tapbackEmoji(row.tapback?.kind ?? "custom", row.tapback?.emoji),
    // Unlike a message's, the sender of one's own reaction is "" [04 row 208].
    sender: row.isFromMe ? "" : row.sender,
    is_from_me: row.isFromMe,
    created_at: stamp(row.date),
  }));

function attachmentPayload(context: PayloadContext, row: AttachmentRow): WireObject {
  const path = (row.filename ?? "").replace(/^~(?=\/)/, context.home);
  return {
    filename: row.filename ?? "",
    transfer_name: row.transfer_name,
    uti: row.uti,
    mime_type: row.mime_type,
    total_bytes: row.total_bytes,
    is_sticker: row.is_sticker ?? false,
    original_path: path,
    missing: row.missing ?? (path === "" || !context.fileExists(path)),
  };
}
