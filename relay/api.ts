// What the Worker and the two kinds of object say to each other. Expected failures are values.
import type { ConfigProblem, ConfigWarning } from "../shared/config/problem.ts";
import type { ConfigDocument, Overrides } from "../shared/config/settings.ts";
import type { AuditEntry } from "../shared/audit.ts";
import type { Refused } from "../shared/errors.ts";
import type { Scope } from "../shared/grant.ts";
import type { AccountId, KeyId, TenantId } from "../shared/ids.ts";
import type { Quotas, QuotasPatch } from "../shared/quotas.ts";
import type { Result } from "../shared/result.ts";
import type { AccountIdentity } from "./account/core.ts";
import type { Enrolled, EnrolmentClaim, EnrolmentLook } from "./account/link/enrolment.ts";
import type { AccountReport } from "./account/account-report.ts";
import type { AccountLine, ExportHeader, ExportStep, Owed, TenantLine } from "./moving/format.ts";
import type { AuditAsked } from "./tenant/audit-book.ts";
import type { AccountState, TenantState } from "./tenant/standing.ts";
import type { AccountDay, UsageAsked } from "./tenant/usage-book.ts";
import type { EndpointChange, EndpointInfo, EndpointWish } from "./tenant/endpoints.ts";
import type { Caller, OwnerChange, OwnerChanged, StoredGrant } from "./account/ports.ts";
import type { FailureReport, FailureWord } from "./account/webhooks/breaker-port.ts";
import type { TenantWord } from "./account/tenant-word.ts";
import type { InputOf, OutputOf, QuestionName } from "./account/questions.ts";

/** What is done with a tenant's webhook endpoints. */
export type EndpointCommand =
  | { readonly kind: "create"; readonly wish: EndpointWish }
  | { readonly kind: "show" | "remove" | "pause" | "resume" | "secret"; readonly endpoint: string }
  | { readonly kind: "change"; readonly endpoint: string; readonly change: EndpointChange }
  | { readonly kind: "rotate"; readonly endpoint: string; readonly secret: string | null };
export type EndpointAnswer = EndpointInfo & { readonly secret?: string };

/** `account` null = any of the endpoint's. */
export interface EndpointTest {
  readonly endpoint: string;
  readonly account: AccountId | null;
}
export interface EndpointTested {
  readonly delivered: boolean;
  /** Null = no answer came. */
  readonly status: number | null;
  readonly took_ms: number;
  /** What went wrong, for a human. */
  readonly why: string | null;
  /** The beginning of what was answered. */
  readonly response: string;
}

export interface AccountApi {
  create(identity: AccountIdentity, facts: TenantWord): Promise<void>;
  inform(facts: TenantWord): Promise<void>;
  fetch(request: Request): Promise<Response>;
  ask<N extends QuestionName>(
    caller: Caller,
    name: N,
    input: InputOf<N>,
  ): Promise<Result<OutputOf<N>, Refused>>;
  lookAtEnrolment(
    code: string,
  ): Promise<Result<EnrolmentLook, "not_found" | "gone" | "rate_limited" | "tenant_suspended">>;
  claimEnrolment(
    claim: EnrolmentClaim,
  ): Promise<Result<Enrolled, "not_found" | "gone" | "conflict" | "tenant_suspended">>;
  /** Null = there is no such account. */
  owed(): Promise<Owed | null>;
  /** Null = there is no such account any more. */
  exportStep(place: string | null): Promise<Result<ExportStep<AccountLine> | null, Refused>>;
  importLines(
    tenant: TenantId,
    account: AccountId,
    lines: readonly AccountLine[],
  ): Promise<Result<void, Refused>>;
  /** Everything of it goes; nothing is left but an object that knows nothing. */
  destroy(): Promise<void>;
  revokeKey(key: KeyId): Promise<void>;
  /** It may do less than before, or has a new secret: its sockets begin anew. */
  narrowKey(key: KeyId): Promise<void>;
}

interface NamedThing {
  readonly name: string;
  readonly created_at: number;
}
export type TenantInfo = NamedThing & { readonly tenant: TenantId; readonly state: TenantState };
export type AccountInfo = NamedThing & {
  readonly account: AccountId;
  readonly tenant: TenantId;
  readonly state: AccountState;
};

/** Of a list in the order in which things were made. `limit` -1 = all. */
export interface Page {
  readonly after: string | null;
  readonly limit: number;
}

/** A tenant as its operator sees it. */
export interface TenantView extends Omit<TenantInfo, "state"> {
  /** `deleted`: nothing of it is left. */
  readonly state: TenantState | "deleted";
  /** Why it is suspended, in the operator's words. */
  readonly reason: string | null;
  readonly changed_at: number;
  readonly quotas: Quotas;
  /** Of the quotas that are counted here: what is in use. */
  readonly used: { readonly accounts: number; readonly keys: number; readonly endpoints: number };
  /** Accounts that were not told yet what was said last, or are not emptied yet. */
  readonly accounts_pending: number;
}
export type TenantCommand =
  | { readonly kind: "rename"; readonly name: string }
  | { readonly kind: "suspend"; readonly reason: string | null }
  | { readonly kind: "resume" | "remove" }
  | { readonly kind: "quotas"; readonly quotas: QuotasPatch };

export type AccountCommand =
  | { readonly kind: "create"; readonly name: string }
  | { readonly kind: "rename"; readonly account: AccountId; readonly name: string }
  | { readonly kind: "pause" | "resume" | "remove"; readonly account: AccountId };

export type KeyCommand =
  | { readonly kind: "create"; readonly wish: NewKey }
  | { readonly kind: "change"; readonly key: KeyId; readonly change: Partial<NewKey> }
  | { readonly kind: "rotate"; readonly key: KeyId; readonly grace_ms: number }
  | { readonly kind: "revoke"; readonly key: KeyId };
/** `credential`: of one that was made or rotated; `copies`: of one that was revoked, how many accounts had one. */
export type KeyAnswer = KeyInfo & { readonly credential?: string; readonly copies?: number };
export type KeyChanged = KeyAnswer & { readonly accounts_reached: number };
/** A key as it may be shown: without its secret. */
export interface KeyInfo extends NamedThing {
  readonly key: KeyId;
  readonly scopes: readonly Scope[];
  readonly accounts: readonly AccountId[] | null;
  readonly expires_at: number | null;
  readonly revoked_at: number | null;
  /** Written at most hourly. */
  readonly last_used_at: number | null;
  /** Until when the secret before the last rotation opens as well. */
  readonly old_secret_until: number | null;
}
export interface NewKey {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly accounts: readonly AccountId[] | null;
  readonly expires_at: number | null;
}

/** A version of a tenant's configuration. `at` in ms; `by` = a key's id, `operator`, or `owner:<handle>`. */
export interface ConfigVersion {
  readonly version: number;
  readonly document: ConfigDocument;
  readonly at: number;
  readonly by: string;
}
export interface ConfigHistory {
  readonly versions: readonly (Omit<ConfigVersion, "document"> & { readonly changed: readonly string[] })[];
}
export interface ConfigChanged {
  readonly version: number;
  /** Of an account's change: that account's overrides, and nothing of the others' (CFG4). */
  readonly document: ConfigDocument;
  readonly changed: readonly string[];
  readonly warnings: readonly ConfigWarning[];
  /** Accounts that work by it already, and those still to be told. */
  readonly accounts_reached: number;
  readonly accounts_pending: number;
}
/** How a document is to change. `account` = only that account's overrides. */
export type ConfigChange = { readonly if_version: number | null } & (
  | { readonly kind: "replace" | "patch"; readonly account: AccountId | null; readonly value: unknown }
  | { readonly kind: "rollback"; readonly version: number }
);
export type ConfigRefused = Omit<Refused, "problems"> & { readonly problems?: readonly ConfigProblem[] };

/** The object named `operator` registers tenants; every other one is a tenant. */
export interface TenantApi {
  registerTenant(caller: Caller, name: string): Promise<TenantInfo>;
  tenants(page: Page): Promise<TenantInfo[]>;
  /** In the operator's object: what a tenant says of itself, and that it is gone. */
  listTenant(info: TenantInfo): Promise<void>;
  unlistTenant(tenant: TenantId): Promise<void>;
  create(info: TenantInfo): Promise<void>;
  show(caller: Caller): Promise<Result<TenantView, Refused>>;
  changeTenant(caller: Caller, command: TenantCommand): Promise<Result<TenantView, Refused>>;
  accounts(caller: Caller, page: Page): Promise<Result<AccountInfo[], Refused>>;
  changeAccounts(caller: Caller, command: AccountCommand): Promise<Result<AccountInfo, Refused>>;
  keys(caller: Caller): Promise<Result<KeyInfo[], Refused>>;
  changeKeys(caller: Caller, command: KeyCommand): Promise<Result<KeyChanged, Refused>>;
  audit(caller: Caller, asked: AuditAsked): Promise<Result<AuditEntry[], Refused>>;
  usage(caller: Caller, asked: UsageAsked): Promise<Result<AccountDay[], Refused>>;
  /** `after`: of the second and later requests of one export, the account they go on after. */
  exportBegin(caller: Caller, after: string | null): Promise<Result<ExportHeader, Refused>>;
  exportStep(place: string | null): Promise<Result<ExportStep<TenantLine>, Refused>>;
  /** The tenant, where all of that export is here already. */
  importBegin(header: ExportHeader): Promise<Result<TenantInfo | null, Refused>>;
  importLines(
    lines: readonly TenantLine[],
    accounts: readonly Omit<AccountInfo, "state" | "tenant">[],
  ): Promise<Result<void, Refused>>;
  /** `header`: what all of it is. */
  importEnd(caller: Caller, header: ExportHeader): Promise<Result<TenantInfo, Refused>>;
  /** In the operator's object: one that was imported. */
  adoptTenant(caller: Caller, info: TenantInfo): Promise<void>;
  /** What an account has to tell. */
  report(account: AccountId, report: AccountReport): Promise<void>;
  endpoints(caller: Caller): Promise<Result<EndpointInfo[], Refused>>;
  changeEndpoints(caller: Caller, command: EndpointCommand): Promise<Result<EndpointAnswer, Refused>>;
  testEndpoint(caller: Caller, test: EndpointTest): Promise<Result<EndpointTested, Refused>>;
  /** Of an attempt of that account. */
  endpointFailed(report: FailureReport, account: AccountId): Promise<FailureWord>;
  endpointSucceeded(endpoint: string, round: number): Promise<void>;
  mayProbe(endpoint: string): Promise<true | number>;
  endpointGone(endpoint: string, round: number): Promise<void>;
  /** Null = no such key (any more). Remembers that this account holds a copy. */
  grant(key: KeyId, account: AccountId): Promise<StoredGrant | null>;
  /** `version` null = the newest. */
  config(caller: Caller, version: number | null): Promise<Result<ConfigVersion, Refused>>;
  configHistory(caller: Caller): Promise<Result<ConfigHistory, Refused>>;
  changeConfig(caller: Caller, change: ConfigChange): Promise<Result<ConfigChanged, ConfigRefused>>;
  /** The overrides of one account, as the document has them. */
  overrides(
    caller: Caller,
    account: AccountId,
  ): Promise<Result<{ version: number; overrides: Overrides }, Refused>>;
  changeByOwner(change: OwnerChange): Promise<OwnerChanged>;
}
