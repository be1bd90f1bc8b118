// The tenant's configuration: one document, every change a whole new version of it (DESIGN §8).
import * as z from "zod";
import { chatIdsIn } from "../../shared/config/chat-numbers.ts";
import { changedPaths } from "../../shared/config/changes.ts";
import { readDocument } from "../../shared/config/document.ts";
import { isPlace } from "../../shared/config/document-schema.ts";
import { removeAt, replaceAt, valueAt } from "../../shared/config/edit.ts";
import { documentWarnings, effectiveConfig, overridesOf } from "../../shared/config/effective.ts";
import { patchDocument, patchOverrides, withOverrides } from "../../shared/config/patch.ts";
import { formatPath, parsePath } from "../../shared/config/path.ts";
import { shortText, type ConfigProblem } from "../../shared/config/problem.ts";
import type { ConfigDocument, Overrides } from "../../shared/config/settings.ts";
import type { AccountId } from "../../shared/ids.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import type { AccountFacts } from "../account/channel/settings.ts";
import type { OwnerChange, Sql, Storage } from "../account/ports.ts";
import type { ConfigChange, ConfigChanged, ConfigHistory, ConfigRefused, ConfigVersion } from "../api.ts";

/** Versions that are remembered; the oldest goes first. */
const MAX_CONFIG_VERSIONS = 100;

const pathsSchema = z.array(z.string());
export const configRow = z.object({
  version: z.number(),
  at: z.number(),
  changed_by: z.string(),
  changed: z.string().transform((text) => pathsSchema.parse(JSON.parse(text))),
  document: z.string(),
});
type Row = z.infer<typeof configRow>;

/** A change that was made, or that there was nothing to change (`changed` empty). */
export interface Made {
  readonly row: ConfigVersion;
  readonly changed: readonly string[];
  /** Whether accounts must be told: what one of them does not see of it concerns it none the less. */
  readonly isNew: boolean;
  /** What one account inherits hangs on how many there are in the document (`groups`). */
  readonly concernsAll: boolean;
}

type Wanted = Result<ConfigDocument, readonly ConfigProblem[]>;

const NOTHING_YET: ConfigVersion = { version: 0, document: {}, at: 0, by: "" };

export class TenantConfig {
  readonly #storage: Storage;
  /** Whether the tenant has such an account. */
  readonly #hasAccount: (account: string) => boolean;
  readonly #countAccounts: () => number;

  constructor(storage: Storage, hasAccount: (account: string) => boolean, countAccounts: () => number) {
    this.#storage = storage;
    this.#hasAccount = hasAccount;
    this.#countAccounts = countAccounts;
  }

  /** Null = the newest; version 0 = nothing was ever written. Undefined = not remembered (any more). */
  get(version: number | null): ConfigVersion | undefined {
    const row = version === null ? this.#newest() : this.#row(version);
    if (row !== undefined) return shown(row);
    return version === null ? NOTHING_YET : undefined;
  }

  history(): ConfigHistory {
    const rows = this.#sql
      .exec(
        "SELECT version, at, changed_by, changed, '' AS document FROM config_version ORDER BY version DESC",
      )
      .toArray()
      .map((row) => configRow.parse(row));
    return {
      versions: rows.map(({ version, at, changed_by, changed }) => ({
        version,
        at,
        by: changed_by,
        changed,
      })),
    };
  }

  overrides(account: AccountId): Overrides {
    return this.#document().accounts?.[account] ?? {};
  }

  /** In a transaction of the caller. */
  change(change: ConfigChange, by: string, now: number): Result<Made, ConfigRefused> {
    const { if_version } = change;
    const newest = this.#newest();
    if (if_version !== null && if_version !== (newest?.version ?? 0)) {
      const detail = `the newest version is ${newest?.version ?? 0}, not ${if_version}: read it and change that`;
      return err({ code: "conflict", detail });
    }
    if (change.kind === "rollback") {
      const row = this.#row(change.version);
      // Byte for byte: what was valid when it was written is taken as it is.
      if (row !== undefined) return ok(this.#write(row.document, by, now));
      return err({ code: "not_found", detail: `version ${change.version} is not remembered` });
    }
    return this.#take(this.#wanted(change), by, now);
  }

  changeByOwner({ account, owner, path, value }: OwnerChange, now: number): Result<Made, ConfigRefused> {
    const parsed = parsePath(path);
    if (!parsed.ok) return err({ code: "invalid_request", detail: `${path}: ${parsed.error}` });
    const own = this.overrides(account);
    const isSet = valueAt(own, parsed.value) !== undefined;
    // What is not set and could be is unset already: done twice, a command has one answer.
    if (value === undefined && !isSet && isPlace(["accounts", account, ...parsed.value]))
      return ok(this.#unchanged());
    const wanted = value === undefined ? removeAt(own, parsed.value) : replaceAt(own, parsed.value, value);
    return this.#take(readDocument(withOverrides(this.#document(), account, wanted)), `owner:${owner}`, now);
  }

  /** An account is gone: nothing of it is left in any version. */
  forgetAccount(account: AccountId): void {
    const rows = this.#sql
      .exec("SELECT * FROM config_version WHERE instr(document, ?) > 0", account)
      .toArray()
      .map((row) => configRow.parse(row));
    for (const row of rows) {
      const { accounts, ...root } = shown(row).document;
      const { [account]: _, ...others } = accounts ?? {};
      const rest: ConfigDocument = Object.keys(others).length === 0 ? root : { ...root, accounts: others };
      const changed = row.changed.filter((path) => !path.includes(account));
      this.#sql.exec(
        "UPDATE config_version SET document = ?, changed = ? WHERE version = ?",
        JSON.stringify(rest),
        JSON.stringify(changed),
        row.version,
      );
    }
  }

  /** What holds for one account, for it to keep. */
  factsFor(account: AccountId, revision: number, rpcUntil: number | null): AccountFacts {
    const newest = this.#newest();
    const { config, origin } = effectiveConfig(this.#document(), account);
    // Nobody has said anything yet: a gateway may be applying its own rules, and strangers must not hear from two.
    const isOn = newest !== undefined && config.enabled;
    return {
      revision,
      version: newest?.version ?? 0,
      changed_by: newest?.changed_by ?? "",
      changed_at: newest?.at ?? 0,
      config: { ...config, enabled: isOn },
      chat_ids: this.#chatIds(account),
      origin,
      rpc_until: rpcUntil,
    };
  }

  /**
   * Numbers of chats that this account may understand: those written down for it. At the root of a document for
   * several Macs a number would be another chat on each.
   */
  #chatIds(account: AccountId): number[] {
    const own = chatIdsIn(this.overrides(account));
    return this.#countAccounts() === 1 ? [...new Set([...own, ...chatIdsIn(this.#document())])] : own;
  }

  #wanted({ kind, account, value }: Extract<ConfigChange, { value: unknown }>): Wanted {
    const document = this.#document();
    if (account === null) return kind === "replace" ? readDocument(value) : patchDocument(document, value);
    if (kind === "patch") return patchOverrides(document, account, value);
    return readDocument(withOverrides(document, account, value));
  }

  #take(read: Wanted, by: string, now: number): Result<Made, ConfigRefused> {
    const problems = read.ok ? this.#strangers(read.value) : read.error;
    if (!read.ok || problems.length > 0) {
      const [first] = problems;
      const detail = first === undefined ? "" : `${first.path || "document"}: ${first.problem}`;
      return err({ code: "invalid_request", detail, problems });
    }
    return ok(this.#write(JSON.stringify(read.value), by, now));
  }

  #strangers({ accounts }: ConfigDocument): ConfigProblem[] {
    return Object.keys(accounts ?? {})
      .filter((account) => !this.#hasAccount(account))
      .map((account) => ({
        path: formatPath(["accounts", account]),
        problem: "is no account of this tenant",
        value: shortText(account),
      }));
  }

  #write(document: string, by: string, now: number): Made {
    const before = this.#newest();
    if (before?.document === document) return this.#unchanged();
    const after: ConfigDocument = JSON.parse(document);
    const former = this.#document();
    const changed = changedPaths(former, after);
    const version = (before?.version ?? 0) + 1;
    this.#sql.exec(
      "INSERT INTO config_version (version, at, changed_by, changed, document) VALUES (?, ?, ?, ?, ?)",
      version,
      now,
      by,
      JSON.stringify(changed),
      document,
    );
    this.#sql.exec("DELETE FROM config_version WHERE version <= ?", version - MAX_CONFIG_VERSIONS);
    const row = { version, document: after, at: now, by };
    return { row, changed, isNew: true, concernsAll: isForSeveral(after) !== isForSeveral(former) };
  }

  #unchanged(): Made {
    const newest = this.#newest();
    const row = newest === undefined ? NOTHING_YET : shown(newest);
    return { row, changed: [], isNew: false, concernsAll: false };
  }

  #document(): ConfigDocument {
    const newest = this.#newest();
    return newest === undefined ? {} : shown(newest).document;
  }

  #newest(): Row | undefined {
    const row = this.#sql.exec("SELECT * FROM config_version ORDER BY version DESC LIMIT 1").toArray()[0];
    return row === undefined ? undefined : configRow.parse(row);
  }

  #row(version: number): Row | undefined {
    const row = this.#sql.exec("SELECT * FROM config_version WHERE version = ?", version).toArray()[0];
    return row === undefined ? undefined : configRow.parse(row);
  }

  get #sql(): Sql {
    return this.#storage.sql;
  }
}

const isForSeveral = ({ accounts }: ConfigDocument): boolean => Object.keys(accounts ?? {}).length > 1;

/** Out of our own table: it was validated when it was written. */
const shown = ({ version, at, changed_by, document }: Row): ConfigVersion => ({
  version,
  document: JSON.parse(document) as ConfigDocument,
  at,
  by: changed_by,
});

/** In words, for whoever asked by message. */
export function whyRefused({ problems, detail }: ConfigRefused): string[] {
  const why = problems?.map(({ path, problem, nearest }) =>
    nearest === undefined ? `${path}: ${problem}` : `${path}: ${problem} (did you mean ${nearest}?)`,
  );
  return why ?? [detail ?? "it was refused"];
}

/** What is answered to a change; `account` = who asked sees that one only, `reached` = accounts that were told. */
export function changedAnswer(
  { row, changed }: Made,
  account: AccountId | null,
  reached: ReadonlySet<AccountId>,
  accounts_pending: number,
): ConfigChanged {
  const { version, document } = row;
  if (account === null) {
    const warnings = documentWarnings(document);
    return { version, document, changed, warnings, accounts_reached: reached.size, accounts_pending };
  }
  // CFG4: whoever may see one account sees nothing of the others, nor of what they share.
  const { warnings } = effectiveConfig(document, account);
  const own = overridesOf(document, account);
  const accounts_reached = reached.has(account) ? 1 : 0;
  return { version, document: own, changed, warnings, accounts_reached, accounts_pending };
}
