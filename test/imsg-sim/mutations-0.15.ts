import { requireDatabase } from "./database-0.15.ts";
import { Effects } from "./effects.ts";
import type { EngineProcess } from "./engine-process.ts";
import type { Database } from "./host.ts";
import type { JsonObject } from "./json-parse.ts";
import type { WireObject } from "./json-write.ts";
import {
  CHAT_KEYS,
  MESSAGE_KEYS,
  PART_KEYS,
  REPLY_KEYS,
  StrictParams,
  type ChatSelector,
} from "./params-strict.ts";
import { reactionOf } from "./reaction.ts";
import { bridgeUnavailable, internalError, invalidParams } from "./rpc-failure.ts";
import { isGroup } from "./payload.ts";
import { namedTarget, type Target } from "./target.ts";
import type { WorldOp } from "./world-op.ts";
import type { Chat } from "./rows.ts";

type Handler = (params: JsonObject) => WireObject;

/**
 * The mutations of 0.15 besides `send`: all need the bridge, except typing and read. Params are
 * validated and the chat is looked up before the bridge is asked for, so that a wrong call is -32602
 * also where nothing could be done.
 */
export class Mutations015 {
  readonly methods: ReadonlyMap<string, Handler>;
  readonly #process: EngineProcess;
  readonly #effects: Effects;

  constructor(process: EngineProcess) {
    this.#process = process;
    this.#effects = new Effects(process);
    const chatOnly = (method: string): [string, Handler] => [
      method,
      (values) => this.#onChat(method, values),
    ];
    const message = (method: string): [string, Handler] => [
      method,
      (values) => this.#onMessage(method, values),
    ];
    const member = (method: string): [string, Handler] => [method, (values) => this.#member(method, values)];
    const traced = (method: string): [string, Handler] => [method, () => this.#traced(method)];
    this.methods = new Map<string, Handler>([
      ["send.rich", (values) => this.#sendRich(values)],
      ["send.attachment", (values) => this.#sendAttachment(values)],
      ["send.sticker", (values) => this.#sendSticker(values)],
      ["tapback", (values) => this.#tapback(values)],
      ["typing", (values) => this.#typing(values)],
      ["read", (values) => this.#read(values)],
      ["message.edit", (values) => this.#edit(values)],
      ...["message.unsend", "message.delete", "message.notifyAnyways"].map((method) => message(method)),
      ["chats.create", (values) => this.#createChat(values)],
      ...["chats.delete", "chats.markUnread", "group.leave", "contacts.shareContactCard"].map((method) =>
        chatOnly(method),
      ),
      ["group.rename", (values) => this.#rename(values)],
      ["group.setIcon", (values) => this.#setIcon(values)],
      ...["group.addParticipant", "group.removeParticipant"].map((method) => member(method)),
      ...["send.multipart", "poll.send", "messages.poll.send", "poll.vote", "messages.poll.vote"].map((m) =>
        traced(m),
      ),
      ...["poll.unvote", "polls.unvote", "messages.poll.unvote"].map((method) => traced(method)),
    ]);
  }

  /** Effects, subjects and formatting are taken and leave no trace: the wire never shows them again. */
  #sendRich(values: JsonObject): WireObject {
    // Every spelling that the real one accepts; a call written for it must not be refused here.
    const extra = [
      "text",
      "message",
      "file",
      "path",
      "url",
      "dd_scan",
      "ddScan",
      "effect_id",
      "effectId",
      "effect",
      "subject",
    ];
    const params = new StrictParams("send.rich", values, [
      ...CHAT_KEYS,
      ...REPLY_KEYS,
      ...PART_KEYS,
      ...extra,
      "text_formatting",
      "textFormatting",
    ]);
    const text = params.string("text", "message") ?? params.string("url") ?? "";
    const file = params.string("file", "path") ?? "";
    params.objects("text_formatting", "textFormatting");
    return this.#sendBridged(params, { text, file }, "send.rich");
  }

  /** The gateway's own way to send a file; the caption follows as a `send` of its own. */
  #sendAttachment(values: JsonObject): WireObject {
    const keys = [...CHAT_KEYS, ...REPLY_KEYS, ...PART_KEYS, "file", "path", "audio", "is_audio", "as_voice"];
    const params = new StrictParams("send.attachment", values, keys);
    const file = params.string("file", "path") ?? "";
    if (file === "") throw invalidParams("file is required");
    params.boolean("audio", "is_audio", "as_voice");
    return this.#sendBridged(params, { text: "", file }, "send.attachment");
  }

  /** On the message named by reply_to it becomes a sticker row, otherwise a plain attachment. */
  #sendSticker(values: JsonObject): WireObject {
    const params = new StrictParams("send.sticker", values, [
      ...CHAT_KEYS,
      ...REPLY_KEYS,
      ...PART_KEYS,
      "file",
      "path",
    ]);
    const file = params.string("file", "path") ?? "";
    if (file === "") throw invalidParams("file is required");
    return this.#sendBridged(params, { text: "", file, sticker: true }, "send.sticker");
  }

  #sendBridged(
    params: StrictParams,
    what: { readonly text: string; readonly file: string; readonly sticker?: boolean },
    through: string,
  ): WireObject {
    const replyTo = params.string(...REPLY_KEYS);
    const { database, chat } = this.#chat(params.chat());
    const row = this.#effects.send(
      database,
      { chat },
      { ...what, replyTo: replyTo === "" ? undefined : replyTo },
      through,
    );
    if (row === undefined) throw internalError(`Attachment not found at ${what.file}`);
    return {
      ok: true,
      guid: row.guid,
      message_id: row.guid,
      id: row.rowid,
      chat_guid: chat.guid,
      service: row.service,
    };
  }

  #tapback(values: JsonObject): WireObject {
    const keys = [...CHAT_KEYS, ...MESSAGE_KEYS, ...PART_KEYS, "reaction", "kind", "emoji", "remove"];
    const params = new StrictParams("tapback", values, keys);
    const guid = params.messageGuid();
    const remove = params.boolean("remove") ?? false;
    params.integer(...PART_KEYS);
    const emoji = params.string("emoji");
    const reaction = reactionOf(params.string("reaction", "kind") ?? "", emoji, remove);
    const { database, chat } = this.#chat(params.chat());
    this.#effects.tapback(database, chat, guid, reaction, "tapback");
    // The bridge's own spelling comes back: "emphasize", and "remove-" before a tapback taken away.
    if (reaction.emoji !== undefined) return { ok: true, emoji: reaction.emoji };
    const name = reaction.kind === "emphasis" ? "emphasize" : reaction.kind;
    return { ok: true, reaction: reaction.remove ? `remove-${name}` : name };
  }

  /** Leaves no row; the ledger tells start from stop. */
  #typing(values: JsonObject): WireObject {
    const keys = [...CHAT_KEYS, "to", "typing", "state", "service", "region"];
    const params = new StrictParams("typing", values, keys);
    const typing = params.boolean("typing") ?? true;
    const where = params.recipientOrChat();
    const detail = where.by === "to" ? where.to : this.#chat(where, "no bridge needed").chat.guid;
    this.#append([
      { op: "effect", through: "typing", detail: `${detail} ${typing ? "started" : "stopped"}` },
    ]);
    return { ok: true };
  }

  /** Marks every message of the chat that is there, as opening it in Messages would. */
  #read(values: JsonObject): WireObject {
    const params = new StrictParams("read", values, [...CHAT_KEYS, "to", "service", "region"]);
    const where = params.recipientOrChat();
    const selector: ChatSelector = where.by === "to" ? { by: "chat_identifier", name: where.to } : where;
    const { database, chat } = this.#chat(selector, "no bridge needed");
    database.append([{ op: "read", chat: chat.guid, date: this.#process.host.clock.now(), through: "read" }]);
    return { ok: true };
  }

  /** Only the text changes: guid, rowid and date stay, and no watch shows the row again. */
  #edit(values: JsonObject): WireObject {
    const texts = ["text", "new_text", "newText", "edited_message"];
    const compatible = [
      "backwards_compatibility_message",
      "backwardsCompatibilityMessage",
      "bc_text",
      "bcText",
    ];
    const keys = [...CHAT_KEYS, ...MESSAGE_KEYS, ...PART_KEYS, ...texts, ...compatible];
    const params = new StrictParams("message.edit", values, keys);
    const message = params.messageGuid();
    const text = params.string(...texts) ?? "";
    if (text === "") throw invalidParams("text is required");
    const { database } = this.#chat(params.chat());
    database.append([{ op: "edit", message, text, through: "message.edit" }]);
    return { ok: true };
  }

  #onMessage(method: string, values: JsonObject): WireObject {
    const parts = method === "message.unsend" ? PART_KEYS : [];
    const params = new StrictParams(method, values, [...CHAT_KEYS, ...MESSAGE_KEYS, ...parts]);
    const message = params.messageGuid();
    const { database } = this.#chat(params.chat());
    // An unsent message stays as a row with an empty text [04 row 212]; a deleted one is gone.
    if (method === "message.unsend") database.append([{ op: "unsend", message, through: method }]);
    else if (method === "message.delete") database.append([{ op: "delete", message, through: method }]);
    else database.append([{ op: "effect", through: method, detail: message }]);
    return { ok: true };
  }

  #createChat(values: JsonObject): WireObject {
    const params = new StrictParams("chats.create", values, ["addresses", "service", "name", "text"]);
    const addresses = params.strings("addresses") ?? [];
    const [first] = addresses;
    if (first === undefined) throw invalidParams("addresses is required (non-empty array of phone/email)");
    const service = params.string("service") ?? "iMessage";
    const name = params.string("name") ?? "";
    const text = params.string("text") ?? "";
    this.#requireBridge();
    const database = requireDatabase(this.#process.host);
    // Chats of macOS 26 have the prefix "any" whatever service they start on.
    const group = `any;+;chat${Math.floor(this.#process.host.random() * 1e15)}`;
    const guid = addresses.length > 1 ? group : `any;-;${first}`;
    const made: WorldOp = { op: "chat", guid, service, display_name: name, participants: addresses };
    database.append([made, { op: "effect", through: "chats.create", detail: guid }]);
    const chat = database.world.chat(guid);
    if (text === "" || chat === undefined) return { ok: true, chat_guid: guid, service };
    const row = this.#effects.send(database, { chat }, { text, file: "" }, "chats.create");
    return { ok: true, chat_guid: guid, service, message_guid: row?.guid };
  }

  #onChat(method: string, values: JsonObject): WireObject {
    const { database, chat } = this.#chat(new StrictParams(method, values, CHAT_KEYS).chat());
    if (method === "chats.delete") database.append([{ op: "delete_chat", chat: chat.guid, through: method }]);
    else database.append([{ op: "effect", through: method, detail: chat.guid }]);
    return { ok: true };
  }

  #rename(values: JsonObject): WireObject {
    const params = new StrictParams("group.rename", values, [...CHAT_KEYS, "name"]);
    const name = params.string("name");
    if (name === undefined) throw invalidParams("name is required");
    const { database, chat } = this.#chat(params.chat());
    this.#effects.changeGroup(database, {
      op: "rename",
      chat: chat.guid,
      display_name: name,
      through: "group.rename",
    });
    return { ok: true };
  }

  #setIcon(values: JsonObject): WireObject {
    const params = new StrictParams("group.setIcon", values, [...CHAT_KEYS, "file"]);
    const file = params.string("file") ?? "";
    const { database, chat } = this.#chat(params.chat());
    database.append([{ op: "effect", through: "group.setIcon", detail: `${chat.guid} ${file}` }]);
    return { ok: true };
  }

  /** The change and the empty row it leaves in the group. */
  #member(method: string, values: JsonObject): WireObject {
    const params = new StrictParams(method, values, [...CHAT_KEYS, "address"]);
    const handle = params.string("address") ?? "";
    if (handle === "") throw invalidParams("address is required");
    const { database, chat } = this.#chat(params.chat());
    const op = method === "group.addParticipant" ? "add_participant" : "remove_participant";
    this.#effects.changeGroup(database, { op, chat: chat.guid, handle, through: method });
    return { ok: true };
  }

  /** Known methods whose params the simulation does not model: the bridge carries them out unseen. */
  #traced(method: string): WireObject {
    this.#requireBridge();
    this.#append([{ op: "effect", through: method, detail: "" }]);
    return { ok: true, guid: this.#effects.guid() };
  }

  #chat(selector: ChatSelector, bridge: "bridge needed" | "no bridge needed" = "bridge needed"): Found {
    const database = requireDatabase(this.#process.host);
    const target = selectChat(database, selector);
    if (bridge === "bridge needed") this.#requireBridge();
    if ("chat" in target) return { database, chat: target.chat };
    throw internalError(`Chat not found: ${target.newGuid}`);
  }

  #append(ops: readonly WorldOp[]): void {
    requireDatabase(this.#process.host).append(ops);
  }

  #requireBridge(): void {
    if (!this.#process.options.bridgeReady) throw bridgeUnavailable();
  }
}

/** One database for the look-up and the effect, also when the file is replaced in between. */
interface Found {
  readonly database: Database;
  readonly chat: Chat;
}

/** An unknown number is -32602; an unknown group cannot be addressed, an unknown handle can. */
export function selectChat(database: Database, selector: ChatSelector): Target {
  if (selector.by === "chat_id") {
    const chat = database.world.chat(selector.id);
    if (chat === undefined) throw invalidParams(`unknown chat_id ${selector.id}`);
    return { chat };
  }
  const target = namedTarget(database.world, selector.name);
  if (target !== undefined) return target;
  const kind = isGroup(selector.name, selector.name) ? "group" : "chat";
  throw internalError(`AppleScript failed: Can’t get ${kind} id "${selector.name}".`);
}
