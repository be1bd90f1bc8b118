// The account's object under virtual time: it can die, come back with what it had committed, and hibernate.
import { createHash } from "node:crypto";
import { AccountCore, createAccount } from "../../relay/account/core.ts";
import { ACCOUNT_MIGRATIONS } from "../../relay/account/migrations.ts";
import type { AccountPorts, Socket, Storage, StoredGrant } from "../../relay/account/ports.ts";
import type { EventPage, ReaderWish } from "../../relay/account/readers/readers.ts";
import { migrate } from "../../relay/migrate.ts";
import { readSecrets } from "../../relay/secrets.ts";
import type { Clock } from "../../shared/clock.ts";
import {
  ownBytes,
  mintId,
  openId,
  type AccountId,
  type IdKind,
  type KeyId,
  type TenantId,
} from "../../shared/ids.ts";
import { openStorage, type SqlStorage } from "./sql-storage.ts";
import { VirtualWire, type ClientEnd } from "./virtual-wire.ts";
import type { VirtualTime } from "./virtual-time.ts";

const secrets = readSecrets(`1:${"a5".repeat(32)}`);
export const ORIGIN = "https://relay.test";
const DIAL_MS = 30;
/** Whoever waits for an answer sees within this that its connection is gone. */
const BREAK_MS = 20;
/** One answer in so many is lost on its way. */
const LOST_SHARE = 0.03;

export interface ReaderDoor {
  readonly role: "reader";
  readonly wish: ReaderWish;
}
/** `name` = what a client of ours calls itself (RPC16); null for everybody else. `key`: by default everybody's. */
export type Door =
  | { readonly role: "agent" }
  | { readonly role: "gateway"; readonly name: string | null; readonly key?: KeyId | undefined }
  | ReaderDoor;

const makeTables = ({ sql }: Storage): void => migrate(sql, ACCOUNT_MIGRATIONS);

/** Stands in for Ed25519, whose sums are not what these seeds are about: only the enrolled agent knows the word. */
export const virtualSignature = (secret: string, text: string): string =>
  createHash("sha256").update(`${secret} ${text}`).digest("base64");

export class VirtualRelay {
  readonly account: AccountId;
  readonly tenant: TenantId;
  readonly key: KeyId;
  readonly #tenant: Uint8Array<ArrayBuffer>;
  readonly #time: VirtualTime;
  readonly #random: () => number;
  readonly #storage: SqlStorage;
  readonly #wires = new Set<VirtualWire>();
  readonly #timers = new Set<() => void>();
  /** Requests under way: what breaks each when the relay dies. */
  readonly #broken = new Set<() => void>();
  #core: AccountCore | undefined;
  #isUp = true;
  #alarmAt: number | null = null;
  #cancelAlarm: (() => void) | undefined;
  #names = 0;
  wakes = 0;
  /** What passes between the relay and the agent. */
  onAgentFrame: VirtualWire["onFrame"] = () => undefined;

  private constructor(time: VirtualTime, random: () => number, storage: SqlStorage) {
    this.#time = time;
    this.#random = random;
    this.#storage = storage;
    const tenant = this.#bytes();
    this.#tenant = tenant;
    this.tenant = mintId("ten", { tenant }, 1, secrets.macOf);
    this.account = mintId("acc", { tenant, account: this.#bytes() }, 1, secrets.macOf);
    this.key = this.mintKey();
  }

  mintKey(): KeyId {
    return mintId("key", { tenant: this.#tenant, own: this.#bytes() }, 1, secrets.macOf);
  }

  static async create(time: VirtualTime, random: () => number): Promise<VirtualRelay> {
    const relay = new VirtualRelay(time, random, await openStorage(makeTables));
    const identity = { account: relay.account, tenant: relay.tenant, name: "seed", created_at: time.now() };
    createAccount(relay.#storage, identity, `log${Math.floor(random() * 1e9)}`);
    return relay;
  }

  /** The object, woken if it sleeps. */
  get core(): AccountCore {
    if (this.#core === undefined) {
      this.wakes += 1;
      this.#core = new AccountCore(this.#ports());
    }
    return this.#core;
  }

  get sql(): SqlStorage["sql"] {
    return this.#storage.sql;
  }

  get wires(): readonly VirtualWire[] {
    return [...this.#wires];
  }

  /** Undefined later = the relay cannot be reached. `opened` runs before anything else comes. */
  dial(door: Door, client: ClientEnd, opened: (wire: VirtualWire | undefined) => void): void {
    this.#time.after(this.#random() * DIAL_MS, () => {
      if (!this.#isUp) return opened(undefined);
      if (door.role === "agent" && !this.core.parts.link.hasRoom()) return opened(undefined);
      const wire = new VirtualWire(door.role, this.#time, this.#random, client, {
        onText: (socket, text) => this.#message(socket, text),
        onClose: (socket) => {
          this.core.closed(socket);
          this.#wires.delete(wire);
        },
      });
      if (door.role === "agent") wire.onFrame = (from, text) => this.onAgentFrame(from, text);
      this.#wires.add(wire);
      opened(wire);
      this.#open(door, wire);
      return undefined;
    });
  }

  #open(door: Door, wire: VirtualWire): void {
    const { core } = this;
    if (door.role === "agent") return core.agentOpened(wire);
    if (door.role === "gateway")
      return core.gatewayOpened(wire, this.#grant(door.key), { v1: door.name !== null, client: door.name });
    const place = core.parts.readers.place(door.wish);
    if (!place.ok) throw new Error(`a reader was refused: ${place.error.detail ?? place.error.code}`);
    return core.readerOpened(wire, this.#grant(), door.wish, place.value);
  }

  /** One long poll; undefined = no answer came, whether or not it was asked. */
  poll(wish: ReaderWish, limit: number, answer: (page: EventPage | undefined) => void): void {
    this.request(
      (core) => {
        const page = core.parts.readers.poll(wish, limit, "key_poll");
        if (!page.ok) throw new Error(`a poll was refused: ${page.error.detail ?? page.error.code}`);
        return Promise.resolve(page.value);
      },
      (page) => answer(page),
    );
  }

  /** One HTTP request of somebody; undefined = no answer came, whether or not it was heard. */
  request<T>(ask: (core: AccountCore) => Promise<T>, answer: (value: T | undefined) => void): void {
    let isOver = false;
    const end = (value: T | undefined): void => {
      if (isOver) return;
      isOver = true;
      this.#broken.delete(broken);
      answer(value);
    };
    const broken = (): void => void this.#time.after(this.#random() * BREAK_MS, () => end(undefined));
    this.#time.after(this.#random() * DIAL_MS, () => {
      if (!this.#isUp) return end(undefined);
      this.#broken.add(broken);
      const isLost = this.#random() < LOST_SHARE;
      void ask(this.core).then((value) => {
        this.#time.after(this.#random() * DIAL_MS, () => end(isLost ? undefined : value));
      });
      return undefined;
    });
  }

  /** kill -9: what was committed stays, every socket breaks. */
  crash(): void {
    this.#isUp = false;
    this.#sleep();
    for (const wire of this.#wires) wire.serverDied();
    this.#wires.clear();
    for (const broken of this.#broken) broken();
    this.#broken.clear();
  }

  restart(): void {
    this.#isUp = true;
  }

  /** Leaves memory where the platform would: no timer, no call under way; the sockets stay. */
  hibernate(): boolean {
    if (this.#core === undefined || this.#timers.size > 0) return false;
    this.#sleep();
    return true;
  }

  /** The clocks jumped: an alarm is a time of day, and no wait. */
  leapt(): void {
    this.#setAlarm(this.#alarmAt);
  }

  close(): void {
    this.#storage.close();
  }

  #sleep(): void {
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
    this.#core = undefined;
  }

  #message(socket: Socket, text: string): void {
    void this.core.message(socket, text);
  }

  #grant(key = this.key): StoredGrant {
    return {
      key,
      tenant: this.tenant,
      scopes: ["rpc"],
      accounts: null,
      expires_at: null,
      secret_hash: "",
    };
  }

  #bytes(length = 10): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length }, () => Math.floor(this.#random() * 256));
  }

  #ports(): AccountPorts {
    const clock: Clock = {
      now: () => this.#time.now(),
      after: (ms, run) => {
        const cancel = this.#time.after(ms, () => {
          this.#timers.delete(cancel);
          run();
        });
        this.#timers.add(cancel);
        return () => {
          this.#timers.delete(cancel);
          cancel();
        };
      },
    };
    return {
      storage: this.#storage,
      clock,
      sockets: (role) => [...this.#wires].filter((wire) => wire.role === role && wire.isOpen),
      setAlarm: (at) => this.#setAlarm(at),
      random: () => {
        this.#names += 1;
        return `name${this.#names}x${Math.floor(this.#random() * 1e9)}`;
      },
      randomBytes: (count) => this.#bytes(count),
      // Nobody changes settings by message here.
      changeConfig: () => Promise.resolve({ ok: false, why: [] }),
      // Nobody reads what is sealed here; what matters is that it comes back.
      seal: (about, text) => `${about} ${text}`,
      unseal: (about, sealed) =>
        sealed.startsWith(`${about} `) ? sealed.slice(about.length + 1) : undefined,
      mint: <K extends IdKind>(kind: K, account: AccountId) => {
        const parts = openId("acc", account, secrets.macOf);
        if (parts === undefined) throw new Error("not an account of this relay");
        const own = this.#bytes(ownBytes(kind));
        return mintId(kind, { ...parts, own }, 1, secrets.macOf);
      },
      pullGrant: (_, key) => Promise.resolve(this.#grant(key)),
      report: () => Promise.resolve(),
      verify: (publicKey, signature, text) =>
        Promise.resolve(signature === virtualSignature(publicKey, text)),
      // No endpoint is configured here: test/webhooks has them.
      post: () => Promise.resolve({ error: "lost" }),
      breaker: () => ({
        failed: () => Promise.resolve({ until: null, others_at: null }),
        succeeded: () => Promise.resolve(),
        mayProbe: () => Promise.resolve(true),
        gone: () => Promise.resolve(),
      }),
      unsealSecret: () => undefined,
      allowsLoopback: false,
      webhookScale: 1,
      origins: [ORIGIN],
      times: { heartbeatMs: 10_000, deadAfterMs: 25_000 },
      counters: { constructed: 0, wakes: 0 },
      warn: () => undefined,
    };
  }

  /** The platform's alarm survives the object. */
  #setAlarm(at: number | null): void {
    this.#alarmAt = at;
    this.#cancelAlarm?.();
    this.#cancelAlarm =
      at === null ? undefined : this.#time.after(at - this.#time.now(), () => this.#alarm());
  }

  #alarm(): void {
    if (this.#isUp) this.core.alarm();
    else this.#cancelAlarm = this.#time.after(1_000, () => this.#alarm());
  }
}
