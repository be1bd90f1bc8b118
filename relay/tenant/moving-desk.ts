// What a tenant's object does when the tenant leaves for another relay, or comes from one (TEN rules).
import type { Refused } from "../../shared/errors.ts";
import type { AccountId, TenantId } from "../../shared/ids.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import type { Storage } from "../account/ports.ts";
import type { ExportHeader, TenantLine } from "../moving/format.ts";
import { countTenantRows, takeTenantLines } from "../moving/tenant-moving.ts";
import type { AuditBook } from "./audit-book.ts";
import { NOT_TOLD_RETRY_S } from "./limits.ts";
import type { TenantStanding } from "./standing.ts";
import type { TenantStore } from "./store.ts";

/** Nothing that could lead somebody to delete the one that is to be moved. */
const ALREADY_HERE =
  "this tenant is here already, and not by this export; an export is brought to a relay where the tenant is not";

interface MovingParts {
  readonly storage: Storage;
  readonly store: TenantStore;
  readonly standing: TenantStanding;
  readonly book: AuditBook;
}

export class MovingDesk {
  readonly #parts: MovingParts;

  constructor(parts: MovingParts) {
    this.#parts = parts;
  }

  /** Somebody was not told yet what was said last. */
  waits(): boolean {
    return this.#parts.store.countPending() > 0;
  }

  /** Only what nobody changes meanwhile is carried whole. */
  refuseExport(after: string | null): Refused | undefined {
    const { store, standing } = this.#parts;
    const { state } = standing.current;
    if (state !== "suspended") {
      const detail = "suspend the tenant first: what came while it is exported would be lost";
      return { code: "conflict", detail };
    }
    // After one that is not there nothing comes, and that would look like the end.
    if (after !== null && store.findAccount(after) === undefined)
      return { code: "gone", detail: "after: that account is here no longer; begin the export anew" };
    if (!this.waits()) return undefined;
    const accounts = store.countPending();
    const detail = `${accounts} of its accounts were not told of the suspension yet; try again in some seconds`;
    return { code: "not_ready", detail, retry_after_s: NOT_TOLD_RETRY_S };
  }

  /** By which an export is known again, and that all of it came. */
  facts(): Pick<ExportHeader, "changed_at" | "accounts" | "rows"> {
    const { storage, store, standing } = this.#parts;
    const { changed_at } = standing.current;
    return { changed_at, accounts: store.count("account"), rows: countTenantRows(storage) };
  }

  /** `isNew`: there is no such tenant here yet. */
  begin(header: ExportHeader, isNew: boolean): Result<"begun" | "is_here", Refused> {
    const { storage, store, standing, book } = this.#parts;
    const { tenant, name, created_at, changed_at } = header;
    const { state, changed_at: known } = standing.current;
    const isSame = known === changed_at;
    // The answer to its last line was lost on the way.
    if (!isNew && state === "suspended" && isSame && book.cameLast()) return ok("is_here");
    if (!isNew && state !== "importing") return err({ code: "conflict", detail: ALREADY_HERE });
    // Whoever was let in by that one, and shut out before this one was made, would be let in again.
    if (!isNew && !isSame)
      return err({
        code: "conflict",
        detail: "the import of another export of this tenant was begun here: delete the tenant here first",
      });
    return storage.transaction(() => {
      store.addTenant({ tenant: tenant as TenantId, name, created_at });
      standing.say(tenant as TenantId, { state: "importing" }, changed_at);
      return ok("begun");
    });
  }

  take(
    lines: readonly TenantLine[],
    accounts: readonly { account: AccountId; name: string; created_at: number }[],
  ): Result<void, Refused> {
    const { storage, store, standing } = this.#parts;
    if (standing.current.state !== "importing")
      return err({ code: "conflict", detail: "no import is under way" });
    const [info] = store.tenants();
    // Its own standing, whatever tenant the line names.
    const own = lines.map((line) =>
      line.table === "standing" ? { ...line, row: { ...line.row, tenant: info?.tenant ?? "" } } : line,
    );
    return storage.transaction(() => {
      for (const account of accounts) store.addAccount(account);
      const taken = takeTenantLines(storage, own);
      return taken.ok ? taken : err({ code: "invalid_request", detail: taken.error });
    });
  }

  /** All of it is here: every account is told what the tenant says, and stays shut out until somebody resumes it. */
  end(wanted: Pick<ExportHeader, "accounts" | "rows">): Result<void, Refused> {
    const { storage, store, standing } = this.#parts;
    const { state, changed_at } = standing.current;
    const [info] = store.tenants();
    if (info === undefined || state !== "importing")
      return err({ code: "conflict", detail: "no import is under way" });
    const here = this.facts();
    if (here.accounts < wanted.accounts || here.rows < wanted.rows) {
      const detail = `not all of it came: ${here.accounts} of ${wanted.accounts} accounts, ${here.rows} of ${wanted.rows} keys, endpoints and other rows; send all of it again, each page in its turn`;
      return err({ code: "conflict", detail });
    }
    return storage.transaction(() => {
      // As it was said where it comes from: by that it is known again (TEN13).
      standing.say(info.tenant, { state: "suspended" }, changed_at);
      store.queueAllAccounts();
      store.queueListing(info.tenant);
      return ok(undefined);
    });
  }
}
