import * as z from "zod";
import type { AccountId, KeyId, TenantId } from "./ids.ts";

/** What a key may do. `operator` creates tenants; the others act inside one. */
export const SCOPES = ["read", "send", "rpc", "manage", "operator"] as const;
export const scopeSchema = z.enum(SCOPES);
export type Scope = z.infer<typeof scopeSchema>;

/** A key's powers. `accounts: null` = every account of the tenant. Times in ms since the epoch. */
export interface Grant {
  readonly key: KeyId;
  readonly tenant: TenantId;
  readonly scopes: readonly Scope[];
  readonly accounts: readonly AccountId[] | null;
  readonly expires_at: number | null;
}

type Refusal = "unauthenticated" | "forbidden";

/** Undefined where the grant allows it. */
export function refuse(
  grant: Grant,
  scope: Scope,
  account: AccountId | null,
  now: number,
): Refusal | undefined {
  if (grant.expires_at !== null && grant.expires_at <= now) return "unauthenticated";
  if (!grant.scopes.includes(scope)) return "forbidden";
  if (grant.accounts === null) return undefined;
  return account !== null && grant.accounts.includes(account) ? undefined : "forbidden";
}
