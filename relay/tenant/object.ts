// A tenant: its accounts and keys. The object named `operator` is the list of tenants.
import type { AuditEntry } from "../../shared/audit.ts";
import type { Overrides } from "../../shared/config/settings.ts";
import type { Refused } from "../../shared/errors.ts";
import { mintId, randomPart, type AccountId, type KeyId, type TenantId } from "../../shared/ids.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import {
  actorOf,
  type Caller,
  type OwnerChange,
  type OwnerChanged,
  type StoredGrant,
} from "../account/ports.ts";
import type { AccountReport } from "../account/account-report.ts";
import type { FailureReport, FailureWord } from "../account/webhooks/breaker-port.ts";
import type {
  AccountCommand,
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
  KeyChanged,
  KeyCommand,
  KeyInfo,
  Page,
  TenantApi,
  TenantCommand,
  TenantInfo,
  TenantView,
} from "../api.ts";
import { tenantOf } from "../objects.ts";
import { type AuditAsked } from "./audit-book.ts";
import { changedAnswer, whyRefused, type Made } from "./config.ts";
import type { Done } from "./done.ts";
import type { EndpointInfo } from "./endpoints.ts";
import type { AccountDay, UsageAsked } from "./usage-book.ts";
import type { ExportHeader, ExportStep, TenantLine } from "../moving/format.ts";
import { headerOf, tenantStep } from "../moving/tenant-moving.ts";
import { resultOf, TenantShell } from "./shell.ts";

/** `last_used_at` costs a row, so it is written at most this often. */
const LAST_USED_MS = 60 * 60 * 1000;

export class TenantObject extends TenantShell implements TenantApi {
  /** In the operator's object: names a new tenant, and makes it. */
  async registerTenant(caller: Caller, name: string): Promise<TenantInfo> {
    this.migrate();
    const { secrets } = this.relay;
    const tenant = mintId("ten", { tenant: randomPart() }, secrets.newest, secrets.macOf);
    const info: TenantInfo = { tenant, name, created_at: Date.now(), state: "active" };
    // The tenant first: one that is listed exists.
    await tenantOf(this.env, tenant, secrets).create(info);
    this.storage.transaction(() => {
      this.store.addTenant(info);
      this.record(caller, { verb: "tenant.created", about: tenant }, "ok");
    });
    return info;
  }

  async tenants(page: Page): Promise<TenantInfo[]> {
    return this.created ? this.store.tenants(page) : [];
  }

  async listTenant(info: TenantInfo): Promise<void> {
    this.storage.transaction(() => this.store.list(info, Date.now()));
  }

  async unlistTenant(tenant: TenantId): Promise<void> {
    this.storage.transaction(() => {
      this.store.unlist(tenant);
      this.record({ kind: "operator" }, { verb: "tenant.deleted", about: tenant }, "ok");
    });
  }

  async create(info: TenantInfo): Promise<void> {
    this.migrate();
    this.storage.transaction(() => this.store.addTenant(info));
  }

  async show(caller: Caller): Promise<Result<TenantView, Refused>> {
    return this.looks(caller, () => this.desks.tenant.view());
  }

  async changeTenant(caller: Caller, command: TenantCommand): Promise<Result<TenantView, Refused>> {
    if (caller.kind === "key") return err({ code: "forbidden" });
    const done = await this.does(caller, (now) => this.desks.tenant.perform(command, now));
    if (!done.ok) return done;
    return ok(
      this.created ? this.desks.tenant.view() : { ...done.value, state: "deleted", accounts_pending: 0 },
    );
  }

  async accounts(caller: Caller, page: Page): Promise<Result<AccountInfo[], Refused>> {
    return this.looks(caller, () => this.store.accounts(page));
  }

  async changeAccounts(caller: Caller, command: AccountCommand): Promise<Result<AccountInfo, Refused>> {
    // To be made and to be deleted concern the tenant: a key for some accounts may do neither.
    const isOwn = command.kind !== "create" && command.kind !== "remove";
    const perform = (now: number): Done<AccountInfo> => this.desks.accounts.perform(command, now);
    return this.does(caller, perform, undefined, isOwn ? command.account : null);
  }

  async keys(caller: Caller): Promise<Result<KeyInfo[], Refused>> {
    return this.looks(caller, () => this.keyStore.list(Date.now()));
  }

  async changeKeys(caller: Caller, command: KeyCommand): Promise<Result<KeyChanged, Refused>> {
    let reached = 0;
    const done = await this.does(
      caller,
      (now) => this.desks.keys.perform(command, now),
      (told) => {
        reached = told.filter(({ key }) => "key" in command && key === command.key).length;
      },
    );
    return done.ok ? ok({ ...done.value, accounts_reached: reached }) : done;
  }

  async grant(key: KeyId, account: AccountId): Promise<StoredGrant | null> {
    if (!this.created || this.standing.stateOf(account) === "deleting") return null;
    const found = this.keyStore.grant(key, this.tenant().tenant);
    if (found === undefined) return null;
    const { last_used_at, ...grant } = found;
    const now = Date.now();
    this.storage.transaction(() => {
      this.store.rememberUse(key, account);
      if (last_used_at === null || now - last_used_at > LAST_USED_MS) this.keyStore.touch(key, now);
    });
    return grant;
  }

  async audit(caller: Caller, asked: AuditAsked): Promise<Result<AuditEntry[], Refused>> {
    return this.looks(caller, () => this.book.page(asked));
  }

  async exportBegin(caller: Caller, after: string | null): Promise<Result<ExportHeader, Refused>> {
    const denied = this.deny(caller);
    if (denied !== undefined) return err(denied);
    // An account that was not told yet may still be at work.
    if (this.desks.moving.waits()) await this.tell();
    const refused = this.desks.moving.refuseExport(after);
    if (refused !== undefined) return err(refused);
    const info = this.tenant();
    if (after === null)
      this.storage.transaction(() =>
        this.record(caller, { verb: "tenant.exported", about: info.tenant }, "ok"),
      );
    return ok(headerOf(info, this.desks.moving.facts(), this.relay.secrets, Date.now()));
  }

  async exportStep(place: string | null): Promise<Result<ExportStep<TenantLine>, Refused>> {
    if (!this.created) return err({ code: "not_found" });
    const refused = this.desks.moving.refuseExport(null);
    return refused === undefined ? ok(tenantStep(this.storage, place)) : err(refused);
  }

  async importBegin(header: ExportHeader): Promise<Result<TenantInfo | null, Refused>> {
    const isNew = !this.created;
    this.migrate();
    const here = this.desks.moving.begin(header, isNew);
    return here.ok ? ok(here.value === "is_here" ? this.tenant() : null) : here;
  }

  async importLines(
    lines: readonly TenantLine[],
    accounts: readonly Omit<AccountInfo, "state" | "tenant">[],
  ): Promise<Result<void, Refused>> {
    return this.created ? this.desks.moving.take(lines, accounts) : err({ code: "not_found" });
  }

  async importEnd(caller: Caller, header: ExportHeader): Promise<Result<TenantInfo, Refused>> {
    if (!this.created) return err({ code: "not_found" });
    const ended = this.desks.moving.end(header);
    if (!ended.ok) return ended;
    const info = this.tenant();
    this.storage.transaction(() =>
      this.record(caller, { verb: "tenant.imported", about: info.tenant }, "ok"),
    );
    await this.tell();
    return ok(info);
  }

  async adoptTenant(caller: Caller, info: TenantInfo): Promise<void> {
    this.migrate();
    this.storage.transaction(() => {
      this.store.addTenant(info);
      this.store.list(info, Date.now());
      this.record(caller, { verb: "tenant.imported", about: info.tenant }, "ok");
    });
  }

  async usage(caller: Caller, asked: UsageAsked): Promise<Result<AccountDay[], Refused>> {
    return this.looks(caller, () => this.used.page(asked));
  }

  async report(account: AccountId, { acts, days }: AccountReport): Promise<void> {
    // It may be on its way out, and the tenant gone before it.
    if (!this.created) return;
    this.storage.transaction(() => {
      for (const { id, ...act } of acts) this.book.record(act, `${account}.${id}`);
      this.used.keep(account, days, Date.now());
    });
  }

  async config(caller: Caller, version: number | null): Promise<Result<ConfigVersion, Refused>> {
    const found = this.looks(caller, () => this.settings.get(version) ?? null);
    if (!found.ok) return found;
    return found.value === null ? err({ code: "not_found" }) : ok(found.value);
  }

  async configHistory(caller: Caller): Promise<Result<ConfigHistory, Refused>> {
    return this.looks(caller, () => this.settings.history());
  }

  async overrides(
    caller: Caller,
    account: AccountId,
  ): Promise<Result<{ version: number; overrides: Overrides }, Refused>> {
    const version = (): number => this.settings.get(null)?.version ?? 0;
    return this.looks(
      caller,
      () => ({ version: version(), overrides: this.settings.overrides(account) }),
      account,
    );
  }

  async changeConfig(caller: Caller, change: ConfigChange): Promise<Result<ConfigChanged, ConfigRefused>> {
    const account = change.kind === "rollback" ? null : change.account;
    const denied = this.deny(caller, account);
    if (denied !== undefined) return err({ code: denied.code, ...whyOf(denied) });
    return this.#changed(caller, account, (now) => this.settings.change(change, actorOf(caller), now));
  }

  async changeByOwner(change: OwnerChange): Promise<OwnerChanged> {
    if (!this.created) return { ok: false, why: ["there is no such account"] };
    const made = await this.#changed("owner", change.account, (now) =>
      this.settings.changeByOwner(change, now),
    );
    if (made.ok) return { ok: true, version: made.value.version, changed: made.value.changed };
    return { ok: false, why: whyRefused(made.error) };
  }

  async endpoints(caller: Caller): Promise<Result<EndpointInfo[], Refused>> {
    return this.looks(caller, () => this.desks.webhooks.endpoints.list(Date.now()));
  }

  async changeEndpoints(caller: Caller, command: EndpointCommand): Promise<Result<EndpointAnswer, Refused>> {
    return this.does(caller, () => this.desks.webhooks.perform(command));
  }

  async testEndpoint(caller: Caller, test: EndpointTest): Promise<Result<EndpointTested, Refused>> {
    const denied = this.deny(caller);
    if (denied !== undefined) return err(denied);
    const tested = await this.desks.webhooks.test(test);
    this.storage.transaction(() =>
      this.record(caller, { verb: "endpoint.tested", about: test.endpoint }, resultOf(tested)),
    );
    return tested;
  }

  async endpointFailed(report: FailureReport, account: AccountId): Promise<FailureWord> {
    if (!this.created) return { until: null, others_at: null };
    return this.#told(this.desks.webhooks.failed(report, account));
  }

  async endpointSucceeded(endpoint: string, round: number): Promise<void> {
    if (this.created) this.#told(this.desks.webhooks.succeeded(endpoint, round));
  }

  async mayProbe(endpoint: string): Promise<true | number> {
    return this.created ? this.desks.webhooks.mayProbe(endpoint) : true;
  }

  async endpointGone(endpoint: string, round: number): Promise<void> {
    // Once it has answered, nothing more is sent there: the account that said it is told by then, too.
    if (this.created && this.desks.webhooks.gone(endpoint, round).isNews) await this.outbox.drain();
  }

  /** The account that said it does not wait until every other one was told. */
  #told<T>({ answer, isNews }: { readonly answer: T; readonly isNews: boolean }): T {
    if (isNews) this.ctx.waitUntil(this.outbox.drain());
    return answer;
  }

  /** Makes a change and tells the accounts; `account` = the only one that it can concern. */
  async #changed(
    by: Caller | "owner",
    account: AccountId | null,
    make: (now: number) => Result<Made, ConfigRefused>,
  ): Promise<Result<ConfigChanged, ConfigRefused>> {
    const made = this.storage.transaction(() => {
      const result = make(Date.now());
      if (result.ok && result.value.isNew)
        this.store.queueInform(account === null || result.value.concernsAll ? null : [account]);
      const about = account ?? this.tenant().tenant;
      if (!result.ok || result.value.isNew)
        this.record(by, { verb: "config.changed", about }, resultOf(result));
      return result;
    });
    if (!made.ok) return made;
    const delivered = await this.outbox.drain();
    const reached = new Set(delivered.filter(({ kind }) => kind === "inform").map((item) => item.account));
    return ok(changedAnswer(made.value, account, reached, this.store.countToInform(account)));
  }
}

const whyOf = ({ detail, retry_after_s, quota }: Refused): Omit<ConfigRefused, "code"> => ({
  ...(detail === undefined ? {} : { detail }),
  ...(retry_after_s === undefined ? {} : { retry_after_s }),
  ...(quota === undefined ? {} : { quota }),
});
