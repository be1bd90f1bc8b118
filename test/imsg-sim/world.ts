import { newChat, newMessage, toEpoch, type Chat, type Message, type Tapback } from "./rows.ts";
import { tapbackSentence } from "./tapback.ts";
import type { BulkOp, ChatOp, ChatRef, MessageOp, MessageRef, TapbackOp, WorldOp } from "./world-op.ts";

/** One row as a query on the join shows it: a message in two chats is two of these. */
export interface JoinedRow {
  readonly message: Message;
  readonly chat: Chat | undefined;
}

export type BridgeEvent = Extract<WorldOp, { op: "bridge_event" }>;

/** A chat's rows or all; tapbacks are left out in the query itself, so they do not count. */
export interface AfterQuery {
  readonly rowid: number;
  readonly chatId: number | undefined;
  readonly limit: number;
  readonly tapbacks: boolean;
}

/** A Messages database in memory. It only ever changes by `apply`, so a file of operations is the database. */
export class World {
  readonly chats = new Map<number, Chat>();
  /** In the order of their coming; the stream of a subscription starts at the end of it. */
  readonly bridgeEvents: BridgeEvent[] = [];
  readonly #chatByGuid = new Map<string, Chat>();
  /** Ascending by rowid. */
  readonly #messages: Message[] = [];
  readonly #byGuid = new Map<string, Message>();
  /** By the guid of the message they are on. */
  readonly #tapbacksOn = new Map<string, Message[]>();
  #nextChat = 1;
  #maxRowid = 0;

  get maxRowid(): number {
    return this.#maxRowid;
  }

  apply(op: WorldOp): void {
    switch (op.op) {
      case "database":
      case "effect":
        return;
      case "bridge_event":
        this.bridgeEvents.push(op);
        return;
      case "chat":
        this.#addChat(op);
        return;
      case "message":
        this.#addMessage(op, undefined);
        return;
      case "tapback":
        this.#addTapback(op);
        return;
      case "bulk":
        this.#addBulk(op);
        return;
      case "delete_chat":
        this.#deleteChat(op.chat);
        return;
      case "rename":
      case "add_participant":
      case "remove_participant":
      case "read":
        this.#changeChat(op, this.chat(op.chat));
        return;
      default:
        this.#changeMessage(op, this.message(op.message));
    }
  }

  chat(ref: ChatRef): Chat | undefined {
    return typeof ref === "number" ? this.chats.get(ref) : this.#chatByGuid.get(ref);
  }

  message(ref: MessageRef): Message | undefined {
    if (typeof ref === "string") return this.#byGuid.get(ref);
    const found = this.#messages[this.#firstAfter(ref - 1)];
    return found?.rowid === ref ? found : undefined;
  }

  /** Rows above a rowid, ascending, one for each join; the limit counts joins, as imsg's SQL does. */
  after({ rowid, chatId, limit, tapbacks }: AfterQuery): JoinedRow[] {
    const rows: JoinedRow[] = [];
    for (let at = this.#firstAfter(rowid); at < this.#messages.length && rows.length < limit; at++) {
      const message = this.#messages[at];
      if (message === undefined) break;
      if (message.tapback !== undefined && !tapbacks) continue;
      if (message.chats.length === 0 && chatId === undefined) rows.push({ message, chat: undefined });
      for (const id of message.chats) {
        if (rows.length < limit && (chatId === undefined || chatId === id)) {
          rows.push({ message, chat: this.chats.get(id) });
        }
      }
    }
    return rows;
  }

  /** The rows next to one, nearest first: after it, or before it when `count` is negative. */
  neighbours(message: Message, count: number): Message[] {
    const at = this.#firstAfter(message.rowid);
    return count < 0
      ? this.#messages.slice(Math.max(0, at - 1 + count), Math.max(0, at - 1)).toReversed()
      : this.#messages.slice(at, at + count);
  }

  /** Messages of a chat, newest first, tapbacks left out, so that a limit counts messages only. */
  *newestFirst(chatId: number): Generator<Message> {
    const messages = this.inDateOrder(chatId);
    for (let at = messages.length - 1; at >= 0; at--) {
      const message = messages[at];
      if (message !== undefined && message.tapback === undefined) yield message;
    }
  }

  /** Sorted when it is asked for: rows mostly come in the order of their dates. */
  inDateOrder(chatId: number): readonly Message[] {
    const chat = this.chats.get(chatId);
    if (chat === undefined) return [];
    if (!chat.inOrder) {
      chat.messages.sort((a, b) => (a.date ?? 0) - (b.date ?? 0) || a.rowid - b.rowid);
      chat.inOrder = true;
    }
    return chat.messages;
  }

  /** Chats with at least one message, newest first; an empty chat is not listed [transcript 02]. */
  chatsByDate(): Chat[] {
    return [...this.chats.values()]
      .filter((chat) => chat.messages.length > 0)
      .sort((a, b) => (b.lastDate ?? 0) - (a.lastDate ?? 0) || b.rowid - a.rowid);
  }

  /** Tapback rows on a message that still stand: a removal cancels its own addition [transcript 08]. */
  standingTapbacks(guid: string): Message[] {
    const standing: Message[] = [];
    for (const row of this.#tapbacksOn.get(guid) ?? []) {
      const earlier = standing.findIndex((other) => sameTapback(other, row));
      if (earlier >= 0) standing.splice(earlier, 1);
      if (row.tapback?.remove === false) standing.push(row);
    }
    return standing;
  }

  /** Index of the first row above a rowid, by bisection: 50,000 rows are looked into often. */
  #firstAfter(rowid: number): number {
    let low = 0;
    let high = this.#messages.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#messages[middle]?.rowid ?? 0) <= rowid) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #addChat(op: ChatOp): void {
    // Two processes may both make the chat of a first message: the second of the two is a no-op.
    if (this.#chatByGuid.has(op.guid)) return;
    const rowid = op.rowid ?? this.#nextChat;
    const chat = newChat(op, rowid);
    this.chats.set(rowid, chat);
    this.#chatByGuid.set(op.guid, chat);
    this.#nextChat = Math.max(this.#nextChat, rowid + 1);
  }

  #addMessage(op: MessageOp, tapback: Tapback | undefined): void {
    // The same row twice (a writer that retried) is one row, as the guid column is unique.
    if (this.#byGuid.has(op.guid)) return;
    const refs = op.chat === undefined ? [] : [op.chat].flat();
    const joined = refs.flatMap((ref) => this.chat(ref) ?? []);
    const rowid = op.rowid ?? this.#maxRowid + 1;
    const message = newMessage(op, rowid, joined[0]?.service ?? "iMessage", tapback);
    // A back-fill may put a row between others, but as a rule it goes to the end.
    const place = message.rowid > this.#maxRowid ? this.#messages.length : this.#firstAfter(message.rowid);
    this.#messages.splice(place, 0, message);
    this.#maxRowid = Math.max(this.#maxRowid, message.rowid);
    this.#byGuid.set(message.guid, message);
    if (tapback !== undefined) {
      const others = this.#tapbacksOn.get(tapback.on);
      if (others === undefined) this.#tapbacksOn.set(tapback.on, [message]);
      else others.push(message);
    }
    for (const chat of joined) join(message, chat);
  }

  /** A message row of its own, with the sentence Messages writes about its target. */
  #addTapback(op: TapbackOp): void {
    const target = this.#byGuid.get(op.on);
    const remove = op.remove ?? false;
    const text = op.text ?? tapbackSentence(op.kind, op.emoji ?? "", remove, target?.text ?? "");
    const { on, kind, emoji, op: _op, remove: _remove, ...row } = op;
    this.#addMessage({ ...row, op: "message", text }, { kind, emoji, remove, on });
  }

  #addBulk(op: BulkOp): void {
    const start = toEpoch(op.date) ?? 0;
    for (let index = 0; index < op.count; index++) {
      const tail = index.toString(16).toUpperCase().padStart(12, "0");
      const row: MessageOp = {
        op: "message",
        guid: `${op.guid_head}-0000-4000-8000-${tail}`,
        chat: op.chat,
        sender: op.sender,
        text: `${op.text} #${index}`,
        date: start + index * (op.step_ms ?? 1),
        destination: op.destination ?? null,
      };
      this.#addMessage(row, undefined);
    }
  }

  /** Its rows stay, without a chat: imsg then shows them with chat_id 0. */
  #deleteChat(ref: ChatRef): void {
    const chat = this.chat(ref);
    if (chat === undefined) return;
    this.chats.delete(chat.rowid);
    this.#chatByGuid.delete(chat.guid);
    for (const message of chat.messages) message.chats = message.chats.filter((id) => id !== chat.rowid);
  }

  #changeChat(
    op: Extract<WorldOp, { op: "rename" | "add_participant" | "remove_participant" | "read" }>,
    chat: Chat | undefined,
  ): void {
    if (chat === undefined) return;
    if (op.op === "rename") chat.displayName = op.display_name;
    else if (op.op === "add_participant")
      chat.participants = [...new Set([...chat.participants, op.handle])].sort();
    else if (op.op === "remove_participant")
      chat.participants = chat.participants.filter((one) => one !== op.handle);
    else {
      for (const message of chat.messages) {
        if (message.isFromMe || message.isRead) continue;
        message.isRead = true;
        message.readAt = toEpoch(op.date) ?? undefined;
      }
    }
  }

  #changeMessage(op: Extract<WorldOp, { readonly message: MessageRef }>, message: Message | undefined): void {
    if (message === undefined) return;
    if (op.op === "join") {
      const chat = this.chat(op.chat);
      if (chat !== undefined && !message.chats.includes(chat.rowid)) join(message, chat);
    } else if (op.op === "edit") message.text = op.text;
    else if (op.op === "unsend") message.text = "";
    else if (op.op === "attachment") message.attachments = [...message.attachments, op.attachment];
    else if (op.op === "send_state") {
      message.sendState = op.state;
      if (op.state === "delivered") message.deliveredAt = toEpoch(op.date) ?? undefined;
    } else {
      this.#unjoin(message);
      if (op.op === "delete") this.#remove(message);
    }
  }

  #unjoin(message: Message): void {
    for (const id of message.chats) {
      const chat = this.chats.get(id);
      chat?.messages.splice(chat.messages.indexOf(message), 1);
    }
    message.chats = [];
  }

  #remove(message: Message): void {
    const at = this.#firstAfter(message.rowid - 1);
    if (this.#messages[at] === message) this.#messages.splice(at, 1);
    this.#byGuid.delete(message.guid);
    const on = message.tapback?.on;
    if (on !== undefined) {
      this.#tapbacksOn.set(
        on,
        (this.#tapbacksOn.get(on) ?? []).filter((row) => row !== message),
      );
    }
  }
}

function join(message: Message, chat: Chat): void {
  const last = chat.messages.at(-1);
  if (last !== undefined && (message.date ?? 0) < (last.date ?? 0)) chat.inOrder = false;
  chat.messages.push(message);
  message.chats.push(chat.rowid);
  if (message.date !== null && message.date > (chat.lastDate ?? 0)) chat.lastDate = message.date;
}

/** One handle may have several tapbacks on a message, but one of a kind [04 row 178]. */
const sameTapback = (a: Message, b: Message): boolean =>
  a.isFromMe === b.isFromMe &&
  a.sender === b.sender &&
  a.tapback?.kind === b.tapback?.kind &&
  a.tapback?.emoji === b.tapback?.emoji;
