// A tenant's webhook endpoints: where events go, in which state they are, and the breaker that all accounts share.
// In transactions of the caller, who tells the accounts.
import { MAX_LIVE_SECRETS, ROTATION_MS } from "../../shared/webhooks/limits.ts";
import { parseKindFilter, type KindFilter } from "../../shared/webhooks/event-kinds.ts";
import { formatSecret, mintSecret, parseSecret } from "../../shared/webhooks/secret.ts";
import { guardUrl, type UrlGuardOptions } from "../../shared/webhooks/url-guard.ts";
import type { Refused } from "../../shared/errors.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import type { Sql } from "../account/ports.ts";
import type { FailureReport, FailureWord } from "../account/webhooks/breaker-port.ts";
import type { Endpoint, WebhookSecret } from "../account/webhooks/endpoint.ts";
import { afterFailure, afterSuccess, CLOSED, isDead, probe } from "./breaker.ts";
import { rowSchema, type Row } from "./endpoint-row.ts";

/** That it takes what it is given is written at most so often. */
const SUCCESS_KEPT_MS = 60 * 60 * 1000;

/** As its owner sees it. Times in ms. */
export interface EndpointInfo {
  readonly endpoint: string;
  readonly url: string;
  readonly kinds: KindFilter;
  /** Their keys; null = every chat. */
  readonly chats: readonly string[] | null;
  readonly accounts: readonly string[] | null;
  readonly description: string;
  readonly state: Row["state"];
  readonly reason: string | null;
  readonly takes_replies: boolean;
  /** Until when the secret before the last rotation signs as well. */
  readonly old_secret_until: number | null;
  /** Nothing but failures came since then; null = the last attempt was well. */
  readonly failing_since: number | null;
  /** The next attempt, where all accounts wait for one. */
  readonly next_attempt_at: number | null;
  readonly created_at: number;
  readonly changed_at: number;
}

export interface EndpointWish {
  readonly url: string;
  readonly kinds: readonly string[];
  readonly chats: readonly string[] | null;
  readonly accounts: readonly string[] | null;
  readonly description: string;
  readonly takes_replies: boolean;
  /** `whsec_…` of the caller's own; null = one is made. */
  readonly secret: string | null;
}
export type EndpointChange = Partial<Omit<EndpointWish, "secret">>;

/** A text that only this relay reads. */
export interface EndpointSealing {
  seal(text: string): string;
  unseal(sealed: string): string | undefined;
}

export class TenantEndpoints {
  readonly #sql: Sql;
  readonly #sealing: EndpointSealing;
  readonly #guard: UrlGuardOptions;
  /** Of every wait: 1, but in tests. */
  readonly #scale: number;

  constructor(sql: Sql, sealing: EndpointSealing, guard: UrlGuardOptions, scale = 1) {
    this.#scale = scale;
    this.#sql = sql;
    this.#sealing = sealing;
    this.#guard = guard;
  }

  list(now: number): EndpointInfo[] {
    return this.#rows().map((row) => infoOf(row, now));
  }

  find(endpoint: string, now: number): EndpointInfo | undefined {
    const row = this.#row(endpoint);
    return row === undefined ? undefined : infoOf(row, now);
  }

  get count(): number {
    return this.#rows().length;
  }

  add(endpoint: string, wish: EndpointWish, now: number): Result<EndpointInfo & { secret: string }, Refused> {
    const checked = this.#checked(wish);
    if (!checked.ok) return checked;
    const given = wish.secret === null ? ok(mintSecret()) : parseSecret(wish.secret);
    if (!given.ok) return err({ code: "invalid_request", detail: `secret: ${given.error}` });
    const secret = formatSecret(given.value);
    const { chats, accounts, description, takes_replies } = wish;
    const row: Row = {
      endpoint,
      ...checked.value,
      chats: chats === null ? null : [...chats],
      accounts: accounts === null ? null : [...accounts],
      description,
      takes_replies,
      state: "active",
      reason: null,
      secrets: [{ sealed: this.#sealing.seal(secret), until: null }],
      round: 0,
      breaker: CLOSED,
      created_at: now,
      changed_at: now,
    };
    this.#write(row);
    return ok({ ...infoOf(row, now), secret });
  }

  change(endpoint: string, change: EndpointChange, now: number): Result<EndpointInfo, Refused> {
    const row = this.#row(endpoint);
    if (row === undefined) return err({ code: "not_found" });
    const checked = this.#checked({ url: row.url, kinds: row.kinds, ...change });
    if (!checked.ok) return checked;
    const {
      chats = row.chats,
      accounts = row.accounts,
      description = row.description,
      takes_replies = row.takes_replies,
    } = change;
    const isElsewhere = checked.value.url !== row.url;
    return ok(
      this.#keep(
        {
          ...row,
          ...checked.value,
          chats: chats === null ? null : [...chats],
          accounts: accounts === null ? null : [...accounts],
          description,
          takes_replies,
          // What was said of the old place says nothing of the new one.
          ...(isElsewhere ? { breaker: CLOSED, round: row.round + 1 } : {}),
        },
        now,
      ),
    );
  }

  remove(endpoint: string): boolean {
    const isThere = this.#row(endpoint) !== undefined;
    this.#sql.exec("DELETE FROM endpoint WHERE endpoint = ?", endpoint);
    return isThere;
  }

  /** An account is gone: endpoints of its own have nothing to wait for. */
  withoutAccount(account: string, now: number): void {
    for (const row of this.#rows()) {
      if (row.accounts?.includes(account) !== true) continue;
      const accounts = row.accounts.filter((one) => one !== account);
      const left = { ...row, accounts, changed_at: now };
      if (accounts.length > 0) this.#write(left);
      else this.#disable(left, "the account it was for was deleted", now);
    }
  }

  pause(endpoint: string, now: number): Result<EndpointInfo, Refused> {
    return this.#changed(endpoint, now, (row) => ({ ...row, state: "paused", reason: null }));
  }

  /** Also after it was disabled: it begins anew, with everything that waits. */
  resume(endpoint: string, now: number): Result<EndpointInfo, Refused> {
    return this.#changed(endpoint, now, (row) => ({
      ...row,
      state: "active",
      reason: null,
      breaker: CLOSED,
      round: row.round + 1,
    }));
  }

  /** A new secret; those before sign as well for a day after they were replaced. */
  rotate(
    endpoint: string,
    wanted: string | null,
    now: number,
  ): Result<EndpointInfo & { secret: string }, Refused> {
    const row = this.#row(endpoint);
    if (row === undefined) return err({ code: "not_found" });
    const given = wanted === null ? ok(mintSecret()) : parseSecret(wanted);
    if (!given.ok) return err({ code: "invalid_request", detail: `secret: ${given.error}` });
    const secret = formatSecret(given.value);
    const before = stillSigning(row, now, now + Math.ceil(ROTATION_MS * this.#scale));
    if (before.length >= MAX_LIVE_SECRETS)
      return err({
        code: "conflict",
        detail: `at most ${MAX_LIVE_SECRETS} secrets sign at once: wait a day`,
      });
    const info = this.#keep(
      { ...row, secrets: [{ sealed: this.#sealing.seal(secret), until: null }, ...before] },
      now,
    );
    return ok({ ...info, secret });
  }

  /** The secret that signs, for whoever lost it; undefined = there is none that this relay can read. */
  secretOf(endpoint: string): string | undefined {
    const sealed = this.#row(endpoint)?.secrets[0]?.sealed;
    return sealed === undefined ? undefined : this.#sealing.unseal(sealed);
  }

  /** What that account is told. */
  factsFor(account: string): Endpoint[] {
    return this.#rows()
      .filter(({ accounts }) => accounts === null || accounts.includes(account))
      .map(({ endpoint, url, kinds, chats, state, reason, secrets, takes_replies, round }) => {
        return { endpoint, url, kinds, chats, state, reason, secrets, takes_replies, round };
      });
  }

  /** Where it is, for one request; undefined = there is no such endpoint. */
  addressOf(endpoint: string): Pick<Row, "url" | "secrets" | "accounts"> | undefined {
    return this.#row(endpoint);
  }

  /** An attempt failed: until when nobody tries. What is said of another round is old, and says nothing. */
  failed(
    {
      endpoint,
      round,
      who,
      last_success_at,
      retry_after_ms,
    }: Omit<FailureReport, "chat"> & { readonly who: string },
    now: number,
    random: number,
  ): FailureWord & { readonly isNews: boolean } {
    const row = this.#row(endpoint);
    if (row === undefined || row.state !== "active" || row.round !== round)
      return { until: null, others_at: null, isNews: false };
    const breaker = afterFailure(
      row.breaker,
      { who, lastSuccessAt: last_success_at, retryAfterMs: retry_after_ms },
      now,
      random,
      this.#scale,
    );
    const isOver = isDead(breaker, now);
    // Others wait, who need not.
    const isClosed = row.breaker.open_until !== null && breaker.open_until === null;
    const after = { ...row, breaker, round: isClosed ? round + 1 : round };
    if (isOver) this.#disable(after, "nothing but failures for 5 days", now);
    else this.#write(after);
    return { until: breaker.open_until, others_at: breaker.last_success_at, isNews: isOver || isClosed };
  }

  /** True = others wait for that news. */
  succeeded(endpoint: string, round: number, now: number): boolean {
    const row = this.#row(endpoint);
    if (row === undefined || row.round !== round) return false;
    const { since, open_until, last_success_at } = row.breaker;
    // Many accounts say it: once in a while is enough.
    if (since === null && now - (last_success_at ?? 0) < SUCCESS_KEPT_MS) return false;
    const wasOpen = open_until !== null;
    this.#write({
      ...row,
      breaker: afterSuccess(row.breaker, now),
      round: wasOpen ? row.round + 1 : row.round,
    });
    return wasOpen;
  }

  /** Null = one attempt may be made; else when to ask again. */
  mayProbe(endpoint: string, now: number): number | null {
    const row = this.#row(endpoint);
    if (row === undefined) return null;
    const { state, wait } = probe(row.breaker, now);
    if (state !== row.breaker) this.#write({ ...row, breaker: state });
    return wait;
  }

  /** It answered that it is gone. True = it was active. */
  gone(endpoint: string, round: number, now: number): boolean {
    const row = this.#row(endpoint);
    if (row?.state !== "active" || row.round !== round) return false;
    this.#disable(row, "it answered 410 Gone", now);
    return true;
  }

  #disable(row: Row, reason: string, now: number): void {
    this.#write({ ...row, state: "disabled", reason, changed_at: now });
  }

  #checked({ url, kinds }: Pick<EndpointWish, "url" | "kinds">): Result<Pick<Row, "url" | "kinds">, Refused> {
    const guarded = guardUrl(url, this.#guard);
    if (!guarded.ok) return err({ code: "invalid_request", detail: `url: ${guarded.error.sentence}` });
    const filter = parseKindFilter(kinds);
    if (!filter.ok) return err({ code: "invalid_request", detail: `kinds: ${filter.error}` });
    return ok({ url: guarded.value.href, kinds: [...filter.value] });
  }

  #changed(endpoint: string, now: number, change: (row: Row) => Row): Result<EndpointInfo, Refused> {
    const row = this.#row(endpoint);
    return row === undefined ? err({ code: "not_found" }) : ok(this.#keep(change(row), now));
  }

  #keep(row: Row, now: number): EndpointInfo {
    const changed = { ...row, changed_at: now };
    this.#write(changed);
    return infoOf(changed, now);
  }

  #rows(): Row[] {
    return this.#sql
      .exec("SELECT * FROM endpoint ORDER BY created_at, endpoint")
      .toArray()
      .map((row) => rowSchema.parse(row));
  }

  #row(endpoint: string): Row | undefined {
    const row = this.#sql.exec("SELECT * FROM endpoint WHERE endpoint = ?", endpoint).toArray()[0];
    return row === undefined ? undefined : rowSchema.parse(row);
  }

  #write(row: Row): void {
    const { kinds, chats, accounts, secrets, breaker } = row;
    this.#sql.exec(
      `INSERT OR REPLACE INTO endpoint (endpoint, url, kinds, chats, accounts, description, state, reason, takes_replies,
         secrets, round, breaker, created_at, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      row.endpoint,
      row.url,
      JSON.stringify(kinds),
      chats === null ? null : JSON.stringify(chats),
      accounts === null ? null : JSON.stringify(accounts),
      row.description,
      row.state,
      row.reason,
      row.takes_replies ? 1 : 0,
      JSON.stringify(secrets),
      row.round,
      JSON.stringify(breaker),
      row.created_at,
      row.changed_at,
    );
  }
}

/** Every secret of the last day, the present one included: a receiver may still be at any of them. */
const stillSigning = ({ secrets }: Row, now: number, end: number): WebhookSecret[] =>
  secrets
    .filter(({ until }) => until === null || until > now)
    .map(({ sealed, until }) => ({ sealed, until: until ?? end }));

function infoOf(row: Row, now: number): EndpointInfo {
  const { secrets, breaker, round: _, ...shown } = row;
  const old = secrets[1]?.until ?? null;
  return {
    ...shown,
    old_secret_until: old !== null && old > now ? old : null,
    failing_since: breaker.since,
    next_attempt_at: breaker.open_until,
  };
}
