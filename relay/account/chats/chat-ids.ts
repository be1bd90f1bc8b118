// Chat ids across a replaced database. An id that meant one chat before and means another now may be spoken by
// somebody who remembers the old one: it reaches nobody until that caller was shown what it means today.
import * as z from "zod";
import { chatKey } from "../../../shared/imsg.ts";
import type { ChatList } from "./chat-list.ts";
import type { Sql } from "../ports.ts";
import type { StateStore } from "../store/state.ts";

const rowSchema = z.object({ chat_id: z.number(), chat: z.string() });

/** Stands for every id that was not noted; no chat has it. */
const ANY_ID = 0;

export class ChatIds {
  readonly #sql: Sql;
  readonly #state: StateStore;
  readonly #chats: ChatList;
  /** What ids meant in the databases before this one; nearly always empty, and every shown message asks. */
  #former: Map<number, Set<string>> | undefined;

  constructor(sql: Sql, state: StateStore, chats: ChatList) {
    this.#sql = sql;
    this.#state = state;
    this.#chats = chats;
    state.onRollback(() => {
      this.#former = undefined;
    });
  }

  /** Another database begins. In its transaction, before the generation is raised. */
  replaced(): void {
    const { database } = this.#state.current;
    this.#sql.exec("DELETE FROM told");
    for (const [id, guid] of this.#chats.guids(database)) this.#remember(id, chatKey(guid));
    // Beyond what was noted any id may have been a chat's.
    if (this.#chats.isCut(database)) this.#remember(ANY_ID, "");
    this.#former = undefined;
  }

  /** Whether this caller may still mean a chat that had the id before. */
  isDoubtful(id: number, key: string): boolean {
    const former = this.#all();
    const before = former.get(id) ?? former.get(ANY_ID);
    if (before === undefined) return false;
    const guid = this.#chats.guidOf(id, this.#state.current.database);
    if (guid !== undefined && isAlways(before, chatKey(guid))) return false;
    return this.#sql.exec("SELECT 1 FROM told WHERE key = ? AND chat_id = ?", key, id).toArray().length === 0;
  }

  /** A message of that chat was sent to a caller: from now on they mean today's. */
  shown(id: number, chat: string, database: number, key: string): void {
    if (database !== this.#state.current.database) return;
    const former = this.#all();
    const before = former.get(id) ?? former.get(ANY_ID);
    if (before === undefined || isAlways(before, chat)) return;
    this.#sql.exec("INSERT OR IGNORE INTO told (key, chat_id) VALUES (?, ?)", key, id);
  }

  #remember(id: number, chat: string): void {
    this.#sql.exec("INSERT OR IGNORE INTO former_chat (chat_id, chat) VALUES (?, ?)", id, chat);
  }

  #all(): Map<number, Set<string>> {
    if (this.#former === undefined) {
      this.#former = new Map();
      for (const row of this.#sql.exec("SELECT chat_id, chat FROM former_chat").toArray()) {
        const { chat_id, chat } = rowSchema.parse(row);
        this.#former.set(chat_id, (this.#former.get(chat_id) ?? new Set()).add(chat));
      }
    }
    return this.#former;
  }
}

/** In every database so far the id was that chat's. */
const isAlways = (before: ReadonlySet<string>, chat: string): boolean =>
  before.size === 1 && before.has(chat);
