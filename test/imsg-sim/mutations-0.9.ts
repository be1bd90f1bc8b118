import { Effects, type Reaction } from "./effects.ts";
import type { EngineProcess } from "./engine-process.ts";
import type { Database } from "./host.ts";
import type { JsonObject } from "./json-parse.ts";
import type { WireObject } from "./json-write.ts";
import { boolOf, intOf, stringOf, stringsOf } from "./params-lenient.ts";
import { internalError, invalidParams } from "./rpc-failure.ts";
import { directTarget, isService, isTransport, namedTarget, type Target } from "./target.ts";
import { reactionOf } from "./reaction.ts";
import type { Chat } from "./rows.ts";

/** The texts of transcript 07, where nothing can be sent. */
const NO_SENDING =
  "AppleScript failed: Sending requires Messages.app automation and is only supported on macOS.";
const NO_MESSAGES = "Failed to launch Messages.app: Messages.app is only available on macOS.";
const NO_TYPING =
  "Typing indicator failed: Typing indicators require Messages.app/IMCore and are only supported on macOS.";
const NO_READING = "The operation could not be completed. (IMsgCore.IMCoreBridgeError error 0.)";
/** On a Mac without the injected bridge. */
const NO_BRIDGE = "Failed to launch Messages.app: System Integrity Protection is enabled.";
const NO_THREADED_REPLY =
  "reply_to requires bridge transport; AppleScript fallback cannot send threaded replies";

type Handler = (params: JsonObject) => WireObject;

/** Everything 0.9 can do to Messages; validation comes before any failure of the transport [07]. */
export class Mutations09 {
  readonly methods: ReadonlyMap<string, Handler>;
  readonly #process: EngineProcess;
  readonly #database: Database;
  readonly #effects: Effects;

  constructor(process: EngineProcess, database: Database) {
    this.#process = process;
    this.#database = database;
    this.#effects = new Effects(process);
    this.methods = new Map<string, Handler>([
      ["send", (params) => this.#send(params)],
      ["send.rich", (params) => this.#sendBridged(params, "send.rich")],
      ["send.attachment", (params) => this.#sendBridged(params, "send.attachment")],
      ["tapback", (params) => this.#tapback(params)],
      ["typing", (params) => this.#typing(params)],
      ["read", (params) => this.#read(params)],
      ["chats.create", (params) => this.#createChat(params)],
      [
        "chats.delete",
        (params) => this.#onChat(params, "chats.delete", (chat) => ({ op: "delete_chat", chat })),
      ],
      [
        "chats.markUnread",
        (params) => this.#onChat(params, "chats.markUnread", (chat) => trace("chats.markUnread", chat)),
      ],
      ["message.edit", (params) => this.#edit(params)],
      ["message.unsend", (params) => this.#onMessage(params, "message.unsend", "unsend")],
      ["message.delete", (params) => this.#onMessage(params, "message.delete", "delete")],
      ["message.notifyAnyways", (params) => this.#onMessage(params, "message.notifyAnyways", "effect")],
      ["group.rename", (params) => this.#rename(params)],
      [
        "group.setIcon",
        (params) => this.#onChat(params, "group.setIcon", (chat) => trace("group.setIcon", chat)),
      ],
      ["group.addParticipant", (params) => this.#member(params, "add_participant", "group.addParticipant")],
      [
        "group.removeParticipant",
        (params) => this.#member(params, "remove_participant", "group.removeParticipant"),
      ],
      ["group.leave", (params) => this.#onChat(params, "group.leave", (chat) => trace("group.leave", chat))],
    ]);
  }

  /** In the order of transcript 07: service, transport, recipient, content, chat; the transport fails last. */
  #send(params: JsonObject): WireObject {
    const text = stringOf(params["text"]) ?? "";
    const file = stringOf(params["file"]) ?? "";
    const service = stringOf(params["service"]) ?? "auto";
    if (!isService(service)) throw invalidParams("invalid service");
    const transport = (stringOf(params["transport"]) ?? "auto").toLowerCase();
    if (!isTransport(transport)) throw invalidParams("invalid transport");
    const to = stringOf(params["to"]) ?? "";
    const named = this.#hasChat(params);
    if (named && to !== "") throw invalidParams("use to or chat_*; not both");
    if (!named && to === "") throw invalidParams("to is required for direct sends");
    if (text === "" && file === "") throw invalidParams("text or file is required");
    const target = named ? this.#target(params) : directTarget(this.#database.world, to, service);
    // A reply that cannot be threaded is refused, not sent without its thread: the caller decides.
    const replyTo = stringOf(params["reply_to"]) ?? "";
    if (transport === "bridge") this.#requireBridge();
    else if (replyTo !== "" && !this.#process.options.bridgeReady) throw invalidParams(NO_THREADED_REPLY);
    return this.#deliver(target, text, file, replyTo, "send");
  }

  /** send.rich and send.attachment have no other way than the bridge [07]. */
  #sendBridged(params: JsonObject, method: string): WireObject {
    const file = stringOf(params["file"]) ?? stringOf(params["path"]) ?? "";
    const text = stringOf(params["text"]) ?? "";
    if (method === "send.attachment" && file === "") throw invalidParams("file is required");
    const target = this.#target(params);
    this.#requireBridge();
    return this.#deliver(target, text, file, stringOf(params["reply_to"]) ?? "", method);
  }

  /** The id and guid are those of the row imsg finds in the database after the send. */
  #deliver(target: Target, text: string, file: string, replyTo: string, method: string): WireObject {
    if (this.#process.options.sending === "linux") throw internalError(NO_SENDING);
    const outgoing = { text, file, ...(replyTo === "" ? {} : { replyTo }) };
    const row = this.#effects.send(this.#database, target, outgoing, method);
    if (row === undefined) throw internalError(`AppleScript failed: Attachment not found at ${file}`);
    return this.#process.options.sending === "without_guid"
      ? { ok: true }
      : { ok: true, id: row.rowid, guid: row.guid };
  }

  #tapback(params: JsonObject): WireObject {
    const guid = this.#messageGuid(params);
    const reaction: Reaction = reactionOf(
      stringOf(params["reaction"]) ?? stringOf(params["kind"]) ?? "",
      stringOf(params["emoji"]),
      boolOf(params["remove"]),
    );
    const chat = this.#chat(params);
    this.#requireBridge();
    this.#effects.tapback(this.#database, chat, guid, reaction, "tapback");
    return { ok: true };
  }

  /** Leaves no row: the ledger alone knows of it. */
  #typing(params: JsonObject): WireObject {
    const to = stringOf(params["to"]) ?? "";
    if (this.#hasChat(params) && to !== "") throw invalidParams("use to or chat_*; not both");
    if (!this.#hasChat(params) && to === "") throw invalidParams("to is required for direct typing");
    if (this.#process.options.sending === "linux") throw internalError(NO_TYPING);
    this.#database.append([
      { op: "effect", through: "typing", detail: to === "" ? this.#chat(params).guid : to },
    ]);
    return { ok: true };
  }

  /** Unlike the others, its failure on Linux has no words of its own [07]. */
  #read(params: JsonObject): WireObject {
    if (this.#process.options.sending === "linux") throw internalError(NO_READING);
    const chat = this.#chat(params);
    this.#database.append([
      { op: "read", chat: chat.guid, date: this.#process.host.clock.now(), through: "read" },
    ]);
    return { ok: true };
  }

  /** A chat without a message is in no list until somebody writes [02]. */
  #createChat(params: JsonObject): WireObject {
    const addresses = stringsOf(params["addresses"]);
    if (addresses.length === 0) throw invalidParams("addresses is required (non-empty array of phone/email)");
    this.#requireBridge();
    const service = stringOf(params["service"]) ?? "iMessage";
    const group = addresses.length > 1;
    const guid = group
      ? `${service};+;chat${Math.floor(this.#process.host.random() * 1e15)}`
      : `${service};-;${addresses[0]}`;
    const name = stringOf(params["name"]) ?? "";
    this.#database.append([
      { op: "chat", guid, display_name: name, participants: addresses },
      trace("chats.create", guid),
    ]);
    return { ok: true, chat_guid: guid };
  }

  #edit(params: JsonObject): WireObject {
    const message = this.#messageGuid(params);
    const text = stringOf(params["text"]) ?? "";
    if (text === "") throw invalidParams("text is required");
    this.#chat(params);
    this.#requireBridge();
    this.#database.append([{ op: "edit", message, text, through: "message.edit" }]);
    return { ok: true };
  }

  #onMessage(params: JsonObject, through: string, op: "unsend" | "delete" | "effect"): WireObject {
    const message = this.#messageGuid(params);
    this.#chat(params);
    this.#requireBridge();
    this.#database.append([op === "effect" ? trace(through, message) : { op, message, through }]);
    return { ok: true };
  }

  /** Shown by this process only after its restart: the chat cache keeps the old name [14]. */
  #rename(params: JsonObject): WireObject {
    const chat = this.#chat(params).guid;
    const name = stringOf(params["name"]);
    if (name === undefined) throw invalidParams("name is required");
    this.#requireBridge();
    this.#effects.changeGroup(this.#database, {
      op: "rename",
      chat,
      display_name: name,
      through: "group.rename",
    });
    return { ok: true };
  }

  #member(params: JsonObject, op: "add_participant" | "remove_participant", through: string): WireObject {
    const chat = this.#chat(params).guid;
    const handle = stringOf(params["address"]) ?? "";
    if (handle === "") throw invalidParams("address is required");
    this.#requireBridge();
    this.#effects.changeGroup(this.#database, { op, chat, handle, through });
    return { ok: true };
  }

  #onChat(params: JsonObject, through: string, change: (guid: string) => ChatChange): WireObject {
    const { guid } = this.#chat(params);
    this.#requireBridge();
    this.#database.append([{ ...change(guid), through }]);
    return { ok: true };
  }

  /** Any bridge method tries to launch Messages first, and that is what fails [07]. */
  #requireBridge(): void {
    if (this.#process.options.sending === "linux") throw internalError(NO_MESSAGES);
    if (!this.#process.options.bridgeReady) throw internalError(NO_BRIDGE);
  }

  #messageGuid(params: JsonObject): string {
    const guid = (stringOf(params["message_id"]) ?? stringOf(params["message_guid"]) ?? "").trim();
    if (guid === "") throw invalidParams("message_id or message_guid is required");
    return guid;
  }

  #hasChat(params: JsonObject): boolean {
    return (
      ["chat_identifier", "chat_guid"].some((key) => (stringOf(params[key]) ?? "") !== "") ||
      intOf(params["chat_id"]) !== undefined
    );
  }

  #chat(params: JsonObject): Chat {
    if (!this.#hasChat(params)) throw invalidParams("chat_guid, chat_identifier, or chat_id is required");
    const target = this.#target(params);
    if ("chat" in target) return target.chat;
    throw internalError(`Chat not found: ${target.newGuid}`);
  }

  /** A number first, then a guid, then an identifier; only an unknown number is the caller's fault [07]. */
  #target(params: JsonObject): Target {
    this.#database.refresh();
    const id = intOf(params["chat_id"]);
    if (id !== undefined) {
      const chat = this.#database.world.chat(id);
      if (chat === undefined) throw invalidParams(`unknown chat_id ${id}`);
      return { chat };
    }
    const name = stringOf(params["chat_guid"]) ?? stringOf(params["chat_identifier"]) ?? "";
    const target = namedTarget(this.#database.world, name);
    if (target === undefined) throw internalError(`AppleScript failed: Can’t get chat id "${name}".`);
    return target;
  }
}

/** What a method without params of its own does to a chat. */
type ChatChange =
  | { readonly op: "delete_chat"; readonly chat: string }
  | { readonly op: "effect"; readonly through: string; readonly detail: string };

/** An effect without a row. */
const trace = (through: string, detail: string): Extract<ChatChange, { op: "effect" }> => ({
  op: "effect",
  through,
  detail,
});
