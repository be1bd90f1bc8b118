// Who may do what here. A grant is pulled from its tenant on first use and kept for a minute; a revocation is
// pushed. In memory only: after an eviction it is pulled again.
import type { Refused } from "../../shared/errors.ts";
import { refuse, type Scope } from "../../shared/grant.ts";
import type { KeyId } from "../../shared/ids.ts";
import { GRANT_FRESH_MS } from "../../shared/limits.ts";
import { NewestMap } from "../../shared/newest-map.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import { overRate, TokenBuckets } from "../rate.ts";
import { holdsKey, type AccountPorts, type Caller, type StoredGrant } from "./ports.ts";
import type { Bearer } from "./channel/tickets.ts";
import type { AccountStanding } from "./standing.ts";
import type { StateStore } from "./store/state.ts";

/** Null = the operator. */
export type Admitted = StoredGrant | null;

/** Grants remembered at once; the oldest goes first. */
const MAX_GRANTS = 1_000;

type Standing = Pick<AccountStanding, "held" | "quotas">;

export class Access {
  readonly #ports: Pick<AccountPorts, "clock" | "pullGrant">;
  readonly #state: StateStore;
  readonly #standing: Standing;
  readonly #rate = new TokenBuckets();
  #forgotten = 0;
  readonly #grants = new NewestMap<KeyId, { grant: StoredGrant; pulledAt: number }>(MAX_GRANTS);

  constructor(ports: Pick<AccountPorts, "clock" | "pullGrant">, state: StateStore, standing: Standing) {
    this.#ports = ports;
    this.#state = state;
    this.#standing = standing;
  }

  /** Any one of the scopes is enough. The operator may manage, and read nothing of anybody's messages. */
  async admit(caller: Caller, scopes: readonly Scope[]): Promise<Result<Admitted, Refused>> {
    if (caller.kind === "operator") {
      const may = scopes.includes("manage") || scopes.includes("operator");
      return may ? ok(null) : err({ code: "forbidden" });
    }
    const grant = await this.#grant(caller.key);
    if (grant === null || !holdsKey(grant, caller.secret_hash, this.#ports.clock.now()))
      return err({ code: "unauthenticated" });
    return this.#allow(until(grant, caller.secret_hash), scopes);
  }

  /** A key that a ticket of ours stands for. */
  async admitBearer({ key, until }: Bearer, scopes: readonly Scope[]): Promise<Result<Admitted, Refused>> {
    const grant = await this.#grant(key);
    if (grant === null) return err({ code: "unauthenticated" });
    return this.#allow(endingAt(grant, until), scopes);
  }

  /** One more request of that key: undefined = it may come. */
  refuseRate(key: string): Refused | undefined {
    const { requests_a_second } = this.#standing.quotas;
    const wait = this.#rate.take(key, requests_a_second, this.#ports.clock.now());
    return wait === 0 ? undefined : overRate(requests_a_second, wait);
  }

  #allow(grant: StoredGrant, scopes: readonly Scope[]): Result<Admitted, Refused> {
    const limited = this.refuseRate(grant.key);
    if (limited !== undefined) return err(limited);
    const { account } = this.#state.current;
    const now = this.#ports.clock.now();
    const refusalOf = (scope: Scope) => refuse(grant, scope, account, now);
    const refusals = new Set(scopes.map(refusalOf));
    if (!refusals.has(undefined))
      return err({ code: refusals.has("unauthenticated") ? "unauthenticated" : "forbidden" });
    const { held } = this.#standing;
    if (held === null) return ok(grant);
    // A paused account answers whoever manages it, about what is to be managed.
    const manages = scopes.includes("manage") && refusalOf("manage") === undefined;
    if (held.code === "account_paused" && manages) return ok(grant);
    return err({ code: held.code, ...(held.reason === null ? {} : { detail: held.reason }) });
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
    this.#grants.set(key, { grant, pulledAt: this.#ports.clock.now() });
    return grant;
  }
}

/** What was opened with a former secret lives as long as that: its sockets end with it. */
function until(grant: StoredGrant, hash: string): StoredGrant {
  const { former } = grant;
  if (former === null || former === undefined || grant.secret_hash === hash) return grant;
  return endingAt(grant, former.until);
}

const endingAt = (grant: StoredGrant, at: number | null): StoredGrant =>
  at === null ? grant : { ...grant, expires_at: Math.min(at, grant.expires_at ?? Infinity) };
