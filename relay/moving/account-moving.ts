// An account that leaves for another relay, and one that comes (TEN rules). The log stays behind, and nobody loses what
// it was owed: the Mac shows its rows again from the lowest that somebody had not had. So an export holds no message,
// and the operator, who makes it, still reads nobody's.
import * as z from "zod";
import { err, ok, type Result } from "../../shared/result.ts";
import type { AccountCore } from "../account/core.ts";
import type { Storage } from "../account/ports.ts";
import { EventStore } from "../account/store/events.ts";
import { MAX_IDENTITY_PAIRS } from "../../shared/limits.ts";
import type { InstallId } from "../../shared/ids.ts";
import { ACCOUNT_TABLES } from "./account-tables.ts";
import { putRow, stepOf, type RowSealing } from "./carried.ts";
import type { AccountLine, CarriedState, ExportStep, Owed } from "./format.ts";
import { STEP_ROWS } from "./limits.ts";

const refsSchema = z.object({ chat_refs: z.string() });

export class AccountMoving {
  readonly #core: AccountCore;
  readonly #storage: Storage;
  readonly #sealing: RowSealing;

  constructor(core: AccountCore, storage: Storage, sealing: RowSealing) {
    this.#core = core;
    this.#storage = storage;
    this.#sealing = sealing;
  }

  /** Readers that have not had everything, and from where on they have not. */
  owed(): Owed {
    const { state, readers, deliveries } = this.#core.parts;
    const { database } = state.current;
    const events = new EventStore(this.#storage.sql);
    let from: number | null = null;
    const behind = (seq: number) => {
      const { rowid, messages, others } = events.behind(seq, database);
      if (rowid !== null) from = Math.min(from ?? rowid, rowid);
      return { messages, others };
    };
    const isOwed = ({ messages, others }: { messages: number; others: number }): boolean =>
      messages + others > 0;
    const consumers = readers.places().map(({ name, seq }) => Object.assign(behind(seq), { name }));
    const endpoints = deliveries
      .places()
      .map(({ endpoint, seq }) => Object.assign(behind(seq), { endpoint }));
    return {
      from_rowid: from,
      consumers: consumers.filter(isOwed),
      endpoints: endpoints.filter(isOwed),
    };
  }

  step(place: string | null): ExportStep<AccountLine> {
    const { account } = this.#core;
    const { sql } = this.#storage;
    const { lines, next } = stepOf(sql, ACCOUNT_TABLES, place, STEP_ROWS, this.#sealing);
    const rows = lines.map(({ table, row }) => ({ t: "account_row" as const, account, table, row }));
    return { lines: place === null ? [this.#accountLine(), ...rows] : rows, next };
  }

  /** In any order, and again from the beginning where it broke off. */
  take(lines: readonly AccountLine[]): Result<void, string> {
    const { state } = this.#core.parts;
    return state.transact(() => {
      for (const line of lines) {
        const taken =
          line.t === "account"
            ? this.#takeState(line.state, line.owed.from_rowid)
            : putRow(this.#storage.sql, ACCOUNT_TABLES, line, this.#sealing);
        if (!taken.ok) return err(taken.error);
      }
      return ok(undefined);
    });
  }

  #accountLine(): AccountLine {
    const { state, log } = this.#core.parts;
    const { account, name, created_at, ...rest } = state.current;
    const { database, resume, newest, reset, install, epoch, journal, seen_at, usage, last_seq } = rest;
    const carried = { database, resume, newest, reset, install, epoch, journal, seen_at, last_seq };
    const row = this.#storage.sql.exec("SELECT chat_refs FROM settings").toArray()[0];
    const chat_refs = row === undefined ? "{}" : refsSchema.parse(row).chat_refs;
    const identity = log.identity();
    return {
      t: "account",
      account,
      name,
      created_at,
      state: { ...carried, log: rest.log, identity, usage: { ...usage }, chat_refs },
      owed: this.owed(),
    };
  }

  #takeState(carried: CarriedState, owedFrom: number | null): Result<void, string> {
    const { state } = this.#core.parts;
    const { sql } = this.#storage;
    const { database, resume, newest, reset, identity, install, epoch, journal, seen_at } = carried;
    const [tail] = identity;
    const usage = { ...state.current.usage };
    for (const name of Object.keys(usage) as (keyof typeof usage)[]) usage[name] = carried.usage[name] ?? 0;
    state.update({
      database,
      // I2: what somebody had not had is shown again, and so is everything after it.
      resume: resume === null || owedFrom === null ? resume : Math.min(resume, owedFrom - 1),
      newest,
      reset,
      resets: database === 0 ? [] : [{ database, seq: 1, at: state.current.since }],
      tail: tail ?? null,
      install: install as InstallId | null,
      epoch,
      journal,
      seen_at,
      usage,
    });
    new EventStore(sql).carry(identity.slice(0, MAX_IDENTITY_PAIRS));
    // What numeric chat ids stand for is kept where the tenant's word will find it; until then nobody gets in.
    sql.exec(
      `INSERT OR REPLACE INTO settings (id, revision, version, changed_by, changed_at, config, origin, rpc_until, chat_refs)
       VALUES (1, 0, 0, '', 0, '{"enabled":false}', '{}', NULL, ?)`,
      carried.chat_refs,
    );
    return ok(undefined);
  }
}
