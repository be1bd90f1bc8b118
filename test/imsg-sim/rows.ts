import type { AttachmentRow, ChatOp, MessageOp, SendState, TapbackKind } from "./world-op.ts";

export interface Chat {
  readonly rowid: number;
  readonly guid: string;
  readonly identifier: string;
  readonly service: string;
  displayName: string | null;
  /** Sorted: imsg selects them ORDER BY handle [transcripts 02, 15]. */
  participants: string[];
  /** Messages of this chat in date order (see `inDateOrder`), tapbacks included. */
  readonly messages: Message[];
  inOrder: boolean;
  lastDate: number | null;
}

/** What makes a message row a tapback. */
export interface Tapback {
  readonly kind: TapbackKind;
  readonly emoji: string | undefined;
  readonly remove: boolean;
  readonly on: string;
}

export interface Message {
  readonly rowid: number;
  readonly guid: string;
  /** Rowids of the chats it is joined to; empty = imsg shows chat_id 0. */
  chats: number[];
  readonly sender: string;
  readonly isFromMe: boolean;
  text: string;
  /** Epoch milliseconds. */
  readonly date: number | null;
  readonly destination: string | null;
  readonly service: string;
  attachments: AttachmentRow[];
  readonly tapback: Tapback | undefined;
  readonly stickerOn: string | undefined;
  readonly threadOriginatorGuid: string | undefined;
  readonly balloonBundleId: string | undefined;
  readonly attributedOnly: boolean;
  readonly scheduledFor: number | undefined;
  readAt: number | undefined;
  isRead: boolean;
  sendState: SendState;
  deliveredAt: number | undefined;
}

export const toEpoch = (date: string | number | null): number | null =>
  typeof date === "string" ? Date.parse(date) : date;

/** The parts of `service;style;identifier` fill in what the operation leaves out. */
export function newChat(op: ChatOp, rowid: number): Chat {
  const [service = "iMessage", style = "-", ...rest] = op.guid.split(";");
  const identifier = op.identifier ?? rest.join(";");
  return {
    rowid,
    guid: op.guid,
    identifier,
    service: op.service ?? (service === "any" ? "iMessage" : service),
    displayName: op.display_name === undefined ? "" : op.display_name,
    participants: [...(op.participants ?? (style === "-" ? [identifier] : []))].sort(),
    messages: [],
    inOrder: true,
    lastDate: null,
  };
}

/** Without its joins: the world makes those. */
export function newMessage(
  op: MessageOp,
  rowid: number,
  service: string,
  tapback: Tapback | undefined,
): Message {
  const scheduledFor = op.scheduled_for === undefined ? undefined : (toEpoch(op.scheduled_for) ?? undefined);
  return {
    rowid,
    guid: op.guid,
    chats: [],
    sender: op.sender ?? "",
    isFromMe: op.is_from_me ?? false,
    text: op.text,
    date: toEpoch(op.date),
    destination: op.destination ?? null,
    service: op.service ?? service,
    attachments: [...(op.attachments ?? [])],
    tapback,
    stickerOn: op.sticker_on,
    threadOriginatorGuid: op.thread_originator_guid,
    balloonBundleId: op.balloon_bundle_id,
    attributedOnly: op.attributed_only ?? false,
    scheduledFor,
    readAt: undefined,
    isRead: op.is_read ?? false,
    sendState: op.send_state ?? "sent",
    deliveredAt: undefined,
  };
}
