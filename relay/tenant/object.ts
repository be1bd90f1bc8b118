// A tenant: its accounts and keys. The object named `operator` is the list of tenants.
import { DurableObject } from "cloudflare:workers";
import type { Overrides } from "../../shared/config/settings.ts";
import type { Refused } from "../../shared/errors.ts";
import type { Scope } from "../../shared/grant.ts";
import { refuse } from "../../shared/grant.ts";
import {
  mintId,
  openId,
  randomPart,
  type AccountId,
  type IdParts,
  type KeyId,
  type TenantId,
} from "../../shared/ids.ts";
import { MAX_ACCOUNTS, MAX_KEYS } from "../../shared/limits.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import type { Denied } from "../account/access.ts";
import type { FailureReport, FailureWord } from "../account/webhooks/breaker-port.ts";
import type { TenantWord } from "../account/tenant-word.ts";
import type { Caller, OwnerChange, OwnerChanged, Storage, StoredGrant } from "../account/ports.ts";
import type {
  AccountInfo,
  ConfigChange,
  ConfigChanged,
  ConfigHistory,
  ConfigRefused,
  ConfigVersion,
  EndpointAnswer,
  EndpointCommand,
  EndpointTest,
  EndpointTested,
  KeyInfo,
  NewKey,
  TenantApi,
  TenantInfo,
} from "../api.ts";
import { readConfig, type RelayConfig, type RelayEnv } from "../env.ts";
import { isCreated, migrate } from "../migrate.ts";
import { accountOf, tenantOf } from "../objects.ts";
import { platformPost } from "../post.ts";
import { seal, unseal } from "../sealed.ts";
import { newSecret, sha256 } from "../secrets.ts";
import { changedAnswer, TenantConfig, whyRefused, type Made } from "./config.ts";
import { EndpointDesk } from "./endpoint-desk.ts";
import type { EndpointInfo } from "./endpoints.ts";
import { TENANT_MIGRATIONS } from "./migrations.ts";
import { Outbox } from "./outbox.ts";
import { TenantStore, type OutboxItem } from "./store.ts";

type Gone = Denied | "not_found";

/** `last_used_at` costs a row, so it is written at most this often. */
const LAST_USED_MS = 60 * 60 * 1000;

export class TenantObject extends DurableObject<RelayEnv> implements TenantApi {
  readonly #config: RelayConfig;
  readonly #storage: Storage;
  readonly #store: TenantStore;
  readonly #settings: TenantConfig;
  readonly #desk: EndpointDesk;
  readonly #outbox: Outbox;
  #created: boolean;

  constructor(ctx: DurableObjectState, env: RelayEnv) {
    super(ctx, env);
    this.#config = readConfig(env);
    this.#storage = { sql: ctx.storage.sql, transaction: (run) => ctx.storage.transactionSync(run) };
    this.#store = new TenantStore(ctx.storage.sql);
    this.#settings = new TenantConfig(
      this.#storage,
      (account) => this.#store.findAccount(account as AccountId) !== undefined,
      () => this.#store.count("account"),
    );
    this.#desk = new EndpointDesk({
      storage: this.#storage,
      store: this.#store,
      sealing: {
        seal: (text) => seal(this.#config.secrets, "webhook secret", this.#tenant(), text),
        unseal: (sealed) => unseal(this.#config.secrets, "webhook secret", this.#tenant(), sealed),
      },
      config: this.#config,
      newParts: () => ({ ...this.#parts(), own: randomPart() }),
      post: platformPost,
      now: () => Date.now(),
    });
    this.#outbox = new Outbox(this.#storage, this.#store, ctx.storage, (item) => this.#deliver(item));
    this.#created = isCreated(ctx.storage.sql);
    if (this.#created) this.#migrate();
  }

  /** In the operator's object: names a new tenant, and makes it. */
  async registerTenant(name: string): Promise<TenantInfo> {
    this.#migrate();
    const tenant = this.#mintTenant();
    const info: TenantInfo = { tenant, name, created_at: Date.now() };
    // The tenant first: one that is listed exists.
    await tenantOf(this.env, tenant, this.#config.secrets).create(info);
    this.#storage.transaction(() => this.#store.addTenant(info));
    return info;
  }

  async tenants(): Promise<TenantInfo[]> {
    return this.#created ? this.#store.tenants() : [];
  }

  async create(info: TenantInfo): Promise<void> {
    this.#migrate();
    this.#storage.transaction(() => this.#store.addTenant(info));
  }

  async createAccount(caller: Caller, name: string): Promise<Result<AccountInfo, Gone | "conflict">> {
    const denied = this.#deny(caller);
    if (denied !== undefined) return err(denied);
    if (this.#store.count("account") >= MAX_ACCOUNTS) return err("conflict");
    const { secrets } = this.#config;
    const parts = { ...this.#parts(), account: randomPart() };
    const account = mintId("acc", parts, secrets.newest, secrets.macOf);
    const info: AccountInfo = { account, name, created_at: Date.now() };
    this.#storage.transaction(() => {
      this.#store.addAccount(info);
      this.#store.queueAccount(account);
    });
    await this.#outbox.drain();
    return ok(info);
  }

  async accounts(caller: Caller): Promise<Result<AccountInfo[], Gone>> {
    const denied = this.#deny(caller);
    return denied === undefined ? ok(this.#store.accounts()) : err(denied);
  }

  async createKey(
    caller: Caller,
    key: NewKey,
  ): Promise<Result<KeyInfo & { credential: string }, Gone | "conflict" | "invalid_request">> {
    const denied = this.#deny(caller);
    if (denied !== undefined) return err(denied);
    if (this.#store.count("key") >= MAX_KEYS) return err("conflict");
    if (key.accounts?.some((account) => this.#store.findAccount(account) === undefined))
      return err("invalid_request");
    const { secrets } = this.#config;
    const id = mintId("key", { ...this.#parts(), own: randomPart() }, secrets.newest, secrets.macOf);
    const secret = newSecret();
    const created_at = Date.now();
    this.#storage.transaction(() => {
      this.#store.addKey(id, sha256(secret), key, created_at);
      if (key.scopes.includes("rpc")) this.#store.queueInform(key.accounts);
    });
    await this.#outbox.drain();
    return ok({
      key: id,
      ...key,
      created_at,
      revoked_at: null,
      last_used_at: null,
      credential: `${id}.${secret}`,
    });
  }

  async keys(caller: Caller): Promise<Result<KeyInfo[], Gone>> {
    const denied = this.#deny(caller);
    return denied === undefined ? ok(this.#store.keys()) : err(denied);
  }

  async revokeKey(
    caller: Caller,
    key: KeyId,
  ): Promise<Result<{ key: KeyId; revoked_at: number; accounts_reached: number }, Gone>> {
    const denied = this.#deny(caller);
    if (denied !== undefined) return err(denied);
    const known = this.#store.findKey(key);
    if (known === undefined) return err("not_found");
    const revoked_at = known.revoked_at ?? Date.now();
    this.#storage.transaction(() => {
      this.#store.revokeKey(key, revoked_at);
      this.#store.queueRevocation(key);
      if (known.scopes.includes("rpc")) this.#store.queueInform(known.accounts);
    });
    const delivered = await this.#outbox.drain();
    const reached = delivered.filter((item) => item.kind === "revoke_key" && item.key === key);
    return ok({ key, revoked_at, accounts_reached: reached.length });
  }

  async grant(key: KeyId, account: AccountId): Promise<StoredGrant | null> {
    const found = this.#created ? this.#store.grant(key, this.#tenant()) : undefined;
    if (found === undefined) return null;
    const { last_used_at, ...grant } = found;
    const now = Date.now();
    this.#storage.transaction(() => {
      this.#store.rememberUse(key, account);
      if (last_used_at === null || now - last_used_at > LAST_USED_MS) this.#store.touchKey(key, now);
    });
    return grant;
  }

  async config(caller: Caller, version: number | null): Promise<Result<ConfigVersion, Refused>> {
    const denied = this.#deny(caller);
    if (denied !== undefined) return err({ code: denied });
    const found = this.#settings.get(version);
    return found === undefined ? err({ code: "not_found" }) : ok(found);
  }

  async configHistory(caller: Caller): Promise<Result<ConfigHistory, Refused>> {
    const denied = this.#deny(caller);
    return denied === undefined ? ok(this.#settings.history()) : err({ code: denied });
  }

  async overrides(
    caller: Caller,
    account: AccountId,
  ): Promise<Result<{ version: number; overrides: Overrides }, Refused>> {
    const denied = this.#deny(caller, account);
    if (denied !== undefined) return err({ code: denied });
    const version = this.#settings.get(null)?.version ?? 0;
    return ok({ version, overrides: this.#settings.overrides(account) });
  }

  async changeConfig(caller: Caller, change: ConfigChange): Promise<Result<ConfigChanged, ConfigRefused>> {
    const account = change.kind === "rollback" ? null : change.account;
    const denied = this.#deny(caller, account);
    if (denied !== undefined) return err({ code: denied });
    const by = caller.kind === "operator" ? "operator" : caller.key;
    return this.#changed((now) => this.#settings.change(change, by, now), account);
  }

  async changeByOwner(change: OwnerChange): Promise<OwnerChanged> {
    if (!this.#created) return { ok: false, why: ["there is no such account"] };
    const made = await this.#changed((now) => this.#settings.changeByOwner(change, now), change.account);
    if (made.ok) return { ok: true, version: made.value.version, changed: made.value.changed };
    return { ok: false, why: whyRefused(made.error) };
  }

  async endpoints(caller: Caller): Promise<Result<EndpointInfo[], Refused>> {
    const denied = this.#deny(caller);
    return denied === undefined ? ok(this.#desk.endpoints.list(Date.now())) : err({ code: denied });
  }

  async changeEndpoints(caller: Caller, command: EndpointCommand): Promise<Result<EndpointAnswer, Refused>> {
    const denied = this.#deny(caller);
    if (denied !== undefined) return err({ code: denied });
    const { answer, isNews } = this.#desk.perform(command);
    if (isNews) await this.#outbox.drain();
    return answer;
  }

  async testEndpoint(caller: Caller, test: EndpointTest): Promise<Result<EndpointTested, Refused>> {
    const denied = this.#deny(caller);
    return denied === undefined ? this.#desk.test(test) : err({ code: denied });
  }

  async endpointFailed(report: FailureReport, account: AccountId): Promise<FailureWord> {
    return this.#created ? this.#told(this.#desk.failed(report, account)) : { until: null, others_at: null };
  }

  async endpointSucceeded(endpoint: string, round: number): Promise<void> {
    if (this.#created) this.#told(this.#desk.succeeded(endpoint, round));
  }

  async mayProbe(endpoint: string): Promise<true | number> {
    return this.#created ? this.#desk.mayProbe(endpoint) : true;
  }

  async endpointGone(endpoint: string, round: number): Promise<void> {
    // Once it has answered, nothing more is sent there: the account that said it is told by then, too.
    if (this.#created && this.#desk.gone(endpoint, round).isNews) await this.#outbox.drain();
  }

  /** The account that said it does not wait until every other one was told. */
  #told<T>({ answer, isNews }: { readonly answer: T; readonly isNews: boolean }): T {
    if (isNews) this.ctx.waitUntil(this.#outbox.drain());
    return answer;
  }

  override async alarm(): Promise<void> {
    if (this.#created) await this.#outbox.drain();
  }

  /** A key that manages accounts one by one may not make new ones, or keys beyond itself. */
  #deny(caller: Caller, account: AccountId | null = null): Gone | undefined {
    if (!this.#created) return "not_found";
    if (account !== null && this.#store.findAccount(account) === undefined) return "not_found";
    if (caller.kind === "operator") return undefined;
    const grant = this.#store.grant(caller.key, this.#tenant());
    if (grant === undefined || grant.secret_hash !== caller.secret_hash) return "unauthenticated";
    return refuse(grant, "manage" satisfies Scope, account, Date.now());
  }

  /** Makes a change and tells the accounts; `account` = the only one that it can concern. */
  async #changed(
    make: (now: number) => Result<Made, ConfigRefused>,
    account: AccountId | null,
  ): Promise<Result<ConfigChanged, ConfigRefused>> {
    const made = this.#storage.transaction(() => {
      const result = make(Date.now());
      if (result.ok && result.value.isNew)
        this.#store.queueInform(account === null || result.value.concernsAll ? null : [account]);
      return result;
    });
    if (!made.ok) return made;
    const delivered = await this.#outbox.drain();
    const reached = new Set(delivered.filter(({ kind }) => kind === "inform").map((item) => item.account));
    return ok(changedAnswer(made.value, account, reached, this.#store.countToInform(account)));
  }

  async #deliver({ kind, account, key }: OutboxItem): Promise<void> {
    const object = accountOf(this.env, account, this.#config.secrets);
    if (kind === "revoke_key" && key !== null) return object.revokeKey(key);
    const facts = this.#factsFor(account);
    if (kind === "inform") return object.inform(facts);
    const info = this.#store.findAccount(account);
    if (info !== undefined) await object.create({ ...info, tenant: this.#tenant() }, facts);
    return undefined;
  }

  #factsFor(account: AccountId): TenantWord {
    const facts = this.#settings.factsFor(account, this.#store.revision(), this.#store.rpcUntil(account));
    return { ...facts, endpoints: this.#desk.endpoints.factsFor(account) };
  }

  #migrate(): void {
    this.#storage.transaction(() => migrate(this.#storage.sql, TENANT_MIGRATIONS));
    this.#created = true;
  }

  #tenant(): TenantId {
    const tenant = this.#store.tenants()[0];
    if (tenant === undefined) throw new Error("a tenant's object without its tenant");
    return tenant.tenant;
  }

  #parts(): IdParts {
    const parts = openId("ten", this.#tenant(), this.#config.secrets.macOf);
    if (parts === undefined)
      throw new Error("the tenant's id was signed by a secret that is not listed any more");
    return parts;
  }

  #mintTenant(): TenantId {
    const { secrets } = this.#config;
    return mintId("ten", { tenant: randomPart() }, secrets.newest, secrets.macOf);
  }
}
