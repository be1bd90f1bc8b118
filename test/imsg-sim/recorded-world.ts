/** Rebuilds the recorded database out of what the transcripts show of it: history and watch carry whole rows. */
import type { Settings } from "./settings.ts";
import { outputs, readTranscript } from "./transcript.ts";
import type { Json } from "./wire-message.ts";
import type { AttachmentRow, ChatOp, MessageOp, TapbackKind, TapbackOp, WorldOp } from "./world-op.ts";

interface ChatShown {
  readonly id: number;
  readonly guid: string;
  readonly identifier: string;
  readonly service: string;
  readonly name: string;
  readonly participants: readonly string[];
}

interface MessageShown {
  readonly id: number;
  readonly guid: string;
  readonly chat_id: number;
  readonly sender: string;
  readonly is_from_me: boolean;
  readonly text: string;
  readonly created_at: string;
  readonly destination_caller_id?: string;
  readonly reply_to_guid?: string;
  readonly thread_originator_guid?: string;
  readonly attachments: readonly (Omit<AttachmentRow, "filename"> & { readonly filename: string })[];
  readonly reactions: readonly ReactionShown[];
  readonly reacted_to_guid?: string;
  readonly reaction_type?: TapbackKind;
  readonly reaction_emoji?: string;
  readonly is_reaction_add?: boolean;
}

interface ReactionShown {
  readonly id: number;
  readonly type: TapbackKind;
  readonly emoji: string;
  readonly sender: string;
  readonly is_from_me: boolean;
  readonly created_at: string;
}

/** All recordings were made on Linux: no sending, no file events; races are left out of the replay. */
export const RECORDED_ON: Settings = {
  dialect: "0.9",
  sending: "linux",
  fileEvents: false,
  backlogFirst: 0,
  tailRace: 0,
};

/** The last row of the database that every session started with. */
export const LAST_ROW = 228;
/** Rows whose text Messages repeated as a URL balloon: `kind: "url"` in 08, and the second of the pair in 04. */
const BALLOONS = new Set([219, 238, 239, 245]);

/** Together they show every row that any answer needs. */
const SOURCES = [
  "04-history",
  "08-watch",
  "09-watch-resume",
  "11-watch-burst",
  "14-stale-chat-cache",
] as const;
/** Read once: the tests ask for many ranges. */
const RECORDED = SOURCES.map((name) => ({ name, rows: outputs(readTranscript(name)).flatMap(shown) }));

const chatsShown = (message: Json): ChatShown[] => {
  const result = message["result"] as { readonly chats?: ChatShown[] } | undefined;
  return result?.chats ?? [];
};

function shown(message: Json): MessageShown[] {
  const result = message["result"] as { readonly messages?: MessageShown[] } | undefined;
  const params = message["params"] as { readonly message?: MessageShown } | undefined;
  return result?.messages ?? (params?.message === undefined ? [] : [params.message]);
}

/** The chats of every session; chat 8 had no message yet and therefore is in no list. */
export function recordedChats(): ChatOp[] {
  const listed = outputs(readTranscript("02-chats-list")).map((message) => chatsShown(message))[0] ?? [];
  const chats = listed.map(chatOp).sort((a, b) => (a.rowid ?? 0) - (b.rowid ?? 0));
  return [...chats, { op: "chat", rowid: 8, guid: "iMessage;-;+15550100105", display_name: "" }];
}

export const chatOp = (chat: ChatShown): ChatOp => ({
  op: "chat",
  rowid: chat.id,
  guid: chat.guid,
  identifier: chat.identifier,
  service: chat.service,
  display_name: chat.name === chat.identifier ? null : chat.name,
  participants: chat.participants,
});

/** The database as it was when every session began: all rows up to 228 that any transcript shows. */
export const recordedWorld = (): WorldOp[] => [...recordedChats(), ...rowsBetween(1, LAST_ROW)];

/** Rows that transcript 08 appended; `joined` gives row 246 the chat it got 7 s after its commit. */
export const appendedRows = (joined: boolean): WorldOp[] => {
  const rows = rowsBetween(LAST_ROW + 1, 247, ["08-watch", "09-watch-resume"]);
  // 239 was dropped as the repeat of 238, so nothing shows it.
  const original = rows.find((row) => row.op === "message" && row.rowid === 238);
  const twin: WorldOp[] =
    original?.op === "message" ? [{ ...original, rowid: 239, guid: guidIn08(239) }] : [];
  const all = [...rows, ...twin].sort((a, b) => rowidOf(a) - rowidOf(b));
  return joined
    ? all
    : all.map((row) => (rowidOf(row) === 246 && row.op === "message" ? unjoined(row) : row));
};

export const rowidOf = (op: WorldOp): number => ("rowid" in op ? (op.rowid ?? 0) : 0);

function unjoined({ chat: _chat, ...row }: MessageOp): MessageOp {
  return row;
}

/** The guids of the rows that 08 appended are in its `db` lines. */
function guidIn08(rowid: number): string {
  const line = readTranscript("08-watch").find(
    ({ dir, line }) => dir === "db" && line.includes(`"rowid": ${rowid},`),
  );
  return /"guid": "([^"]+)"/.exec(line?.line ?? "")?.[1] ?? "";
}

export function rowsBetween(first: number, last: number, sources: readonly string[] = SOURCES): WorldOp[] {
  const messages = new Map<number, MessageOp>();
  const tapbacks = new Map<number, TapbackOp>();
  for (const row of RECORDED.filter(({ name }) => sources.includes(name)).flatMap(({ rows }) => rows)) {
    if (row.id >= first && row.id <= last) {
      if (row.reaction_type === undefined) messages.set(row.id, messageOp(row, messages.get(row.id)));
      else tapbacks.set(row.id, tapbackOp(row));
    }
    for (const reaction of row.reactions) {
      const known = tapbacks.has(reaction.id) || reaction.id < first || reaction.id > last;
      if (!known) tapbacks.set(reaction.id, reactionOp(reaction, row));
    }
  }
  return [...messages.values(), ...tapbacks.values()].sort((a, b) => rowidOf(a) - rowidOf(b));
}

function messageOp(row: MessageShown, before: MessageOp | undefined): MessageOp {
  const chats = new Set([before?.chat ?? [], row.chat_id === 0 ? [] : row.chat_id].flat());
  const stray = strayCharacter(row.text);
  return {
    op: "message",
    rowid: row.id,
    guid: row.guid,
    ...(chats.size === 0 ? {} : { chat: [...chats] }),
    sender: row.is_from_me ? "" : row.sender,
    is_from_me: row.is_from_me,
    text: stray ? row.text.slice(1) : row.text,
    attributed_only: stray,
    date: row.created_at,
    destination: row.destination_caller_id ?? null,
    // History without `attachments: true` shows none: the fullest sight of the row counts.
    attachments:
      row.attachments.length > 0 ? row.attachments.map(attachmentRow) : (before?.attachments ?? []),
    ...(row.reply_to_guid === undefined ? {} : { sticker_on: row.reply_to_guid }),
    ...(row.thread_originator_guid === undefined
      ? {}
      : { thread_originator_guid: row.thread_originator_guid }),
    ...(BALLOONS.has(row.id) ? { balloon_bundle_id: "com.apple.messages.URLBalloonProvider" } : {}),
  };
}

/** 0.9 puts the high byte of a 16-bit length before an attributed text; the row does not hold it. */
function strayCharacter(text: string): boolean {
  const length = Buffer.byteLength(text.slice(1));
  return length >= 8192 && length <= 32_511 && text.charCodeAt(0) === length >> 8;
}

const attachmentRow = (row: MessageShown["attachments"][number]): AttachmentRow => ({
  ...row,
  filename: row.filename === "" ? null : row.filename,
});

const emojiOf = (kind: TapbackKind, emoji: string | undefined): { readonly emoji?: string } =>
  kind === "custom" && emoji !== undefined ? { emoji } : {};

function tapbackOp(row: MessageShown): TapbackOp {
  const kind = row.reaction_type ?? "love";
  return {
    op: "tapback",
    rowid: row.id,
    guid: row.guid,
    chat: row.chat_id,
    sender: row.is_from_me ? "" : row.sender,
    is_from_me: row.is_from_me,
    on: row.reacted_to_guid ?? "",
    kind,
    ...emojiOf(kind, row.reaction_emoji),
    remove: row.is_reaction_add === false,
    date: row.created_at,
    destination: row.destination_caller_id ?? null,
  };
}

/** A tapback of which only the list under its message is known. */
const reactionOp = (reaction: ReactionShown, on: MessageShown): TapbackOp => ({
  op: "tapback",
  rowid: reaction.id,
  guid: `reaction-${reaction.id}`,
  chat: on.chat_id,
  sender: reaction.sender,
  is_from_me: reaction.is_from_me,
  on: on.guid,
  kind: reaction.type,
  ...emojiOf(reaction.type, reaction.emoji),
  date: reaction.created_at,
});
