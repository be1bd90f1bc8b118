import { QUERY_FAILED } from "./call.ts";
import type { Database } from "./host.ts";
import type { JsonObject } from "./json-parse.ts";
import type { WireObject } from "./json-write.ts";
import { allows } from "./message-filter.ts";
import { boolOf, filterOf, intOf } from "./params-lenient.ts";
import { chatInfo, isGroup, messagePayload, stamp, type ChatInfo, type PayloadContext } from "./payload.ts";
import { internalError, invalidParams } from "./rpc-failure.ts";
import type { Chat } from "./rows.ts";

/** Name and members of a chat as they were when this process first looked: a rename is never seen [14]. */
export class ChatCache {
  readonly #known = new Map<number, ChatInfo>();

  of(chat: Chat): ChatInfo {
    const known = this.#known.get(chat.rowid) ?? chatInfo(chat);
    this.#known.set(chat.rowid, known);
    return known;
  }
}

/** chats.list and messages.history: all that 0.9 can read [01]. */
export class Reads09 {
  readonly #database: Database;
  readonly #context: PayloadContext;
  readonly #cache: ChatCache;

  constructor(database: Database, context: PayloadContext, cache: ChatCache) {
    this.#database = database;
    this.#context = context;
    this.#cache = cache;
  }

  chatsList(params: JsonObject): WireObject {
    const limit = Math.max(1, intOf(params["limit"]) ?? 20);
    const chats = this.#ready().world.chatsByDate().slice(0, limit);
    return { chats: chats.map((chat) => this.#chatPayload(chat)) };
  }

  history(params: JsonObject): WireObject {
    const chatId = intOf(params["chat_id"]);
    if (chatId === undefined) throw invalidParams("chat_id is required");
    const limit = Math.max(1, intOf(params["limit"]) ?? 50);
    const filter = filterOf(params);
    const { world } = this.#ready();
    const chat = world.chat(chatId);
    const parts = { attachments: boolOf(params["attachments"]), reactions: true };
    // An unknown chat, 0 and -1 have an empty history, no error [04].
    const messages: WireObject[] = [];
    if (chat === undefined) return { messages };
    for (const message of world.newestFirst(chatId)) {
      if (!allows(filter, message)) continue;
      messages.push(messagePayload(this.#context, world, message, this.#cache.of(chat), parts));
      if (messages.length === limit) break;
    }
    return { messages };
  }

  /** An empty or garbage file opens; its queries are what fails [12]. */
  #ready(): Database {
    if (this.#database.state !== "ready") throw internalError(QUERY_FAILED);
    this.#database.refresh();
    return this.#database;
  }

  #chatPayload(chat: Chat): WireObject {
    const info = this.#cache.of(chat);
    return {
      id: info.id,
      identifier: info.identifier,
      guid: info.guid,
      // An empty cached name gives way to the row's present one, a cached name does not [14 chats 5, 6].
      name: info.name === "" ? chatInfo(chat).name : info.name,
      service: info.service,
      last_message_at: stamp(chat.lastDate),
      participants: info.participants,
      is_group: isGroup(info.identifier, info.guid),
    };
  }
}
