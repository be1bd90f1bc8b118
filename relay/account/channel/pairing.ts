// Strangers who ask for access, and people who were given it. Per account; direct messages only.
import { MAX_ALLOWED, MAX_WRONG_CODES, PAIRING_TALLY_MS } from "../../../shared/limits.ts";
import type { Refused } from "../../../shared/errors.ts";
import { normalizeHandle } from "../../../shared/policy/handles.ts";
import {
  findByCode,
  newCode,
  PAIRING_CODE_CHARS,
  PAIRING_MS,
  prune,
  requestPairing,
  type PairingRequest,
} from "../../../shared/policy/pairing.ts";
import { err, ok, type Result } from "../../../shared/result.ts";
import type { Appended, EventLog } from "../log/event-log.ts";
import type { AccountPorts } from "../ports.ts";
import type { AllowedRow, PairingRow, PairingStore } from "../store/pairing.ts";
import type { StateStore } from "../store/state.ts";

const WRONG_CODES = "wrong_codes";

export interface PairingList {
  readonly requests: readonly (Omit<PairingRow, "chat"> & { readonly expires_at: number })[];
  readonly allowed: readonly Allowed[];
}

/** Somebody who was approved. `by` = a key's id, `operator`, or `owner:<handle>`. */
export interface Allowed {
  readonly handle: string;
  readonly approved_at: number;
  readonly by: string;
}

export class Pairing {
  readonly #ports: Pick<AccountPorts, "clock" | "randomBytes">;
  readonly #state: StateStore;
  readonly #store: PairingStore;
  readonly #log: EventLog;
  readonly #tell: (events: readonly Appended[]) => void;
  #approved: Set<string> | undefined;

  constructor(
    ports: Pick<AccountPorts, "clock" | "randomBytes">,
    state: StateStore,
    store: PairingStore,
    log: EventLog,
    tell: (events: readonly Appended[]) => void,
  ) {
    this.#ports = ports;
    this.#state = state;
    this.#store = store;
    this.#log = log;
    this.#tell = tell;
    state.onRollback(() => {
      this.#approved = undefined;
    });
  }

  isApproved(handle: string): boolean {
    this.#approved ??= new Set(this.#store.allowed().map((allowed) => allowed.handle));
    return this.#approved.has(handle);
  }

  /** A stranger wrote. In the transaction of their message. Null = as many as may be are waiting. */
  ask(
    handle: string,
    name: string | null,
    chat: string,
    now: number,
  ): { request: PairingRow; isNew: boolean } | null {
    const known = this.#store.requests();
    const pending = known.map(toPure);
    const live = new Set(prune(pending, now).map((request) => request.handle));
    for (const request of known) if (!live.has(request.handle)) this.#store.drop(request.handle);
    const mint = (): string => newCode(this.#ports.randomBytes(PAIRING_CODE_CHARS));
    const answer = requestPairing(pending, handle, now, mint);
    if (answer.kind === "full") return null;
    const { code, createdAt, lastSeenAt } = answer.request;
    const request = { handle, code, name, chat, created_at: createdAt, last_seen_at: lastSeenAt };
    this.#store.keep(request);
    return { request, isNew: answer.kind === "new" };
  }

  list(): PairingList {
    return {
      requests: this.#live().map(({ handle, code, name, created_at, last_seen_at }) => {
        const expires_at = created_at + PAIRING_MS;
        return { handle, code, name, created_at, last_seen_at, expires_at };
      }),
      allowed: this.#store.allowed().map(shown),
    };
  }

  get counts(): { pending: number; allowed: number } {
    const { requests, allowed } = this.list();
    return { pending: requests.length, allowed: allowed.length };
  }

  approve(code: string, by: string): Result<Allowed, Refused> {
    const found = this.#find(code);
    if (!found.ok) return found;
    if (this.#store.allowed().length >= MAX_ALLOWED)
      return err({ code: "too_large", detail: `at most ${MAX_ALLOWED} people are approved by pairing` });
    const { handle } = found.value;
    const now = this.#ports.clock.now();
    const row: AllowedRow = { handle, approved_at: now, approved_by: by };
    this.#record("pairing.approved", { handle, by }, () => {
      this.#store.drop(handle);
      this.#store.allow(row);
    });
    return ok(shown(row));
  }

  /** Takes the request away; whoever asks again gets a new code. */
  deny(code: string, by: string): Result<{ handle: string }, Refused> {
    const found = this.#find(code);
    if (!found.ok) return found;
    const { handle } = found.value;
    this.#record("pairing.denied", { handle, by }, () => this.#store.drop(handle));
    return ok({ handle });
  }

  revoke(text: string, by: string): Result<{ handle: string }, Refused> {
    const handle = normalizeHandle(text);
    if (!this.isApproved(handle)) {
      return err({ code: "not_found", detail: `${handle} was not approved by pairing` });
    }
    this.#record("pairing.revoked", { handle, by }, () => this.#store.disallow(handle));
    return ok({ handle });
  }

  #record(
    kind: "pairing.approved" | "pairing.denied" | "pairing.revoked",
    data: { handle: string; by: string },
    change: () => void,
  ): void {
    const appended = this.#state.transact(() => {
      change();
      return this.#log.append(kind, data, this.#ports.clock.now());
    });
    this.#approved = undefined;
    this.#tell([appended]);
  }

  /** Guesses are counted, and after a few of them nothing is looked at for a while. */
  #find(code: string): Result<PairingRow, Refused> {
    const now = this.#ports.clock.now();
    const tally = this.#store.tally(WRONG_CODES);
    const current = tally !== undefined && now - tally.since < PAIRING_TALLY_MS ? tally : undefined;
    if (current !== undefined && current.count >= MAX_WRONG_CODES) {
      const wait = Math.ceil((current.since + PAIRING_TALLY_MS - now) / 1000);
      return err({ code: "rate_limited", detail: "too many wrong codes", retry_after_s: wait });
    }
    const pending = this.#live();
    const match = findByCode(pending.map(toPure), code, now);
    const found = pending.find(({ handle }) => handle === match?.handle);
    if (found !== undefined) return ok(found);
    this.#state.transact(() =>
      this.#store.setTally(WRONG_CODES, (current?.count ?? 0) + 1, current?.since ?? now),
    );
    return err({ code: "not_found", detail: "no pending request has this code; codes end after an hour" });
  }

  #live(): PairingRow[] {
    const requests = this.#store.requests();
    const live = new Set(prune(requests.map(toPure), this.#ports.clock.now()).map(({ handle }) => handle));
    return requests.filter(({ handle }) => live.has(handle));
  }
}

const shown = ({ handle, approved_at, approved_by }: AllowedRow): Allowed => ({
  handle,
  approved_at,
  by: approved_by,
});

const toPure = ({ handle, code, created_at, last_seen_at }: PairingRow): PairingRequest => ({
  handle,
  code,
  createdAt: created_at,
  lastSeenAt: last_seen_at,
});
