// What an operator does with a tenant (TEN rules). In transactions of the caller, who tells the accounts.
import type { AuditVerb } from "../../shared/audit.ts";
import type { Refused } from "../../shared/errors.ts";
import type { TenantId } from "../../shared/ids.ts";
import { assertNever, ok } from "../../shared/result.ts";
import type { TenantCommand, TenantView } from "../api.ts";
import { notDone, type Done } from "./done.ts";
import type { TenantEndpoints } from "./endpoints.ts";
import type { KeyStore } from "./key-store.ts";
import type { TenantStanding } from "./standing.ts";
import type { TenantStore } from "./store.ts";

interface TenantDeskParts {
  readonly store: TenantStore;
  readonly keys: KeyStore;
  readonly endpoints: TenantEndpoints;
  readonly standing: TenantStanding;
  readonly tenant: () => TenantId;
}

const VERBS = {
  rename: "tenant.renamed",
  suspend: "tenant.suspended",
  resume: "tenant.resumed",
  remove: "tenant.deleted",
  quotas: "tenant.quotas_changed",
} as const satisfies Record<TenantCommand["kind"], AuditVerb>;

export class TenantDesk {
  readonly #parts: TenantDeskParts;

  constructor(parts: TenantDeskParts) {
    this.#parts = parts;
  }

  view(): TenantView {
    const { store, keys, endpoints, standing, tenant } = this.#parts;
    const { state, reason, changed_at } = standing.current;
    const info = store.tenants()[0];
    if (info === undefined) throw new Error("a tenant's object without its tenant");
    return {
      tenant: tenant(),
      name: info.name,
      created_at: info.created_at,
      state,
      reason,
      changed_at: Math.max(changed_at, info.created_at),
      quotas: standing.quotas,
      used: { accounts: store.count("account"), keys: keys.countLive(), endpoints: endpoints.count },
      accounts_pending: store.countPending(),
    };
  }

  perform(command: TenantCommand, now: number): Done<TenantView> {
    const about = this.#parts.tenant();
    const act = { verb: VERBS[command.kind], about };
    const refused = this.#refuse(command);
    if (refused !== undefined) return notDone(act, refused);
    this.#change(command, about, now);
    return { answer: ok(this.view()), act, isNews: true };
  }

  #refuse({ kind }: TenantCommand): Refused | undefined {
    const { state } = this.#parts.standing.current;
    if (kind === "remove") return undefined;
    if (state === "deleting") return { code: "gone", detail: "the tenant is being deleted" };
    if (state === "importing" && (kind === "suspend" || kind === "resume"))
      return { code: "conflict", detail: "its import has not come to its end: bring the rest, or delete it" };
    return undefined;
  }

  #change(command: TenantCommand, tenant: TenantId, now: number): void {
    const { store, standing } = this.#parts;
    const { state, changed_at } = standing.current;
    // While it is being imported that is when the other relay's word last changed: by that the export is known again.
    const at = state === "importing" ? changed_at : now;
    switch (command.kind) {
      case "rename":
        store.renameTenant(tenant, command.name);
        standing.say(tenant, {}, at);
        return store.queueListing(tenant);
      case "quotas":
        standing.say(tenant, { quotas: { ...standing.current.quotas, ...command.quotas } }, at);
        return store.queueInform(null);
      case "suspend":
        standing.say(tenant, { state: "suspended", reason: command.reason }, now);
        break;
      case "resume":
        standing.say(tenant, { state: "active", reason: null }, now);
        break;
      case "remove":
        standing.say(tenant, { state: "deleting", reason: null }, now);
        store.queueListing(tenant);
        return store.queueDeletionOfAll();
      default:
        return assertNever(command);
    }
    store.queueListing(tenant);
    return store.queueInform(null);
  }
}
