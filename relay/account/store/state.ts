import * as z from "zod";
import { engineSchema, healthSchema, type Engine, type Health } from "../../../shared/health.ts";
import type { AccountId, InstallId, TenantId } from "../../../shared/ids.ts";
import type { Storage } from "../ports.ts";

const USAGE = {
  events: 0,
  messages_in: 0,
  messages_out: 0,
  calls: 0,
  unknown_frames: 0,
  refused_loop: 0,
  refused_new_chats: 0,
  files_in: 0,
  files_out: 0,
  file_bytes_in: 0,
  file_bytes_out: 0,
  files_failed: 0,
  webhook_attempts: 0,
  rows_written: 0,
  constructions: 0,
};
export type Usage = typeof USAGE;

/** Replaced databases whose place in the log is remembered. */
export const MAX_RESETS = 32;

/** The one row of `state`: everything about the account that changes with every batch. Times in ms. */
export interface State {
  readonly account: AccountId;
  readonly tenant: TenantId;
  readonly name: string;
  readonly created_at: number;
  readonly log: string;
  readonly last_seq: number;
  readonly database: number;
  readonly resume: number | null;
  readonly newest: number | null;
  readonly reset: { readonly floor: number; readonly until: number } | null;
  /** Where in the log each database after the first begins: rowids mean something only between two of them. */
  readonly resets: readonly { readonly database: number; readonly seq: number; readonly at: number }[];
  /** The newest message when reading of this database began; null = there was none. */
  readonly tail: { readonly rowid: number; readonly guid: string } | null;
  readonly install: InstallId | null;
  readonly epoch: number;
  readonly journal: string | null;
  readonly online: boolean;
  /** When `online` last changed. */
  readonly since: number;
  /** When the agent was last heard, as far as was written down. */
  readonly seen_at: number | null;
  readonly outage: { readonly from: number; readonly until: number } | null;
  readonly engine: Engine | null;
  readonly health: Health | null;
  readonly usage: Usage;
}

const integer = z.number().nullable();
const json = <T>(schema: z.ZodType<T>) =>
  z
    .string()
    .nullable()
    .transform((text) => (text === null ? null : schema.catch(() => null as never).parse(JSON.parse(text))));

const resetsSchema = z.array(z.object({ database: z.int(), seq: z.int(), at: z.number() }));

const rowSchema = z.object({
  account: z.string().transform((text) => text as AccountId),
  tenant: z.string().transform((text) => text as TenantId),
  name: z.string(),
  created_at: z.number(),
  log: z.string(),
  last_seq: z.number(),
  database: z.number(),
  resume: integer,
  newest: integer,
  reset_floor: integer,
  reset_until: integer,
  resets: z.string().transform((text) => resetsSchema.parse(JSON.parse(text))),
  tail_rowid: integer,
  tail_guid: z.string().nullable(),
  install: z
    .string()
    .nullable()
    .transform((text) => text as InstallId | null),
  epoch: z.number(),
  journal: z.string().nullable(),
  online: z.number().transform((flag) => flag === 1),
  since: z.number(),
  seen_at: integer,
  outage_from: integer,
  outage_until: integer,
  engine: json(engineSchema),
  health: json(healthSchema),
  usage: z.string().transform((text): Usage => ({ ...USAGE, ...(JSON.parse(text) as Partial<Usage>) })),
});

/**
 * Holds the row in memory and writes it in the caller's transaction. A transaction that fails takes the memory
 * back with it.
 */
export class StateStore {
  readonly #storage: Storage;
  readonly #undo: (() => void)[] = [];
  #state: State;
  #add: (usage: Usage) => Usage = (usage) => usage;
  #counted: (added: Partial<Usage>) => void = () => undefined;

  private constructor(storage: Storage, state: State) {
    this.#storage = storage;
    this.#state = state;
  }

  static load(storage: Storage): StateStore {
    const row = storage.sql.exec("SELECT * FROM state").toArray()[0];
    const { reset_floor, reset_until, tail_rowid, tail_guid, outage_from, outage_until, ...rest } =
      rowSchema.parse(row);
    return new StateStore(storage, {
      ...rest,
      reset: reset_floor === null || reset_until === null ? null : { floor: reset_floor, until: reset_until },
      tail: tail_rowid === null || tail_guid === null ? null : { rowid: tail_rowid, guid: tail_guid },
      outage:
        outage_from === null || outage_until === null ? null : { from: outage_from, until: outage_until },
    });
  }

  static create(
    storage: Storage,
    fields: Pick<State, "account" | "tenant" | "name" | "created_at" | "log">,
  ): void {
    const { account, tenant, name, created_at, log } = fields;
    storage.sql.exec(
      `INSERT OR IGNORE INTO state (id, account, tenant, name, created_at, log, last_seq, database, resets, epoch, online, since, usage)
       VALUES (1, ?, ?, ?, ?, ?, 0, 0, '[]', 0, 0, ?, ?)`,
      account,
      tenant,
      name,
      created_at,
      log,
      created_at,
      JSON.stringify(USAGE),
    );
  }

  get current(): State {
    return this.#state;
  }

  /** Whoever keeps in memory what a transaction writes says here how to forget it. */
  onRollback(forget: () => void): void {
    this.#undo.push(forget);
  }

  /** Everything `run` writes, events and state, is one transaction: the memory never knows more than the disk. */
  transact<T>(run: () => T): T {
    const before = this.#state;
    try {
      return this.#storage.transaction(run);
    } catch (error) {
      this.#state = before;
      for (const forget of this.#undo) forget();
      throw error;
    }
  }

  /** Whoever has something to add when the totals are written. */
  onUpdate(add: (usage: Usage) => Usage): void {
    this.#add = add;
  }

  onCount(counted: (added: Partial<Usage>) => void): void {
    this.#counted = counted;
  }

  /** Adds to the totals, in memory: a read must not cost a row. They are written with the next one that is. */
  count(added: Partial<Usage>): void {
    const { usage } = this.#state;
    const more = Object.entries(added).map(([name, n]) => [name, usage[name as keyof Usage] + n] as const);
    this.remember({ usage: { ...usage, ...Object.fromEntries(more) } });
    this.#counted(added);
  }

  /** Changes only the memory: for counters that may wait for the next write, and be lost with the object. */
  remember(patch: Partial<State>): void {
    this.#state = { ...this.#state, ...patch };
  }

  /** Its name is the tenant's to change. */
  rename(name: string): void {
    if (name === this.#state.name) return;
    this.#storage.sql.exec("UPDATE state SET name = ?", name);
    this.#state = { ...this.#state, name };
  }

  update(patch: Partial<State>): void {
    const patched = { ...this.#state, ...patch };
    const state = { ...patched, usage: this.#add(patched.usage) };
    this.#storage.sql.exec(
      `UPDATE state SET last_seq = ?, database = ?, resume = ?, newest = ?, reset_floor = ?, reset_until = ?, resets = ?, tail_rowid = ?, tail_guid = ?,
         install = ?, epoch = ?, journal = ?, online = ?, since = ?, seen_at = ?, outage_from = ?, outage_until = ?,
         engine = ?, health = ?, usage = ?`,
      state.last_seq,
      state.database,
      state.resume,
      state.newest,
      state.reset?.floor ?? null,
      state.reset?.until ?? null,
      JSON.stringify(state.resets),
      state.tail?.rowid ?? null,
      state.tail?.guid ?? null,
      state.install,
      state.epoch,
      state.journal,
      state.online ? 1 : 0,
      state.since,
      state.seen_at,
      state.outage?.from ?? null,
      state.outage?.until ?? null,
      state.engine === null ? null : JSON.stringify(state.engine),
      state.health === null ? null : JSON.stringify(state.health),
      JSON.stringify(state.usage),
    );
    this.#state = state;
  }
}
