// Chat ids across a replaced database. An id that meant one chat before and means another now may be spoken by
// somebody who remembers the old one: it reaches nobody until that caller was shown what it means today.
import * as z from "zod";
import { chatKey } from "../../shared/imsg.ts";
import type { ChatList } from "./chat-list.ts";
import type { Sql } from "./ports.ts";
import type { StateStore } from "./store/state.ts";

const rowSchema = z
  .object({ chat_id: z.number(), chat: z.string() })
  .transform(({ chat_id, chat }) => [chat_id, chat] as const);

export class ChatIds {
  readonly #sql: Sql;
  readonly #state: StateStore;
  readonly #chats: ChatList;
  /** What ids meant in the databases before this one; nearly always empty, and every shown message asks. */
  #former: Map<number, string> | undefined;

  constructor(sql: Sql, state: StateStore, chats: ChatList) {
    this.#sql = sql;
    this.#state = state;
    this.#chats = chats;
  }

  /** Another database begins. In its transaction, before the generation is raised. */
  replaced(): void {
    this.#sql.exec("DELETE FROM told");
    for (const [id, guid] of this.#chats.guids(this.#state.current.database)) {
      this.#sql.exec("INSERT OR REPLACE INTO former_chat (chat_id, chat) VALUES (?, ?)", id, chatKey(guid));
    }
    this.#former = undefined;
  }

  /** Whether this caller may still mean the chat that had the id before. */
  isDoubtful(id: number, key: string): boolean {
    const before = this.#all().get(id);
    if (before === undefined) return false;
    const guid = this.#chats.guidOf(id, this.#state.current.database);
    if (guid !== undefined && chatKey(guid) === before) return false;
    return this.#sql.exec("SELECT 1 FROM told WHERE key = ? AND chat_id = ?", key, id).toArray().length === 0;
  }

  /** A message of that chat was sent to a caller: from now on they mean today's. */
  shown(id: number, chat: string, database: number, key: string): void {
    if (database !== this.#state.current.database) return;
    const before = this.#all().get(id);
    if (before === undefined || before === chat) return;
    this.#sql.exec("INSERT OR IGNORE INTO told (key, chat_id) VALUES (?, ?)", key, id);
  }

  /** The transaction in which the database was replaced failed. */
  forget(): void {
    this.#former = undefined;
  }

  #all(): Map<number, string> {
    this.#former ??= new Map(
      this.#sql
        .exec("SELECT chat_id, chat FROM former_chat")
        .toArray()
        .map((row) => rowSchema.parse(row)),
    );
    return this.#former;
  }
}
