// Who may do what here. A grant is pulled from its tenant on first use and kept for a minute; a revocation is
// pushed. In memory only: after an eviction it is pulled again.
import { refuse, type Scope } from "../../shared/grant.ts";
import type { KeyId } from "../../shared/ids.ts";
import { GRANT_FRESH_MS } from "../../shared/limits.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import type { AccountPorts, Caller, StoredGrant } from "./ports.ts";
import type { StateStore } from "./store/state.ts";

export type Denied = "unauthenticated" | "forbidden";
/** Null = the operator. */
export type Admitted = StoredGrant | null;

/** Grants remembered at once; the oldest goes first. */
const MAX_GRANTS = 1_000;

export class Access {
  readonly #ports: Pick<AccountPorts, "clock" | "pullGrant">;
  readonly #state: StateStore;
  #forgotten = 0;
  readonly #grants = new Map<KeyId, { grant: StoredGrant; pulledAt: number }>();

  constructor(ports: Pick<AccountPorts, "clock" | "pullGrant">, state: StateStore) {
    this.#ports = ports;
    this.#state = state;
  }

  /** Any one of the scopes is enough. The operator may manage, and read nothing of anybody's messages. */
  async admit(caller: Caller, scopes: readonly Scope[]): Promise<Result<Admitted, Denied>> {
    if (caller.kind === "operator") {
      return scopes.includes("manage") || scopes.includes("operator") ? ok(null) : err("forbidden");
    }
    const grant = await this.#grant(caller.key);
    // Both are hashes: comparing them in variable time tells nothing about the secret.
    if (grant === null || grant.secret_hash !== caller.secret_hash) return err("unauthenticated");
    return this.#allow(grant, scopes);
  }

  /** A key that a ticket of ours stands for. */
  async admitKey(key: KeyId, scopes: readonly Scope[]): Promise<Result<Admitted, Denied>> {
    const grant = await this.#grant(key);
    return grant === null ? err("unauthenticated") : this.#allow(grant, scopes);
  }

  #allow(grant: StoredGrant, scopes: readonly Scope[]): Result<Admitted, Denied> {
    const { account } = this.#state.current;
    const refusals = new Set(scopes.map((scope) => refuse(grant, scope, account, this.#ports.clock.now())));
    if (refusals.has(undefined)) return ok(grant);
    return err(refusals.has("unauthenticated") ? "unauthenticated" : "forbidden");
  }

  forget(key: KeyId): void {
    this.#forgotten += 1;
    this.#grants.delete(key);
  }

  async #grant(key: KeyId): Promise<StoredGrant | null> {
    const known = this.#grants.get(key);
    if (known !== undefined && this.#ports.clock.now() - known.pulledAt < GRANT_FRESH_MS) return known.grant;
    const { tenant, account } = this.#state.current;
    const before = this.#forgotten;
    const grant = await this.#ports.pullGrant(tenant, key, account);
    // Something was revoked meanwhile: what was pulled may be what it was before.
    if (before !== this.#forgotten) return this.#grant(key);
    this.#grants.delete(key);
    if (grant === null) return null;
    const oldest = this.#grants.keys().next().value;
    if (this.#grants.size >= MAX_GRANTS && oldest !== undefined) this.#grants.delete(oldest);
    this.#grants.set(key, { grant, pulledAt: this.#ports.clock.now() });
    return grant;
  }
}
