// What a tenant says to its accounts and to the operator's list, item by item of its outbox.
import type { AccountId, TenantId } from "../../shared/ids.ts";
import type { TenantWord } from "../account/tenant-word.ts";
import type { AccountApi, TenantApi, TenantInfo } from "../api.ts";
import type { TenantConfig } from "./config.ts";
import type { TenantEndpoints } from "./endpoints.ts";
import type { KeyStore } from "./key-store.ts";
import type { TenantStanding } from "./standing.ts";
import type { OutboxItem, TenantStore } from "./store.ts";

interface MessengerParts {
  readonly store: TenantStore;
  readonly keys: KeyStore;
  readonly standing: TenantStanding;
  readonly settings: TenantConfig;
  readonly endpoints: TenantEndpoints;
  readonly info: () => TenantInfo;
  readonly account: (account: AccountId) => AccountApi;
  readonly operator: () => TenantApi;
  readonly transaction: <T>(run: () => T) => T;
}

export class Messenger {
  readonly #parts: MessengerParts;

  constructor(parts: MessengerParts) {
    this.#parts = parts;
  }

  async deliver({ kind, account, key }: OutboxItem): Promise<void> {
    const { store, info } = this.#parts;
    if (kind === "list_tenant") return this.#parts.operator().listTenant(info());
    const object = this.#parts.account(account);
    if (kind === "delete_account") return this.#delete(object, account);
    if (kind === "revoke_key" && key !== null) return object.revokeKey(key);
    if (kind === "narrow_key" && key !== null) return object.narrowKey(key);
    const known = store.findAccount(account);
    // What is on its way out hears of nothing else; one that is being imported hears all of it at the end.
    const isImporting = this.#parts.standing.current.state === "importing";
    if (known === undefined || known.state === "deleting" || isImporting) return undefined;
    const facts = this.#factsFor(account, known.name);
    if (kind === "inform") return object.inform(facts);
    const { name, created_at } = known;
    await object.create({ account, name, created_at, tenant: info().tenant satisfies TenantId }, facts);
    return undefined;
  }

  /** Listed until it is empty: so nobody takes it for gone before it is. */
  async #delete(object: AccountApi, account: AccountId): Promise<void> {
    await object.destroy();
    this.#parts.transaction(() => this.#parts.store.removeAccount(account));
  }

  #factsFor(account: AccountId, name: string): TenantWord {
    const { settings, store, keys, endpoints, standing } = this.#parts;
    const facts = settings.factsFor(account, store.revision(), keys.rpcUntil(account));
    return { ...facts, endpoints: endpoints.factsFor(account), standing: standing.of(account, name) };
  }
}
