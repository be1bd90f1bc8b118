// How a Mac joins the account, and how it is shut out again (ID5).
import type { Refused } from "../../../shared/errors.ts";
import type { InstallId } from "../../../shared/ids.ts";
import { ENROLMENT_MS, MAX_INSTALLS } from "../../../shared/limits.ts";
import { err, ok, type Result } from "../../../shared/result.ts";
import { sha256 } from "../../secrets.ts";
import type { AgentLink } from "./agent-link.ts";
import type { AccountPorts } from "../ports.ts";
import type { Install, InstallStore } from "../store/installs.ts";
import type { StateStore } from "../store/state.ts";

export interface EnrolmentOffer {
  readonly code: string;
  readonly expires_at: number;
}

export interface Enrolled {
  readonly account: string;
  readonly tenant: string;
  readonly install: InstallId;
}

export class Enrolment {
  readonly #ports: AccountPorts;
  readonly #state: StateStore;
  readonly #installs: InstallStore;
  readonly #link: AgentLink;

  constructor(ports: AccountPorts, state: StateStore, installs: InstallStore, link: AgentLink) {
    this.#ports = ports;
    this.#state = state;
    this.#installs = installs;
    this.#link = link;
  }

  offer(): EnrolmentOffer {
    const code = this.#ports.mint("enr", this.#state.current.account);
    const expires_at = this.#ports.clock.now() + ENROLMENT_MS;
    this.#state.transact(() => this.#installs.addEnrolment(sha256(code), expires_at));
    return { code, expires_at };
  }

  claim(code: string, publicKey: string, name: string): Result<Enrolled, "not_found" | "gone" | "conflict"> {
    const now = this.#ports.clock.now();
    const { account, tenant } = this.#state.current;
    if (this.#installs.countLive() >= MAX_INSTALLS) return err("conflict");
    return this.#state.transact(() => {
      const claim = this.#installs.claim(sha256(code), now);
      if (claim !== "claimed") return err(claim);
      const install = this.#ports.mint("ins", account);
      this.#installs.add({ install, name, public_key: publicKey, created_at: now });
      return ok({ account, tenant, install });
    });
  }

  list(): Install[] {
    return this.#installs.list();
  }

  revoke(install: string): Result<{ install: string; revoked_at: number }, Refused> {
    const known = this.#installs.find(install);
    if (known === undefined) return err({ code: "not_found" });
    const revoked_at = known.revoked_at ?? this.#ports.clock.now();
    this.#state.transact(() => this.#installs.revoke(install, revoked_at));
    this.#link.revoke(install);
    return ok({ install, revoked_at });
  }
}
