// The chats the agent noted last: what `chats.list` falls back to, and how a chat id of one database finds its
// chat in another.
import * as z from "zod";
import { chatKey, chatSchema } from "../../../shared/imsg.ts";
import type { Answer } from "../../../shared/jsonrpc.ts";
import { isOver } from "../../../shared/json.ts";
import { MAX_NOTED_CHATS, MAX_NOTED_CHATS_BYTES } from "../../../shared/limits.ts";
import type { AccountPorts } from "../ports.ts";
import type { StateStore } from "../store/state.ts";

const rowSchema = z.object({ database: z.number(), noted_at: z.number(), body: z.string() });
const text = z.string().default("").catch("");
/** Newer engines say a group's own name and the contact's beside `name`. */
const namedChatSchema = chatSchema.extend({ display_name: text, contact_name: text, service: text });
const NO_CHATS: ReadonlyMap<number, string> = new Map();
const bodySchema = z.array(z.looseObject({}));
/** A list cut by its bytes is at least half as long as it may be. */
const LONG_CHARS = MAX_NOTED_CHATS_BYTES * 0.45;

/** The list as it is asked: of one database, but for what is by key. */
interface Known {
  readonly database: number;
  readonly guids: Map<number, string>;
  /** By chat key. */
  readonly names: ReadonlyMap<string, string>;
  readonly services: ReadonlyMap<string, string>;
}

export class ChatList {
  readonly #ports: Pick<AccountPorts, "storage" | "clock">;
  readonly #state: StateStore;
  #known: Known | undefined;

  constructor(ports: Pick<AccountPorts, "storage" | "clock">, state: StateStore) {
    this.#ports = ports;
    this.#state = state;
    state.onRollback(() => {
      this.#known = undefined;
    });
  }

  note(database: number, chats: readonly unknown[]): void {
    let body = JSON.stringify(chats);
    // Newest first: what does not fit a row is what was quiet longest.
    for (let keep = chats.length; isOver(body, MAX_NOTED_CHATS_BYTES);) {
      keep = Math.floor(keep / 2);
      body = JSON.stringify(chats.slice(0, keep));
    }
    this.#known = undefined;
    this.#ports.storage.transaction(() =>
      this.#ports.storage.sql.exec(
        `INSERT INTO chats (id, database, noted_at, body) VALUES (1, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET database = excluded.database, noted_at = excluded.noted_at, body = excluded.body`,
        database,
        this.#ports.clock.now(),
        body,
      ),
    );
  }

  /** RPC4: the list as it was, and marked so; undefined = none was ever noted. */
  stale(limit: number): Answer | undefined {
    const noted = this.#read();
    if (noted === undefined) return undefined;
    return { result: { chats: noted.chats.slice(0, limit), stale: true, noted_at: noted.noted_at } };
  }

  guidOf(chatId: number, database: number): string | undefined {
    return this.guids(database).get(chatId);
  }

  /** Whether anything is known of that database's chats. */
  isNoted(database: number): boolean {
    return this.#read()?.database === database;
  }

  /** Whether that database may have chats beyond those that were noted. */
  isCut(database: number): boolean {
    const noted = this.#read();
    return noted?.database !== database || noted.isLong || noted.chats.length >= MAX_NOTED_CHATS;
  }

  /** imessage, sms … as Messages says it of that chat now; undefined = not known. */
  serviceOf(key: string): string | undefined {
    return this.#parsed().services.get(key);
  }

  /** The guid of the chat as this database has it, whatever its service; undefined = it was not noted. */
  guidOfKey(key: string, database: number): string | undefined {
    for (const guid of this.guids(database).values()) if (chatKey(guid) === key) return guid;
    return undefined;
  }

  /** Chat id → guid, as noted last; empty where that was of another database. */
  guids(database: number): ReadonlyMap<number, string> {
    return this.#look(database);
  }

  /** A chat that a message named before the Mac noted it: the note follows within seconds. */
  saw(chatId: number, guid: string, database: number): void {
    if (chatId <= 0 || guid === "") return;
    const known = this.#parsed();
    // The first of another database: the ids that were noted mean nothing in it.
    if (known.database !== database) this.#known = { ...known, database, guids: new Map() };
    this.#known?.guids.set(chatId, guid);
  }

  /** A group's name, or that of the contact; undefined = Messages knows none. */
  nameOf(key: string): string | undefined {
    return this.#parsed().names.get(key);
  }

  #look(database: number): ReadonlyMap<number, string> {
    const known = this.#parsed();
    return database === known.database ? known.guids : NO_CHATS;
  }

  #parsed(): Known {
    if (this.#known !== undefined) return this.#known;
    const noted = this.#read();
    const guids = new Map<number, string>();
    const names = new Map<string, string>();
    const services = new Map<string, string>();
    for (const value of noted?.chats ?? []) {
      const chat = namedChatSchema.safeParse(value);
      if (!chat.success || chat.data.guid === "") continue;
      const { id, guid, display_name, contact_name, name, service } = chat.data;
      guids.set(id, guid);
      const shown = [display_name, contact_name, name].find((candidate) => candidate !== "");
      if (shown !== undefined) names.set(chatKey(guid), shown);
      if (service !== "") services.set(chatKey(guid), service);
    }
    this.#known = { database: noted?.database ?? this.#state.current.database, guids, names, services };
    return this.#known;
  }

  #read():
    | { database: number; noted_at: number; isLong: boolean; chats: z.infer<typeof bodySchema> }
    | undefined {
    const row = rowSchema.safeParse(this.#ports.storage.sql.exec("SELECT * FROM chats").toArray()[0]);
    if (!row.success) return undefined;
    const { database, noted_at, body } = row.data;
    return {
      database,
      noted_at,
      isLong: body.length > LONG_CHARS,
      chats: bodySchema.parse(JSON.parse(body)),
    };
  }
}
