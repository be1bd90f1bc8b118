// What the account's modules need of their host. The object gives the platform's; the deterministic tests give
// their own, and run the same modules in one process.
import type { Channel } from "../../shared/channel.ts";
import type { Clock } from "../../shared/clock.ts";
import type { AccountId, Id, KeyId, TenantId } from "../../shared/ids.ts";
import type { LinkTimes } from "../../shared/limits.ts";
import type { Grant } from "../../shared/grant.ts";
import type { AccountReport } from "./account-report.ts";
import type { Meter } from "./meter.ts";
import type { Post } from "./webhooks/attempt.ts";
import type { Breaker } from "./webhooks/breaker-port.ts";

export type SqlValue = string | number | null | ArrayBuffer;

export interface Sql {
  exec(query: string, ...bindings: SqlValue[]): { toArray(): Record<string, SqlValue>[] };
}

export interface Storage {
  readonly sql: Sql;
  /** All of `run` is durable, or nothing of it. */
  transaction<T>(run: () => T): T;
}

/** A hibernating socket: what must survive is in its attachment. */
export interface Socket extends Channel {
  /** Structured-cloneable, at most MAX_ATTACHMENT_BYTES. */
  readonly attachment: unknown;
  attach(value: object): void;
  /** When the runtime last answered a `ping` by itself; null = never. */
  lastPong(): number | null;
}

export interface StoredGrant extends Grant {
  /** SHA-256 of the key's secret. */
  readonly secret_hash: string;
  /** The one before the last rotation, and until when it opens as well; absent = there is none. */
  readonly former?: { readonly secret_hash: string; readonly until: number } | null;
}

/** Both are hashes: comparing them in variable time tells nothing about the secret. */
export function holdsKey(grant: StoredGrant, hash: string, now: number): boolean {
  const { former } = grant;
  if (grant.secret_hash === hash) return true;
  return former !== null && former !== undefined && former.secret_hash === hash && former.until > now;
}

/**
 * Who asks. The Worker has checked the operator's key, or the MAC of the key's id; the rest is decided here.
 * `request_id`: by which the audit names the request.
 */
export type Caller = { readonly request_id?: string } & (
  | { readonly kind: "operator" }
  | { readonly kind: "key"; readonly key: KeyId; readonly secret_hash: string }
);

/** As events, versions and the audit name them. */
export const actorOf = (caller: Caller): string => (caller.kind === "operator" ? "operator" : caller.key);

/** `/config set` and `unset`, by message. `value` undefined = unset. */
export interface OwnerChange {
  readonly account: AccountId;
  readonly tenant: TenantId;
  /** Normalised handle. */
  readonly owner: string;
  readonly path: string;
  readonly value: unknown;
}
export type OwnerChanged =
  | { readonly ok: true; readonly version: number; readonly changed: readonly string[] }
  | { readonly ok: false; readonly why: readonly string[] };

/** The doors that a browser can come to only with a ticket. */
export type Door = "events" | "rpc";

/** What an open socket is to the account; the platform keeps it as the socket's tag. */
export type SocketRole = "agent" | "gateway" | "reader";

export interface Counters {
  constructed: number;
  wakes: number;
}

export interface AccountPorts {
  readonly storage: Storage;
  readonly clock: Clock;
  /** Open sockets of that role. */
  sockets(role: SocketRole): Socket[];
  /** Null = none. */
  setAlarm(at: number | null): void;
  random(): string;
  randomBytes(count: number): Uint8Array;
  mint<K extends "op" | "ins" | "enr" | "tic" | "tra">(kind: K, account: AccountId): Id<K>;
  /** A text that only this relay reads, and only for that account; the same text is sealed the same way. */
  seal(about: AccountId, text: string): string;
  /** Undefined = not sealed so. */
  unseal(about: AccountId, sealed: string): string | undefined;
  /** Null = no such key (any more). */
  pullGrant(tenant: TenantId, key: KeyId, account: AccountId): Promise<StoredGrant | null>;
  /** What the account has to tell its tenant; rejects where that was not heard. */
  report(tenant: TenantId, account: AccountId, report: AccountReport): Promise<void>;
  /** Ed25519; both in base64. */
  verify(publicKey: string, signature: string, text: string): Promise<boolean>;
  /** A webhook's request. */
  readonly post: Post;
  /** What the tenant knows of endpoints that its accounts share. */
  breaker(tenant: TenantId, account: AccountId): Breaker;
  /** A signing secret; undefined = not sealed by this relay. */
  unsealSecret(tenant: TenantId, sealed: string): string | undefined;
  /** Of the waits between a webhook's attempts: 1, but in tests. */
  readonly webhookScale: number;
  /** Webhooks may go to this machine: the relay's operator allows it. */
  readonly allowsLoopback: boolean;
  readonly origins: readonly string[];
  readonly times: LinkTimes;
  readonly counters: Counters;
  /** Absent where nobody is billed. */
  readonly meter?: Meter;
  /** What an owner changes by message: the tenant has the document. The answer is for a human. */
  changeConfig(change: OwnerChange): Promise<OwnerChanged>;
  /** One line about something that should not happen. Never a text, a handle or a secret. */
  warn(what: string, facts: Record<string, string | number>): void;
}
