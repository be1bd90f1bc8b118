// The account's copy of its tenant's configuration, and what numeric chat ids in it stand for. Kept here because
// every message is judged by it, at once and whether or not the tenant can be reached.
import * as z from "zod";
import { SETTINGS, type ChannelConfig, type SettingName } from "../../../shared/config/settings.ts";
import type { ConfigWarning } from "../../../shared/config/problem.ts";
import { configWarnings } from "../../../shared/config/warnings.ts";
import { chatKey } from "../../../shared/imsg.ts";
import type { Inbound } from "../../../shared/policy/inbound.ts";
import { compileRules, type Rules } from "../../../shared/policy/rules.ts";
import type { ChatList } from "../chats/chat-list.ts";
import type { Sql } from "../ports.ts";
import type { StateStore } from "../store/state.ts";

/** What the tenant says of one account. Times in ms. */
export interface AccountFacts {
  /** Rises with everything the tenant has to say: what is older came late. */
  readonly revision: number;
  /** Of the tenant's document; 0 = there never was one. */
  readonly version: number;
  readonly changed_by: string;
  readonly changed_at: number;
  readonly config: ChannelConfig;
  readonly origin: Readonly<Record<string, string>>;
  /** Numbers of chats in it that may be understood here. */
  readonly chat_ids: readonly number[];
  /** Until when a key of scope `rpc` lives: null = without end, 0 = there is none. */
  readonly rpc_until: number | null;
}

/**
 * A numeric id means something only in the database in which it was written down. `chat` = the key of the chat it
 * stands for, once that is known: from then on it is the same chat in every database.
 */
const refsSchema = z.record(z.string(), z.object({ database: z.number(), chat: z.string().nullable() }));
type Refs = z.infer<typeof refsSchema>;

const rowSchema = z.object({
  revision: z.number(),
  version: z.number(),
  changed_by: z.string(),
  changed_at: z.number(),
  config: z.string().transform((text) => readConfig(JSON.parse(text))),
  origin: z.string().transform((text) => z.record(z.string(), z.string()).catch({}).parse(JSON.parse(text))),
  rpc_until: z.number().nullable(),
  chat_refs: z.string().transform((text) => refsSchema.catch({}).parse(JSON.parse(text))),
});

/** Before the tenant has said anything: nobody gets in, and everything is kept (DESIGN §5). */
const UNTOLD: AccountFacts = {
  revision: 0,
  version: 0,
  changed_by: "",
  changed_at: 0,
  config: readConfig({ enabled: false }),
  origin: {},
  chat_ids: [],
  rpc_until: null,
};

export class Settings {
  readonly #sql: Sql;
  readonly #state: StateStore;
  readonly #chats: ChatList;
  /** Read when it is first asked for: an idle Mac that connects and sleeps needs none of it. */
  #held: { readonly facts: AccountFacts; readonly refs: Refs } | undefined;
  #rules: Rules | undefined;

  constructor(sql: Sql, state: StateStore, chats: ChatList) {
    this.#sql = sql;
    this.#state = state;
    this.#chats = chats;
    state.onRollback(() => {
      this.#held = undefined;
      this.#rules = undefined;
    });
  }

  get facts(): AccountFacts {
    return this.#read().facts;
  }

  get config(): ChannelConfig {
    return this.facts.config;
  }

  get rules(): Rules {
    this.#rules ??= compileRules(this.config);
    return this.#rules;
  }

  /** Whether a key may live to which everything must be shown: only then the body of a dropped message is kept. */
  keepsDropped(now: number): boolean {
    const { rpc_until } = this.facts;
    return rpc_until === null || rpc_until > now;
  }

  /** In a transaction of the caller. False = older than what is known. */
  receive(facts: AccountFacts): boolean {
    if (facts.revision <= this.facts.revision) return false;
    this.#keep({ facts: { ...facts, config: readConfig(facts.config) }, refs: this.#pin(facts.chat_ids) });
    this.#rules = undefined;
    return true;
  }

  /** Whether the message's chat is the one that this id of the configuration stands for. In the batch's transaction. */
  isChatOfId(id: number, inbound: Inbound): boolean {
    const { facts, refs } = this.#read();
    const ref = refs[String(id)];
    if (ref === undefined) return false;
    const chat = chatKey(inbound.chat_guid);
    if (ref.chat !== null) return ref.chat === chat;
    const { database } = this.#state.current;
    if (ref.database !== database || inbound.chat_id !== id || chat === "") return false;
    this.#keep({ facts, refs: { ...refs, [String(id)]: { database, chat } } });
    return true;
  }

  /** What is allowed and probably not meant, for whoever administers the account. */
  get warnings(): readonly ConfigWarning[] {
    const dead = this.#deadIds.map((id) => ({
      path: `groups["${id}"]`,
      problem: `chat id ${id} stands for no chat any more: the Messages database was replaced; name the chat by chat_guid`,
    }));
    return [...configWarnings(this.config, (name) => this.facts.origin[name] !== "default"), ...dead];
  }

  /** Ids that stand for nothing any more: their database is gone, and it was never seen which chat they meant. */
  get #deadIds(): number[] {
    const { database } = this.#state.current;
    return Object.entries(this.#read().refs)
      .filter(([, ref]) => ref.chat === null && ref.database !== database)
      .map(([id]) => Number(id));
  }

  /** An id that stays in the configuration keeps what it stood for: only a new one is of today's database. */
  #pin(ids: readonly number[]): Refs {
    const { database } = this.#state.current;
    return Object.fromEntries(
      ids.map((id) => {
        const guid = this.#chats.guidOf(id, database);
        const fresh = { database, chat: guid === undefined ? null : chatKey(guid) };
        return [String(id), this.#read().refs[String(id)] ?? fresh];
      }),
    );
  }

  #read(): { readonly facts: AccountFacts; readonly refs: Refs } {
    if (this.#held !== undefined) return this.#held;
    const row = this.#sql.exec("SELECT * FROM settings").toArray()[0];
    const { chat_refs, ...facts } = row === undefined ? { ...UNTOLD, chat_refs: {} } : rowSchema.parse(row);
    this.#held = { facts: { ...facts, chat_ids: Object.keys(chat_refs).map(Number) }, refs: chat_refs };
    return this.#held;
  }

  #keep(held: { readonly facts: AccountFacts; readonly refs: Refs }): void {
    this.#held = held;
    const { revision, version, changed_by, changed_at, config, origin, rpc_until } = held.facts;
    this.#sql.exec(
      `INSERT INTO settings (id, revision, version, changed_by, changed_at, config, origin, rpc_until, chat_refs)
       VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, version = excluded.version, changed_by = excluded.changed_by,
         changed_at = excluded.changed_at, config = excluded.config, origin = excluded.origin, rpc_until = excluded.rpc_until,
         chat_refs = excluded.chat_refs`,
      revision,
      version,
      changed_by,
      changed_at,
      JSON.stringify(config),
      JSON.stringify(origin),
      rpc_until,
      JSON.stringify(held.refs),
    );
  }
}

/** Every setting by its own schema: one that an older or newer version of this code wrote otherwise falls back. */
function readConfig(value: unknown): ChannelConfig {
  const given = z.record(z.string(), z.unknown()).catch({}).parse(value);
  let isReadable = true;
  const entries = Object.entries(SETTINGS).map(([name, { schema, fallback }]) => {
    const parsed = schema.safeParse(given[name]);
    // The fallback may be a null, which no document can say.
    isReadable &&= parsed.success || given[name] === undefined || given[name] === fallback;
    return [name, parsed.success ? parsed.data : fallback];
  });
  // The table's own types, put together again. A rule that cannot be read admits nobody.
  const config = Object.fromEntries(entries) as Record<SettingName, never>;
  return isReadable ? config : Object.assign(config, { enabled: false });
}
