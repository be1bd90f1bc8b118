// A tenant's object under its callbacks: what it is made of, who may do what, and how others are told.
import { DurableObject } from "cloudflare:workers";
import type { Refused } from "../../shared/errors.ts";
import { refuse, type Scope } from "../../shared/grant.ts";
import { openId, type AccountId, type IdParts } from "../../shared/ids.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import { actorOf, holdsKey, type Caller, type Storage } from "../account/ports.ts";
import type { TenantInfo } from "../api.ts";
import { readConfig, type RelayConfig, type RelayEnv } from "../env.ts";
import { isCreated, migrate } from "../migrate.ts";
import { accountOf, operatorObject } from "../objects.ts";
import { overRate, TokenBuckets } from "../rate.ts";
import { AuditBook, type Act } from "./audit-book.ts";
import { TenantConfig } from "./config.ts";
import { makeDesks, type Desks } from "./desks.ts";
import type { Done } from "./done.ts";
import { KeyStore } from "./key-store.ts";
import { Messenger } from "./messenger.ts";
import { TENANT_MIGRATIONS } from "./migrations.ts";
import { Outbox } from "./outbox.ts";
import { TenantStanding, type Stands } from "./standing.ts";
import { TenantUsage } from "./usage-book.ts";
import { TenantStore, type OutboxItem } from "./store.ts";

/** Should the operator's list not answer when all is deleted: it is asked again after this. */
const END_RETRY_MS = 10_000;
export abstract class TenantShell extends DurableObject<RelayEnv> {
  protected readonly relay: RelayConfig;
  protected readonly storage: Storage;
  protected readonly store: TenantStore;
  protected readonly keyStore: KeyStore;
  protected readonly standing: TenantStanding;
  protected readonly settings: TenantConfig;
  protected readonly book: AuditBook;
  protected readonly used: TenantUsage;
  protected readonly desks: Desks;
  protected readonly outbox: Outbox;
  readonly #rate = new TokenBuckets();
  protected created: boolean;

  constructor(ctx: DurableObjectState, env: RelayEnv) {
    super(ctx, env);
    this.relay = readConfig(env);
    this.storage = { sql: ctx.storage.sql, transaction: (run) => ctx.storage.transactionSync(run) };
    const { sql } = this.storage;
    this.store = new TenantStore(sql);
    this.keyStore = new KeyStore(sql);
    this.standing = new TenantStanding(sql);
    this.settings = new TenantConfig(
      this.storage,
      (account) => this.store.findAccount(account) !== undefined,
      () => this.store.count("account"),
    );
    this.book = new AuditBook(sql);
    this.used = new TenantUsage(sql);
    this.desks = makeDesks({
      storage: this.storage,
      store: this.store,
      keys: this.keyStore,
      standing: this.standing,
      book: this.book,
      settings: this.settings,
      config: this.relay,
      tenant: () => this.tenant().tenant,
      parts: () => this.#parts(),
    });
    const messenger = new Messenger({
      store: this.store,
      keys: this.keyStore,
      standing: this.standing,
      settings: this.settings,
      endpoints: this.desks.webhooks.endpoints,
      info: () => this.tenant(),
      account: (account) => accountOf(env, account, this.relay.secrets),
      operator: () => operatorObject(env),
      transaction: (run) => this.storage.transaction(run),
    });
    this.outbox = new Outbox(this.storage, this.store, ctx.storage, (item) => messenger.deliver(item));
    this.created = isCreated(sql);
    if (this.created) this.migrate();
  }

  override async alarm(): Promise<void> {
    if (!this.created) return;
    await this.outbox.retry();
    await this.#endIfOver();
  }

  /** A key that manages accounts one by one may not make new ones, or keys beyond itself. */
  protected deny(caller: Caller, account: AccountId | null = null): Refused | undefined {
    if (!this.created) return { code: "not_found" };
    if (account !== null && this.store.findAccount(account) === undefined) return { code: "not_found" };
    if (caller.kind === "operator") return undefined;
    // To everybody else it is gone already.
    if (this.standing.current.state === "deleting") return { code: "not_found" };
    const now = Date.now();
    const grant = this.keyStore.grant(caller.key, this.tenant().tenant);
    if (grant === undefined || !holdsKey(grant, caller.secret_hash, now)) return { code: "unauthenticated" };
    const { quotas, current } = this.standing;
    const wait = this.#rate.take(caller.key, quotas.requests_a_second, now);
    if (wait > 0) return overRate(quotas.requests_a_second, wait);
    const denied = refuse(grant, "manage" satisfies Scope, account, now);
    if (denied !== undefined) return { code: denied };
    return current.state === "active" ? undefined : { code: "tenant_suspended", ...reasonOf(current) };
  }

  protected looks<T>(caller: Caller, look: () => T, account: AccountId | null = null): Result<T, Refused> {
    const denied = this.deny(caller, account);
    return denied === undefined ? ok(look()) : err(denied);
  }

  /** An administrative act: whoever may do it leaves a row, whatever came of it. */
  protected async does<T>(
    caller: Caller,
    perform: (now: number) => Done<T>,
    told: (delivered: readonly OutboxItem[]) => void = () => undefined,
    account: AccountId | null = null,
  ): Promise<Result<T, Refused>> {
    const denied = this.deny(caller, account);
    if (denied !== undefined) return err(denied);
    const { answer, isNews } = this.storage.transaction(() => {
      const done = perform(Date.now());
      if (done.act !== null) this.record(caller, done.act, resultOf(done.answer));
      return done;
    });
    if (isNews) told(await this.tell());
    return answer;
  }

  protected record(caller: Caller | "owner", { verb, about }: Act, result: string): void {
    const isOwner = caller === "owner";
    const by = isOwner ? caller : actorOf(caller);
    const request_id = isOwner ? null : (caller.request_id ?? null);
    this.book.record({ at: Date.now(), by, verb, about, result, request_id });
  }

  /** Everybody who must be; the last that is told of a tenant that is deleted is the operator's list. */
  protected async tell(): Promise<readonly OutboxItem[]> {
    const delivered = await this.outbox.drain();
    await this.#endIfOver();
    return delivered;
  }

  async #endIfOver(): Promise<void> {
    if (this.created && this.standing.current.state === "deleting" && this.store.count("outbox") === 0)
      await this.#end();
  }

  /** Nothing of it is left anywhere else. The alarm is set: should this object die now, it is done by the next one. */
  async #end(): Promise<void> {
    const { storage } = this.ctx;
    void storage.setAlarm(Date.now() + END_RETRY_MS);
    await operatorObject(this.env).unlistTenant(this.tenant().tenant);
    // Another one that waited here, too, was faster: what is there by now may be an import.
    if (!this.created || this.standing.current.state !== "deleting") return;
    this.created = false;
    // The alarm last, for the same reason.
    await storage.deleteAll();
    await storage.deleteAlarm();
  }

  protected migrate(): void {
    this.storage.transaction(() => migrate(this.storage.sql, TENANT_MIGRATIONS));
    this.created = true;
  }

  protected tenant(): TenantInfo {
    const tenant = this.store.tenants()[0];
    if (tenant === undefined) throw new Error("a tenant's object without its tenant");
    return tenant;
  }

  #parts(): IdParts {
    const parts = openId("ten", this.tenant().tenant, this.relay.secrets.macOf);
    if (parts === undefined)
      throw new Error("the tenant's id was signed by a secret that is not listed any more");
    return parts;
  }
}

const reasonOf = ({ reason }: Stands): Pick<Refused, "detail"> => (reason === null ? {} : { detail: reason });

export const resultOf = (done: Result<unknown, Pick<Refused, "code">>): string =>
  done.ok ? "ok" : done.error.code;
