// What is done with a tenant's accounts (TEN rules). In transactions of the caller, who tells the accounts.
import type { AuditVerb } from "../../shared/audit.ts";
import type { Refused } from "../../shared/errors.ts";
import { mintId, randomPart, type IdParts, type TenantId } from "../../shared/ids.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import type { AccountCommand, AccountInfo } from "../api.ts";
import type { Secrets } from "../secrets.ts";
import type { TenantConfig } from "./config.ts";
import { notDone, type Done } from "./done.ts";
import type { TenantEndpoints } from "./endpoints.ts";
import type { KeyStore } from "./key-store.ts";
import { MAX_REVOKED_KEYS } from "./limits.ts";
import { overQuota } from "./quotas.ts";
import type { TenantStanding } from "./standing.ts";
import type { TenantStore } from "./store.ts";

interface AccountDeskParts {
  readonly store: TenantStore;
  readonly keys: KeyStore;
  readonly config: TenantConfig;
  readonly endpoints: TenantEndpoints;
  readonly standing: TenantStanding;
  readonly secrets: Secrets;
  readonly parts: () => IdParts;
  readonly tenant: () => TenantId;
}

const VERBS = {
  create: "account.created",
  rename: "account.renamed",
  pause: "account.paused",
  resume: "account.resumed",
  remove: "account.deleted",
} as const satisfies Record<AccountCommand["kind"], AuditVerb>;

export class AccountDesk {
  readonly #parts: AccountDeskParts;

  constructor(parts: AccountDeskParts) {
    this.#parts = parts;
  }

  perform(command: AccountCommand, now: number): Done<AccountInfo> {
    const verb = VERBS[command.kind];
    if (command.kind === "create") {
      const made = this.#create(command.name, now);
      return { answer: made, act: { verb, about: made.ok ? made.value.account : "" }, isNews: made.ok };
    }
    const { account } = command;
    const act = { verb, about: account };
    const known = this.#parts.store.findAccount(account);
    if (known === undefined) return notDone(act, { code: "not_found" });
    // What is on its way out is not changed any more.
    if (known.state === "deleting" && command.kind !== "remove") return notDone(act, { code: "gone" });
    return { answer: ok(this.#changed(known, command, now)), act, isNews: true };
  }

  #create(name: string, now: number): Result<AccountInfo, Refused> {
    const { store, standing, secrets, parts, tenant } = this.#parts;
    const refused = overQuota(standing.quotas, "accounts", store.count("account"));
    if (refused !== undefined) return err(refused);
    const account = mintId("acc", { ...parts(), account: randomPart() }, secrets.newest, secrets.macOf);
    store.addAccount({ account, name, created_at: now });
    store.queueAccount(account);
    return ok({ account, tenant: tenant(), name, created_at: now, state: "active" });
  }

  #changed(
    known: AccountInfo,
    command: Exclude<AccountCommand, { kind: "create" }>,
    now: number,
  ): AccountInfo {
    const { store, standing } = this.#parts;
    const { account } = known;
    if (command.kind === "remove") return this.#remove(known, now);
    const name = command.kind === "rename" ? command.name : known.name;
    const state = command.kind === "pause" ? "paused" : command.kind === "resume" ? "active" : known.state;
    store.renameAccount(account, name);
    standing.setState(account, state);
    store.queueInform([account]);
    return { ...known, name, state };
  }

  /** Everything that names it goes with it; its own object is emptied by the outbox, which says when it was. */
  #remove(known: AccountInfo, now: number): AccountInfo {
    const { store, keys, config, endpoints, standing } = this.#parts;
    const { account } = known;
    standing.setState(account, "deleting");
    config.forgetAccount(account);
    endpoints.withoutAccount(account, now);
    // A key that was for it alone is for nobody.
    for (const key of keys.withoutAccount(account)) {
      keys.revoke(key, now, MAX_REVOKED_KEYS);
      store.queueForCopies("revoke_key", key);
    }
    store.queueDeletion(account);
    return { ...known, state: "deleting" };
  }
}
