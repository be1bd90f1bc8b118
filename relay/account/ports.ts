// What the account's modules need of their host. The object gives the platform's; the deterministic tests give
// their own, and run the same modules in one process.
import type { Channel } from "../../shared/channel.ts";
import type { Clock } from "../../shared/clock.ts";
import type { AccountId, Id, KeyId, TenantId } from "../../shared/ids.ts";
import type { LinkTimes } from "../../shared/limits.ts";
import type { Grant } from "../../shared/grant.ts";

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
}

/** Who asks. The Worker has checked the operator's key, or the MAC of the key's id; the rest is decided here. */
export type Caller =
  | { readonly kind: "operator" }
  | { readonly kind: "key"; readonly key: KeyId; readonly secret_hash: string };

export interface Counters {
  constructed: number;
  wakes: number;
}

export interface AccountPorts {
  readonly storage: Storage;
  readonly clock: Clock;
  /** Open sockets of that role. */
  sockets(role: "agent" | "gateway"): Socket[];
  /** Null = none. */
  setAlarm(at: number | null): void;
  random(): string;
  mint<K extends "op" | "ins" | "enr">(kind: K, account: AccountId): Id<K>;
  /** Null = no such key (any more). */
  pullGrant(tenant: TenantId, key: KeyId, account: AccountId): Promise<StoredGrant | null>;
  /** Ed25519; both in base64. */
  verify(publicKey: string, signature: string, text: string): Promise<boolean>;
  readonly origins: readonly string[];
  readonly times: LinkTimes;
  readonly counters: Counters;
  /** One line about something that should not happen. Never a text, a handle or a secret. */
  warn(what: string, facts: Record<string, string | number>): void;
}
