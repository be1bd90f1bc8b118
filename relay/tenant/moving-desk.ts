// What a tenant's object does when the tenant leaves for another relay, or comes from one (TEN rules).
import type { Refused } from "../../shared/errors.ts";
import type { AccountId, TenantId } from "../../shared/ids.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import type { Storage } from "../account/ports.ts";
import type { ExportHeader, TenantLine } from "../moving/format.ts";
import { takeTenantLines } from "../moving/tenant-moving.ts";
import type { TenantStanding } from "./standing.ts";
import type { TenantStore } from "./store.ts";

interface MovingParts {
  readonly storage: Storage;
  readonly store: TenantStore;
  readonly standing: TenantStanding;
}

export class MovingDesk {
  readonly #parts: MovingParts;

  constructor(parts: MovingParts) {
    this.#parts = parts;
  }

  /** Only what nobody changes meanwhile is carried whole. */
  refuseExport(): Refused | undefined {
    const { state } = this.#parts.standing.current;
    if (state === "suspended") return undefined;
    const detail = "suspend the tenant first: what came while it is exported would be lost";
    return { code: "conflict", detail };
  }

  /** `isNew`: there is no such tenant here yet. */
  begin({ tenant, name, created_at }: ExportHeader, isNew: boolean, now: number): Result<void, Refused> {
    const { storage, store, standing } = this.#parts;
    if (!isNew && standing.current.state !== "importing")
      return err({ code: "conflict", detail: "there is such a tenant here: delete it first" });
    return storage.transaction(() => {
      store.addTenant({ tenant: tenant as TenantId, name, created_at });
      standing.say(tenant as TenantId, { state: "importing" }, now);
      return ok(undefined);
    });
  }

  take(
    lines: readonly TenantLine[],
    accounts: readonly { account: AccountId; name: string; created_at: number }[],
  ): Result<void, Refused> {
    const { storage, store, standing } = this.#parts;
    if (standing.current.state !== "importing")
      return err({ code: "conflict", detail: "no import is under way" });
    return storage.transaction(() => {
      for (const account of accounts) store.addAccount(account);
      const taken = takeTenantLines(storage, lines);
      return taken.ok ? taken : err({ code: "invalid_request", detail: taken.error });
    });
  }

  /** All of it is here: every account is told what the tenant says, and stays shut out until somebody resumes it. */
  end(now: number): Result<void, Refused> {
    const { storage, store, standing } = this.#parts;
    const { state } = standing.current;
    const [info] = store.tenants();
    if (info === undefined || state !== "importing")
      return err({ code: "conflict", detail: "no import is under way" });
    return storage.transaction(() => {
      standing.say(info.tenant, { state: "suspended" }, now);
      store.queueAllAccounts();
      store.queueListing(info.tenant);
      return ok(undefined);
    });
  }
}
