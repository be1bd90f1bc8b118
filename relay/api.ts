// What the Worker and the two kinds of object say to each other. Expected failures are values.
import type { ConfigProblem, ConfigWarning } from "../shared/config/problem.ts";
import type { ConfigDocument, Overrides } from "../shared/config/settings.ts";
import type { Refused } from "../shared/errors.ts";
import type { Scope } from "../shared/grant.ts";
import type { AccountId, KeyId, TenantId } from "../shared/ids.ts";
import type { Result } from "../shared/result.ts";
import type { Denied } from "./account/access.ts";
import type { AccountIdentity } from "./account/core.ts";
import type { Enrolled, EnrolmentClaim, EnrolmentLook } from "./account/link/enrolment.ts";
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

type Gone = Denied | "not_found";

export interface AccountApi {
  create(identity: AccountIdentity, facts: TenantWord): Promise<void>;
  inform(facts: TenantWord): Promise<void>;
  fetch(request: Request): Promise<Response>;
  ask<N extends QuestionName>(
    caller: Caller,
    name: N,
    input: InputOf<N>,
  ): Promise<Result<OutputOf<N>, Refused>>;
  lookAtEnrolment(code: string): Promise<Result<EnrolmentLook, "not_found" | "gone" | "rate_limited">>;
  claimEnrolment(claim: EnrolmentClaim): Promise<Result<Enrolled, "not_found" | "gone" | "conflict">>;
  revokeKey(key: KeyId): Promise<void>;
}

interface NamedThing {
  readonly name: string;
  readonly created_at: number;
}
export type TenantInfo = NamedThing & { readonly tenant: TenantId };
export type AccountInfo = NamedThing & { readonly account: AccountId };
/** A key as it may be shown: without its secret. */
export interface KeyInfo extends NamedThing {
  readonly key: KeyId;
  readonly scopes: readonly Scope[];
  readonly accounts: readonly AccountId[] | null;
  readonly expires_at: number | null;
  readonly revoked_at: number | null;
  /** Written at most hourly. */
  readonly last_used_at: number | null;
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
  registerTenant(name: string): Promise<TenantInfo>;
  tenants(): Promise<TenantInfo[]>;
  create(info: TenantInfo): Promise<void>;
  createAccount(caller: Caller, name: string): Promise<Result<AccountInfo, Gone | "conflict">>;
  accounts(caller: Caller): Promise<Result<AccountInfo[], Gone>>;
  createKey(
    caller: Caller,
    key: NewKey,
  ): Promise<Result<KeyInfo & { credential: string }, Gone | "conflict" | "invalid_request">>;
  keys(caller: Caller): Promise<Result<KeyInfo[], Gone>>;
  endpoints(caller: Caller): Promise<Result<EndpointInfo[], Refused>>;
  changeEndpoints(caller: Caller, command: EndpointCommand): Promise<Result<EndpointAnswer, Refused>>;
  testEndpoint(caller: Caller, test: EndpointTest): Promise<Result<EndpointTested, Refused>>;
  /** Of an attempt of that account. */
  endpointFailed(report: FailureReport, account: AccountId): Promise<FailureWord>;
  endpointSucceeded(endpoint: string, round: number): Promise<void>;
  mayProbe(endpoint: string): Promise<true | number>;
  endpointGone(endpoint: string, round: number): Promise<void>;
  revokeKey(
    caller: Caller,
    key: KeyId,
  ): Promise<Result<{ key: KeyId; revoked_at: number; accounts_reached: number }, Gone>>;
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
