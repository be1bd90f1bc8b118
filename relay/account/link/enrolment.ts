// How a Mac joins the account, and how it is shut out again (ID5, ENR1 to ENR5, ENR9).
import type { InstallEnd } from "../../../shared/close.ts";
import type { Refused } from "../../../shared/errors.ts";
import type { InstallId } from "../../../shared/ids.ts";
import { ENROLMENT_MS, MAX_INSTALLS } from "../../../shared/limits.ts";
import { err, ok, type Result } from "../../../shared/result.ts";
import { sha256 } from "../../secrets.ts";
import type { AgentLink } from "./agent-link.ts";
import type { AccountPorts } from "../ports.ts";
import type { Install, InstallStore } from "../store/installs.ts";
import type { AccountStanding } from "../standing.ts";
import type { StateStore } from "../store/state.ts";

export interface EnrolmentOffer {
  readonly code: string;
  readonly expires_at: number;
}

/** A Mac of the account, as whoever is about to join it is told of it. Times in ms since the epoch. */
interface KnownMac {
  readonly name: string;
  readonly enrolled_at: number;
  /** It holds the account's link now. */
  readonly serves: boolean;
  /** Of the one that served last; null of the others. */
  readonly last_seen: number | null;
}

/** What a code is for (ENR1). */
export interface EnrolmentLook {
  readonly account: string;
  readonly account_name: string;
  readonly tenant: string;
  readonly expires_at: number;
  readonly macs: readonly KnownMac[];
}

/** What comes with a code. */
export interface EnrolmentClaim {
  readonly code: string;
  readonly public_key: string;
  readonly name: string;
  /** The account moves: every other install ends. */
  readonly takeover: boolean;
}

export interface Enrolled {
  readonly account: string;
  readonly tenant: string;
  readonly install: InstallId;
  /** Names of the Macs that were shut out. */
  readonly moved_from: readonly string[];
}

/** An install as it may be shown. */
export interface InstallView extends Omit<Install, "next_key">, Pick<KnownMac, "serves" | "last_seen"> {
  /** A key was announced that was not used yet. */
  readonly key_pending: boolean;
}

export class Enrolment {
  readonly #ports: AccountPorts;
  readonly #state: StateStore;
  readonly #installs: InstallStore;
  readonly #link: AgentLink;
  readonly #standing: Pick<AccountStanding, "held">;

  constructor(
    ports: AccountPorts,
    state: StateStore,
    installs: InstallStore,
    link: AgentLink,
    standing: Pick<AccountStanding, "held">,
  ) {
    this.#ports = ports;
    this.#state = state;
    this.#installs = installs;
    this.#link = link;
    this.#standing = standing;
  }

  offer(): EnrolmentOffer {
    const code = this.#ports.mint("enr", this.#state.current.account);
    const expires_at = this.#ports.clock.now() + ENROLMENT_MS;
    this.#state.transact(() => this.#installs.addEnrolment(sha256(code), expires_at));
    return { code, expires_at };
  }

  /** ENR1: what the code is for. It is not used up. */
  look(code: string): Result<EnrolmentLook, "not_found" | "gone" | "rate_limited" | "tenant_suspended"> {
    const looked = this.#state.transact(() => this.#installs.look(sha256(code), this.#ports.clock.now()));
    if (!looked.ok) return looked;
    if (this.#isStill) return err("tenant_suspended");
    // LINK5: a Mac that fell silent does not count as serving.
    this.#link.live();
    const { account, name: account_name, tenant } = this.#state.current;
    const macs = this.#installs.live().map((install): KnownMac => {
      const { serves, last_seen } = this.#presence(install.install);
      return { name: install.name, enrolled_at: install.created_at, serves, last_seen };
    });
    return ok({ account, account_name, tenant, expires_at: looked.value, macs });
  }

  claim({
    code,
    public_key,
    name,
    takeover,
  }: EnrolmentClaim): Result<Enrolled, "not_found" | "gone" | "conflict" | "tenant_suspended"> {
    const now = this.#ports.clock.now();
    const hash = sha256(code);
    const { account, tenant } = this.#state.current;
    const whyNot = this.#installs.whyNot(hash, now);
    if (whyNot !== undefined) {
      // ENR3: whoever did not hear the answer asks again with the same key.
      const before = this.#installs.claimedBy(hash, now);
      const isSame = before?.public_key === public_key && before.revoked_at === null;
      return isSame ? ok({ account, tenant, install: before.install, moved_from: [] }) : err(whyNot);
    }
    if (this.#isStill) return err("tenant_suspended");
    if (!takeover && this.#installs.countLive() >= MAX_INSTALLS) return err("conflict");
    const others = takeover ? this.#installs.live() : [];
    const install = this.#ports.mint("ins", account);
    this.#state.transact(() => {
      for (const other of others) this.#installs.end(other.install, "moved", now);
      this.#installs.add({ install, name, public_key, created_at: now });
      this.#installs.use(hash, install, now);
    });
    for (const other of others) this.#link.end(other.install, "moved", now);
    return ok({ account, tenant, install, moved_from: others.map(({ name }) => name) });
  }

  list(): InstallView[] {
    this.#link.live();
    return this.#installs.list().map(({ next_key, ...install }) => {
      const { serves, last_seen } = this.#presence(install.install);
      return Object.assign(install, { key_pending: next_key !== null, serves, last_seen });
    });
  }

  revoke(install: string): Result<{ install: string; revoked_at: number }, Refused> {
    const known = this.#installs.find(install);
    return known === undefined ? err({ code: "not_found" }) : ok(this.end(known, "revoked"));
  }

  /** ENR9: an install that ended stays so, for the reason and at the time that were first. */
  end(known: Install, why: InstallEnd): { install: string; revoked_at: number } {
    const { install } = known;
    const revoked_at = known.revoked_at ?? this.#ports.clock.now();
    this.#state.transact(() => this.#installs.end(install, why, revoked_at));
    this.#link.end(install, known.ended ?? why, revoked_at);
    return { install, revoked_at };
  }

  /** TEN4: what changes now may be in an export already, and be lost with this relay. */
  get #isStill(): boolean {
    return this.#standing.held?.code === "tenant_suspended";
  }

  #presence(install: string): Pick<KnownMac, "serves" | "last_seen"> {
    const { online, install: last, seen_at } = this.#state.current;
    const isLast = install === last;
    return { serves: online && isLast, last_seen: isLast ? (this.#link.lastHeard() ?? seen_at) : null };
  }
}
