import { attachmentOf, uuid } from "./effects.ts";
import type { AttachmentRow, ChatRef, MessageRef, SendState, TapbackKind, WorldOp } from "./world-op.ts";

export interface ScriptHost {
  readonly append: (ops: readonly WorldOp[]) => void;
  readonly now: () => number;
  readonly random: () => number;
}

export interface MessageExtras {
  readonly date?: string | number | null;
  readonly rowid?: number;
  readonly attachments?: readonly AttachmentRow[];
  readonly destination?: string | null;
}

export interface TapbackExtras {
  readonly emoji?: string;
  readonly date?: string | number;
}

/** The account of the simulated Mac. */
export const ACCOUNT = "+15550100000";
/** As sender: a message typed on the Mac itself. */
export const ME = "me";

/**
 * What a test or the demo lets happen on a Mac, in Messages' own words. Chats and messages are named
 * by their guids. Works on any database: in memory for in-process engines, a file for child processes.
 */
export class Script {
  readonly #host: ScriptHost;

  constructor(host: ScriptHost) {
    this.#host = host;
  }

  append(...ops: readonly WorldOp[]): void {
    this.#host.append(ops);
  }

  /** A conversation with one handle; `prefix` "any" as on macOS 26, "SMS" or "RCS". Returns the chat's guid. */
  dm(handle: string, prefix: "iMessage" | "SMS" | "RCS" | "any" = "iMessage"): string {
    const guid = `${prefix};-;${handle}`;
    this.append({ op: "chat", guid });
    return guid;
  }

  group(
    identifier: string,
    participants: readonly string[],
    name = "",
    prefix: "iMessage" | "any" = "iMessage",
  ): string {
    const guid = `${prefix};+;${identifier}`;
    this.append({ op: "chat", guid, participants, display_name: name });
    return guid;
  }

  /** Returns the message's guid, like everything below that makes a message. */
  appendText(chat: ChatRef, sender: string, text: string, extras: MessageExtras = {}): string {
    return this.#message({ chat, text }, sender, extras);
  }

  /** One line of the file for all of them; the guids start with eight digits of their own. */
  appendBulk(chat: ChatRef, sender: string, count: number, text = "bulk"): void {
    const guid_head = this.guid().slice(0, 8);
    const date = this.#host.now();
    this.append({ op: "bulk", count, chat, sender, text, guid_head, date, destination: ACCOUNT });
  }

  /** A row that has no chat yet (chat_id 0 on the wire); `join` gives it one. */
  appendUnjoined(sender: string, text: string, extras: MessageExtras = {}): string {
    return this.#message({ text }, sender, extras);
  }

  join(message: MessageRef, chat: ChatRef): void {
    this.append({ op: "join", message, chat });
  }

  appendReply(chat: ChatRef, sender: string, to: string, text: string, extras: MessageExtras = {}): string {
    return this.#message({ chat, text, thread_originator_guid: to }, sender, extras);
  }

  appendSticker(chat: ChatRef, sender: string, on: string, sticker: AttachmentRow): string {
    const attachments = [{ ...sticker, is_sticker: true }];
    return this.#message({ chat, text: "\uFFFC", sticker_on: on }, sender, { attachments });
  }

  appendAttachments(
    chat: ChatRef,
    sender: string,
    files: readonly AttachmentRow[],
    text = "",
    extras: MessageExtras = {},
  ): string {
    const what = { chat, text: "\uFFFC".repeat(files.length) + text };
    return this.#message(what, sender, { ...extras, attachments: files });
  }

  /** The text with a link, and the row of its preview that Messages writes some time after. */
  appendUrlTwins(
    chat: ChatRef,
    sender: string,
    url: string,
  ): { readonly text: string; readonly balloon: string } {
    return { text: this.appendText(chat, sender, url), balloon: this.appendBalloon(chat, sender, url) };
  }

  appendBalloon(chat: ChatRef, sender: string, url: string): string {
    const balloon_bundle_id = "com.apple.messages.URLBalloonProvider";
    return this.#message({ chat, text: url, balloon_bundle_id }, sender, {});
  }

  /** `emoji` for the kind "custom" only. */
  appendTapback(
    chat: ChatRef,
    sender: string,
    on: string,
    kind: TapbackKind,
    extras: TapbackExtras = {},
  ): string {
    return this.#tapback(chat, sender, on, kind, { ...extras, remove: false });
  }

  removeTapback(
    chat: ChatRef,
    sender: string,
    on: string,
    kind: TapbackKind,
    extras: TapbackExtras = {},
  ): string {
    return this.#tapback(chat, sender, on, kind, { ...extras, remove: true });
  }

  edit(message: MessageRef, text: string): void {
    this.append({ op: "edit", message, text });
  }

  unsend(message: MessageRef): void {
    this.append({ op: "unsend", message });
  }

  /** The row is gone. */
  delete(message: MessageRef): void {
    this.append({ op: "delete", message });
  }

  /** The row stays, without a chat. */
  recentlyDelete(message: MessageRef): void {
    this.append({ op: "recently_delete", message });
  }

  rename(chat: ChatRef, name: string): void {
    this.append({ op: "rename", chat, display_name: name });
  }

  addParticipant(chat: ChatRef, handle: string): void {
    this.append({ op: "add_participant", chat, handle });
  }

  removeParticipant(chat: ChatRef, handle: string): void {
    this.append({ op: "remove_participant", chat, handle });
  }

  sendState(message: MessageRef, state: SendState): void {
    this.append({ op: "send_state", message, state, date: this.#host.now() });
  }

  /** What a watch of bridge events sees: `started-typing`, `stopped-typing`, … */
  bridgeEvent(event: string, data: Readonly<Record<string, string | number | boolean>> = {}): void {
    this.append({ op: "bridge_event", event, data });
  }

  guid(): string {
    return uuid(this.#host.random);
  }

  /** An attachment row for a file that is not there, or whose bytes nobody needs. */
  file(name: string, bytes = 0): AttachmentRow {
    const guid = this.guid();
    const [first = "0", second = "0", third = "0", fourth = "0"] = guid.toLowerCase();
    const path = `~/Library/Messages/Attachments/${first}${second}/${third}${fourth}/${guid}/${name}`;
    return attachmentOf(path, bytes);
  }

  #message(
    what: Omit<Extract<WorldOp, { op: "message" }>, "op" | "guid" | "date">,
    sender: string,
    extras: MessageExtras,
  ): string {
    const guid = this.guid();
    const from = sender === ME ? { is_from_me: true } : { sender };
    const { date = this.#host.now(), destination = ACCOUNT, ...rest } = extras;
    this.append({ op: "message", ...what, ...from, ...rest, guid, date, destination });
    return guid;
  }

  #tapback(
    chat: ChatRef,
    sender: string,
    on: string,
    kind: TapbackKind,
    extras: TapbackExtras & { readonly remove: boolean },
  ): string {
    const guid = this.guid();
    const from = sender === ME ? { is_from_me: true } : { sender };
    const { date = this.#host.now(), ...rest } = extras;
    this.append({ op: "tapback", guid, chat, ...from, on, kind, ...rest, date, destination: ACCOUNT });
    return guid;
  }
}
