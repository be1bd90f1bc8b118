// What is done with a tenant's keys (ID3, ID4, TEN rules). In transactions of the caller, who tells the accounts.
import type { AuditVerb } from "../../shared/audit.ts";
import type { Refused } from "../../shared/errors.ts";
import { mintId, type IdParts, type KeyId } from "../../shared/ids.ts";
import { assertNever, err, ok, type Result } from "../../shared/result.ts";
import type { KeyAnswer, KeyCommand, KeyInfo, NewKey } from "../api.ts";
import { newSecret, sha256, type Secrets } from "../secrets.ts";
import { notDone, type Done } from "./done.ts";
import type { KeyStore } from "./key-store.ts";
import { MAX_REVOKED_KEYS } from "./limits.ts";
import type { Quotas } from "../../shared/quotas.ts";
import { overQuota } from "./quotas.ts";
import type { TenantStore } from "./store.ts";

interface KeyDeskParts {
  readonly keys: KeyStore;
  readonly store: TenantStore;
  readonly secrets: Secrets;
  readonly newParts: () => IdParts;
  readonly quotas: () => Quotas;
}

const VERBS = {
  create: "key.created",
  change: "key.changed",
  rotate: "key.rotated",
  revoke: "key.revoked",
} as const satisfies Record<KeyCommand["kind"], AuditVerb>;

export class KeyDesk {
  readonly #parts: KeyDeskParts;

  constructor(parts: KeyDeskParts) {
    this.#parts = parts;
  }

  perform(command: KeyCommand, now: number): Done<KeyAnswer> {
    const verb = VERBS[command.kind];
    if (command.kind === "create") {
      const made = this.#create(command.wish, now);
      return { answer: made, act: { verb, about: made.ok ? made.value.key : "" }, isNews: made.ok };
    }
    const known = this.#parts.keys.find(command.key, now);
    const act = { verb, about: command.key };
    if (known === undefined) return notDone(act, { code: "not_found" });
    const answer = this.#changed(known, command, now);
    return { answer, act, isNews: answer.ok };
  }

  #changed(
    known: KeyInfo,
    command: Exclude<KeyCommand, { kind: "create" }>,
    now: number,
  ): Result<KeyAnswer, Refused> {
    if (command.kind === "revoke") return ok(this.#revoke(known, now));
    if (known.revoked_at !== null) return err({ code: "gone", detail: "the key was revoked" });
    switch (command.kind) {
      case "change":
        return this.#change(known, { ...known, ...command.change }, now);
      case "rotate":
        return ok(this.#rotate(known, command.grace_ms, now));
      default:
        return assertNever(command);
    }
  }

  #create(wish: NewKey, now: number): Result<KeyAnswer, Refused> {
    const { keys, store, secrets, newParts, quotas } = this.#parts;
    const refused = overQuota(quotas(), "keys", keys.countLive()) ?? this.#refuseStrangers(wish);
    if (refused !== undefined) return err(refused);
    const key = mintId("key", newParts(), secrets.newest, secrets.macOf);
    const secret = newSecret();
    keys.add(key, sha256(secret), wish, now);
    if (wish.scopes.includes("rpc")) store.queueInform(wish.accounts);
    return ok(this.#shown(key, now, { credential: `${key}.${secret}` }));
  }

  /** Less than before holds at once, wherever a copy is; more, as soon as the copies are old. */
  #change(before: KeyInfo, after: NewKey, now: number): Result<KeyAnswer, Refused> {
    const { keys, store } = this.#parts;
    const refused = this.#refuseStrangers(after);
    if (refused !== undefined) return err(refused);
    keys.change(before.key, after);
    if (isNarrower(before, after)) store.queueForCopies("narrow_key", before.key);
    if (before.scopes.includes("rpc") || after.scopes.includes("rpc"))
      store.queueInform(before.accounts === null || after.accounts === null ? null : union(before, after));
    return ok(this.#shown(before.key, now));
  }

  #rotate({ key }: KeyInfo, graceMs: number, now: number): KeyAnswer {
    const secret = newSecret();
    this.#parts.keys.rotate(key, sha256(secret), now + graceMs);
    // Whoever is connected says its secret anew: the former one is good for the time that was given.
    this.#parts.store.queueForCopies("narrow_key", key);
    return this.#shown(key, now, { credential: `${key}.${secret}` });
  }

  #revoke(known: KeyInfo, now: number): KeyAnswer {
    const { keys, store } = this.#parts;
    const { key, scopes, accounts } = known;
    const revoked_at = known.revoked_at ?? now;
    keys.revoke(key, revoked_at, MAX_REVOKED_KEYS);
    const copies = store.queueForCopies("revoke_key", key);
    if (scopes.includes("rpc")) store.queueInform(accounts);
    return { ...known, revoked_at, old_secret_until: null, copies };
  }

  #shown(key: KeyId, now: number, more: Partial<KeyAnswer> = {}): KeyAnswer {
    const found = this.#parts.keys.find(key, now);
    if (found === undefined) throw new Error("a key that was just written");
    return { ...found, ...more };
  }

  #refuseStrangers({ accounts }: NewKey): Refused | undefined {
    const isStranger = accounts?.some((account) => this.#parts.store.findAccount(account) === undefined);
    return isStranger === true
      ? { code: "invalid_request", detail: "accounts: not all of them are accounts of this tenant" }
      : undefined;
  }
}

const union = (before: NewKey, after: NewKey) => [
  ...new Set([...(before.accounts ?? []), ...(after.accounts ?? [])]),
];

function isNarrower(before: NewKey, after: NewKey): boolean {
  const lost = <T>(from: readonly T[] | null, to: readonly T[] | null): boolean =>
    to !== null && (from === null || from.some((one) => !to.includes(one)));
  const ends = (at: number | null): number => at ?? Infinity;
  return (
    lost(before.scopes, after.scopes) ||
    lost(before.accounts, after.accounts) ||
    ends(after.expires_at) < ends(before.expires_at)
  );
}
