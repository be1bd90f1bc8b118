// Deliveries in virtual time: the relay's own engine on real SQLite, receivers that do as they are told, a tenant's
// breaker. It can die at any moment and come back with what it had committed.
import { createAccount } from "../../relay/account/core.ts";
import { ACCOUNT_MIGRATIONS } from "../../relay/account/migrations.ts";
import type { Storage } from "../../relay/account/ports.ts";
import type { PostEnd } from "../../relay/account/webhooks/attempt.ts";
import type { Breaker } from "../../relay/account/webhooks/breaker-port.ts";
import type { Deliveries } from "../../relay/account/webhooks/deliveries.ts";
import type { Endpoint } from "../../relay/account/webhooks/endpoint.ts";
import type { Job } from "../../relay/account/webhooks/lane.ts";
import type { Redelivery } from "../../relay/account/webhooks/redelivery.ts";
import {
  afterFailure,
  afterSuccess,
  CLOSED,
  isDead,
  probe,
  type BreakerState,
} from "../../relay/tenant/breaker.ts";
import { migrate } from "../../relay/migrate.ts";
import type { EventKind, LoggedEvent } from "../../shared/events.ts";
import { mintId } from "../../shared/ids.ts";
import { readSecrets } from "../../relay/secrets.ts";
import { hookCore, type HookCore } from "./hook-core.ts";
import { openStorage, type SqlStorage } from "../seeds/sql-storage.ts";
import { VirtualTime } from "../seeds/virtual-time.ts";

const secrets = readSecrets(`1:${"a5".repeat(32)}`);
const bytes = new Uint8Array(10).fill(7);
const TENANT = mintId("ten", { tenant: bytes }, 1, secrets.macOf);
const ACCOUNT = mintId("acc", { tenant: bytes, account: bytes }, 1, secrets.macOf);
const makeTables = ({ sql }: Storage): void => migrate(sql, ACCOUNT_MIGRATIONS);

export interface Attempt {
  readonly endpoint: string;
  readonly seq: number;
  readonly chat: string;
  readonly kind: Job["kind"];
  readonly event: LoggedEvent;
  readonly at: number;
  readonly end: PostEnd;
}
/** What a receiver does with an event, and how long it takes. */
export type Receiver = (job: Job, now: number) => { readonly end: PostEnd; readonly ms?: number };

export const OK: PostEnd = { status: 200 };
export const endpointOf = (endpoint: string, more: Partial<Endpoint> = {}): Endpoint => ({
  endpoint,
  url: `https://${endpoint}.example/`,
  kinds: null,
  chats: null,
  state: "active",
  reason: null,
  secrets: [],
  takes_replies: false,
  round: 0,
  ...more,
});

export class HookWorld {
  readonly time: VirtualTime;
  readonly attempts: Attempt[] = [];
  readonly receivers = new Map<string, Receiver>();
  readonly breakers = new Map<string, BreakerState>();
  readonly disabled = new Set<string>();
  #endpoints: readonly Endpoint[] = [];
  readonly #logged = new Map<number, { readonly chat: string; readonly at: number }>();
  /** The tenant does not answer. */
  isTenantAway = false;
  asked = 0;
  readonly #storage: SqlStorage;
  readonly #random: () => number;
  #alarm: (() => void) | undefined;
  #alarmAt: number | null = null;
  /** When the alarm that rings now was set for. */
  #ringing: number | null = null;
  /** Alarms ring so much before their time. */
  earlyMs = 0;
  #life = 0;
  #now: HookCore | undefined;
  /** Attempts under way, and the most there ever were at once: of all, of one endpoint. */
  readonly busy = new Map<string, number>();
  most = 0;

  private constructor(time: VirtualTime, storage: SqlStorage, random: () => number) {
    this.time = time;
    this.#storage = storage;
    this.#random = random;
  }

  static async create(random: () => number = () => 0.5): Promise<HookWorld> {
    const time = new VirtualTime();
    const world = new HookWorld(time, await openStorage(makeTables), random);
    const identity = { account: ACCOUNT, tenant: TENANT, name: "hooks", created_at: time.now() };
    createAccount(world.#storage, identity, "log1");
    world.sql.exec("CREATE TABLE written (n INTEGER)");
    world.sql.exec("INSERT INTO written (n) VALUES (0)");
    world.sql.exec("CREATE TRIGGER counted AFTER UPDATE ON webhook BEGIN UPDATE written SET n = n + 1; END");
    return world;
  }

  get sql(): SqlStorage["sql"] {
    return this.#storage.sql;
  }

  /** The endpoints there are, as the tenant says them. */
  endpoints(...endpoints: readonly Endpoint[]): void {
    this.#endpoints = endpoints;
    const { state, deliveries } = this.#core();
    state.transact(() => deliveries.receive(endpoints));
    deliveries.run();
  }

  /** Somebody writes in that chat. */
  message(chat: string, kind: EventKind = "message.received"): number {
    const { state, events, pages, deliveries } = this.#core();
    const seq = state.current.last_seq + 1;
    this.#logged.set(seq, { chat, at: this.time.now() });
    const record = {
      seq,
      kind,
      dedupe_key: `m${seq}`,
      database: 0,
      rowid: seq,
      chat,
      logged_at: this.time.now(),
      delayed: false,
      backfilled: false,
      body: "{}",
      decision: null,
    };
    state.transact(() => {
      events.insert(record);
      state.update({ last_seq: seq });
    });
    pages.remember([{ record, projected: null, decision: null }]);
    deliveries.run();
    return seq;
  }

  /** kill -9: what was committed stays. */
  crash(): void {
    this.#now = undefined;
    this.#life += 1;
    this.busy.clear();
  }

  /** Something else wakes the object. */
  visit(): Deliveries {
    return this.#core().deliveries;
  }

  get redelivery(): Redelivery {
    return this.#core().redelivery;
  }

  /** The log forgets what is up to there. */
  forget(last: number): void {
    const { state, events, deliveries } = this.#core();
    state.transact(() => {
      deliveries.forgetting(last);
      events.deleteUpTo(last);
    });
  }

  /** The disk takes nothing of these tables until it is told to again. */
  breakDisk(): () => void {
    this.sql.exec(
      "CREATE TRIGGER broken BEFORE UPDATE ON webhook BEGIN SELECT RAISE(ABORT, 'the disk is full'); END",
    );
    return () => void this.sql.exec("DROP TRIGGER broken");
  }

  chatOf(seq: number): string {
    return this.#logged.get(seq)?.chat ?? "";
  }

  loggedAt(seq: number): number {
    return this.#logged.get(seq)?.at ?? 0;
  }

  delivered(endpoint: string): Attempt[] {
    return this.attempts.filter(
      (one) => one.endpoint === endpoint && "status" in one.end && one.end.status === 200,
    );
  }

  /** Rows of endpoints written so far. */
  get writes(): number {
    return Number(this.sql.exec("SELECT n FROM written").toArray()[0]?.["n"]);
  }

  rows(table: "parked" | "set_aside" | "webhook" | "attempt"): Record<string, unknown>[] {
    return this.sql.exec(`SELECT * FROM ${table}`).toArray();
  }

  close(): void {
    this.#storage.close();
  }

  #core(): HookCore {
    if (this.#now !== undefined) return this.#now;
    const core = hookCore(this.#storage, ACCOUNT, {
      clock: this.time,
      random: this.#random,
      setAlarm: (at) => this.#setAlarm(at),
      breaker: this.#breaker(),
      attempt: (endpoint, job) => this.#attempt(endpoint, job),
    });
    this.#now = core;
    // As the account's core begins.
    core.schedule.rearm();
    core.deliveries.run();
    return core;
  }

  async #attempt({ endpoint }: Endpoint, job: Job): Promise<PostEnd> {
    const life = this.#life;
    const { end, ms = 10 } = this.receivers.get(endpoint)?.(job, this.time.now()) ?? { end: OK };
    this.busy.set(endpoint, (this.busy.get(endpoint) ?? 0) + 1);
    this.most = Math.max(
      this.most,
      [...this.busy.values()].reduce((sum, n) => sum + n, 0),
    );
    const { seq, chat, kind } = job;
    return new Promise((resolve) => {
      this.time.after(ms, () => {
        // It arrived, whether or not anybody is left to hear of that.
        this.attempts.push({ endpoint, seq, chat, kind, event: job.event, at: this.time.now(), end });
        if (life !== this.#life) return;
        this.busy.set(endpoint, (this.busy.get(endpoint) ?? 0) - 1);
        resolve(end);
      });
    });
  }

  #breaker(): Breaker {
    const stateOf = (endpoint: string): BreakerState => this.breakers.get(endpoint) ?? CLOSED;
    const later = <T>(make: () => T): Promise<T> => {
      const life = this.#life;
      this.asked += 1;
      return new Promise((resolve, reject) => {
        this.time.after(1, () => {
          const isHeard = life === this.#life;
          if (this.isTenantAway) {
            if (isHeard) reject(new Error("away"));
            return;
          }
          const value = make();
          if (isHeard) resolve(value);
        });
      });
    };
    const isOf = (endpoint: string, round: number): boolean =>
      this.#endpoints.some((one) => one.endpoint === endpoint && one.round === round);
    return {
      failed: ({ endpoint, round, chat, last_success_at, retry_after_ms }) =>
        later(() => {
          if (!isOf(endpoint, round)) return { until: null, others_at: null };
          const failure = { who: chat, lastSuccessAt: last_success_at, retryAfterMs: retry_after_ms };
          const state = afterFailure(stateOf(endpoint), failure, this.time.now(), this.#random());
          this.breakers.set(endpoint, state);
          if (isDead(state, this.time.now())) this.#disable(endpoint);
          return { until: state.open_until, others_at: state.last_success_at };
        }),
      succeeded: (endpoint, round) =>
        later(() => {
          if (isOf(endpoint, round))
            this.breakers.set(endpoint, afterSuccess(stateOf(endpoint), this.time.now()));
        }),
      mayProbe: (endpoint) =>
        later(() => {
          const { state, wait } = probe(stateOf(endpoint), this.time.now());
          this.breakers.set(endpoint, state);
          return wait ?? true;
        }),
      gone: (endpoint, round) =>
        later(() => {
          if (isOf(endpoint, round)) this.#disable(endpoint);
        }),
    };
  }

  #disable(id: string): void {
    this.disabled.add(id);
    this.endpoints(
      ...this.#endpoints.map((one) => (one.endpoint === id ? { ...one, state: "disabled" as const } : one)),
    );
  }

  #setAlarm(at: number | null): void {
    this.#alarm?.();
    // As workerd does: one for the same millisecond as the one that rings is over with it.
    this.#alarmAt = at === this.#ringing ? null : at;
    if (this.#alarmAt === null) return;
    const ms = Math.max(0, this.#alarmAt - this.earlyMs - this.time.now());
    this.#alarm = this.time.after(ms, () => this.#ring());
  }

  #ring(): void {
    this.#ringing = this.#alarmAt;
    const { deliveries, schedule } = this.#core();
    schedule.due();
    deliveries.run();
    schedule.rearm();
    this.#ringing = null;
  }

  get alarmAt(): number | null {
    return this.#alarmAt;
  }
}
