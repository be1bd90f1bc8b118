// What the Worker and the two kinds of object say to each other. Expected failures are values.
import * as z from "zod";
import type { Scope } from "../shared/grant.ts";
import type { AccountId, KeyId, TenantId } from "../shared/ids.ts";
import type { Answer, RpcRequest } from "../shared/jsonrpc.ts";
import type { Result } from "../shared/result.ts";
import type { Denied } from "./account/access.ts";
import type { AccountIdentity } from "./account/core.ts";
import type { Enrolled, EnrolmentOffer } from "./account/enrolment.ts";
import type { Caller, StoredGrant } from "./account/ports.ts";
import type { AccountStatus } from "./account/status.ts";
import type { Install } from "./account/store/installs.ts";

export const AGENT_SUBPROTOCOL = "imsg-relay.agent.v1";
export const RPC_SUBPROTOCOL = "imsg-relay.v1";

type Refused = Denied | "not_found";

export interface AccountApi {
  create(identity: AccountIdentity): Promise<void>;
  fetch(request: Request): Promise<Response>;
  status(caller: Caller): Promise<Result<AccountStatus, Refused>>;
  rpc(caller: Caller, request: RpcRequest): Promise<Result<Answer, Refused>>;
  offerEnrolment(caller: Caller): Promise<Result<EnrolmentOffer, Refused>>;
  claimEnrolment(
    code: string,
    publicKey: string,
    name: string,
  ): Promise<Result<Enrolled, "not_found" | "gone" | "conflict">>;
  installs(caller: Caller): Promise<Result<Install[], Refused>>;
  revokeInstall(
    caller: Caller,
    install: string,
  ): Promise<Result<{ install: string; revoked_at: number }, Refused>>;
  revokeKey(key: KeyId): Promise<void>;
}

export interface NamedThing {
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

/** The object named `operator` registers tenants; every other one is a tenant. */
export interface TenantApi {
  registerTenant(name: string): Promise<TenantInfo>;
  tenants(): Promise<TenantInfo[]>;
  create(info: TenantInfo): Promise<void>;
  createAccount(caller: Caller, name: string): Promise<Result<AccountInfo, Refused | "conflict">>;
  accounts(caller: Caller): Promise<Result<AccountInfo[], Refused>>;
  createKey(
    caller: Caller,
    key: NewKey,
  ): Promise<Result<KeyInfo & { credential: string }, Refused | "conflict" | "invalid_request">>;
  keys(caller: Caller): Promise<Result<KeyInfo[], Refused>>;
  revokeKey(
    caller: Caller,
    key: KeyId,
  ): Promise<Result<{ key: KeyId; revoked_at: number; accounts_reached: number }, Refused>>;
  /** Null = no such key (any more). Remembers that this account holds a copy. */
  grant(key: KeyId, account: AccountId): Promise<StoredGrant | null>;
}

// The upgrade needs fetch, and fetch carries headers only. The Worker makes the request anew, so that nobody
// outside can set these.
const KEY_HEADER = "relay-caller-key";
const HASH_HEADER = "relay-caller-hash";

/** RPC16: what a client of ours calls itself. */
export const CLIENT_HEADER = "relay-client";

export const callerHeaders = (caller: Caller): Record<string, string> =>
  caller.kind === "operator" ? {} : { [KEY_HEADER]: caller.key, [HASH_HEADER]: caller.secret_hash };

const headerSchema = z.object({ key: z.string().transform((key) => key as KeyId), secret_hash: z.string() });

/** Undefined = whoever this is did not come through the Worker with a key. */
export function callerFromHeaders(headers: Headers): Caller | undefined {
  const parsed = headerSchema.safeParse({
    key: headers.get(KEY_HEADER),
    secret_hash: headers.get(HASH_HEADER),
  });
  return parsed.success ? { kind: "key", ...parsed.data } : undefined;
}
