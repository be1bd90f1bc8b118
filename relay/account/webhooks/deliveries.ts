// Webhooks out of the log (DESIGN §11): the log is the queue. A healthy endpoint is a cursor; a chat whose event
// could not be delivered is one parked row; what its chat went on without is set aside. At least once, and in the
// order of each chat.
import {
  DELIVERY_WATCH_MS,
  FAILED_ATTEMPT_MS,
  FAILED_ATTEMPT_SLACK_MS,
  MAX_IN_FLIGHT,
  MIN_REST_MS,
  SLOTS_FOR_HEALTHY,
  STORE_RETRY_MS,
} from "../../../shared/webhooks/limits.ts";
import { judge } from "../../../shared/webhooks/verdict.ts";
import type { AccountPorts } from "../ports.ts";
import type { Schedule } from "../schedule.ts";
import type { StateStore } from "../store/state.ts";
import type { PostEnd } from "./attempt.ts";
import type { Breaker } from "./breaker-port.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Job, Lane } from "./lane.ts";
import type { Lanes } from "./lanes.ts";
import type { Settling } from "./settling.ts";
import { TenantLine } from "./tenant-line.ts";
import type { WebhookStore } from "./webhook-store.ts";

/** Between two looks whether attempts are too old: each reads a row. */
const FORGET_LOOK_MS = 60 * 60 * 1000;

interface DeliveriesParts {
  readonly ports: Pick<AccountPorts, "clock" | "warn">;
  readonly state: StateStore;
  readonly store: WebhookStore;
  readonly lanes: Lanes;
  readonly settling: Settling;
  readonly schedule: Pick<Schedule, "arm" | "wakeBy">;
  readonly breaker: Breaker;
  readonly attempt: (endpoint: Endpoint, job: Job) => Promise<PostEnd>;
  /** The account is shut out for a while: nothing is begun. */
  readonly isHeld?: () => boolean;
}

export class Deliveries {
  readonly #parts: DeliveriesParts;
  readonly #tenant: TenantLine;
  #busy = 0;
  #busyFailing = 0;
  /** Whose turn comes first. */
  #turn = 0;
  /** The disk took nothing: until then nothing is begun. */
  #restUntil = 0;
  /** For attempts that are too old. */
  #lookedAt = 0;

  constructor(parts: DeliveriesParts) {
    this.#parts = parts;
    this.#tenant = new TenantLine({ ...parts, again: () => this.run() });
  }

  /** What the tenant says there is, in a transaction of the caller. Returns those that were switched off, or deleted. */
  receive(endpoints: readonly Endpoint[]): { disabled: Endpoint[]; removed: string[] } {
    const { store, lanes, settling, ports } = this.#parts;
    const now = ports.clock.now();
    const isNews = ({ endpoint, state }: Endpoint): boolean =>
      state === "disabled" && lanes.find(endpoint)?.endpoint.state === "active";
    const disabled = endpoints.filter(isNews);
    const wanted = new Set(endpoints.map(({ endpoint }) => endpoint));
    const removed = lanes.all.map((lane) => lane.endpoint.endpoint).filter((id) => !wanted.has(id));
    for (const id of removed) lanes.remove(id);
    for (const endpoint of endpoints) {
      const lane = lanes.find(endpoint.endpoint);
      if (lane === undefined) {
        lanes.add(endpoint);
        continue;
      }
      // Most news is of others.
      if (JSON.stringify(endpoint) === JSON.stringify(lane.endpoint)) continue;
      lane.change(endpoint);
      store.change(endpoint);
      settling.dropMoot(lane, now);
      if (endpoint.round > lane.health.round) settling.goOn(lane, endpoint.round, now);
    }
    return { disabled, removed };
  }

  /** The lowest number of the log that an endpoint which is on still waits for; Infinity = none does. */
  owedFrom(): number {
    const owed = this.#parts.lanes.all.filter(({ endpoint }) => endpoint.state === "active");
    return Math.min(...owed.map((lane) => lane.owedFrom));
  }

  /** The last number that each endpoint which is on has behind it. */
  places(): { readonly endpoint: string; readonly seq: number }[] {
    return this.#parts.lanes.all
      .filter(({ endpoint }) => endpoint.state === "active")
      .map((lane) => ({ endpoint: lane.endpoint.endpoint, seq: lane.owedFrom - 1 }));
  }

  /** The log is about to forget what is up to there: that they have it behind them must outlive this object. */
  forgetting(last: number): void {
    for (const lane of this.#parts.lanes.all)
      if (lane.keptCursor < last && lane.cursor > lane.keptCursor) this.#parts.settling.keep(lane);
  }

  /** How each endpoint stands in this account. */
  view() {
    const { last_seq } = this.#parts.state.current;
    return this.#parts.lanes.all.map(({ endpoint, health, cursor, parked, aside }) => {
      const { is_failing, is_slow, last_success_at, last_failure_at, open_until } = health;
      const { delivered, failed, exhausted } = health;
      const how = { is_failing, is_slow, last_success_at, last_failure_at, open_until };
      const counts = { delivered, failed, exhausted, behind: last_seq - cursor, parked: parked.size };
      const { endpoint: id, state } = endpoint;
      return Object.assign({ endpoint: id, state, set_aside: aside.size }, how, counts);
    });
  }

  /**
   * Starts whatever may start now: after every commit, when an attempt is over, when the alarm says so, and when the
   * object begins to live, since the one before may have ended during an attempt. Never throws.
   */
  run(): void {
    const { ports, lanes, schedule } = this.#parts;
    const now = ports.clock.now();
    try {
      // Of most accounts, at every commit and whenever they wake.
      if (lanes.all.length === 0 || this.#parts.isHeld?.() === true) return;
      if (now >= this.#restUntil) this.#begin(now);
      for (const lane of lanes.all) void this.#tenant.askForProbe(lane, now);
      this.#forgetOld(now);
      this.#arm(now);
    } catch {
      ports.warn("deliveries rest", {});
      this.#restUntil = now + STORE_RETRY_MS;
    }
    // Should this object end before they do, or before the tenant answers: somebody must wake the next one.
    if (this.#busy > 0 || this.#tenant.isAsked) schedule.wakeBy(now + DELIVERY_WATCH_MS);
    else if (this.#restUntil > now) schedule.wakeBy(this.#restUntil);
  }

  #begin(now: number): void {
    const { state, settling } = this.#parts;
    for (let isOver = false; !isOver;) {
      isOver = true;
      for (const lane of this.#inTurn()) {
        const job = this.#hasWay(lane) ? lane.take(now) : undefined;
        if (job !== undefined) void this.#deliver(lane, job);
        const { hasMoot } = lane;
        // It was under way when it became so, and nobody saw its end.
        if (hasMoot) state.transact(() => settling.dropMoot(lane, now));
        if (job !== undefined || hasMoot) isOver = false;
      }
    }
    const ahead = this.#parts.lanes.all.filter((lane) => lane.isFarAhead);
    if (ahead.length > 0) state.transact(() => ahead.forEach((lane) => settling.keep(lane)));
  }

  #inTurn(): Lane[] {
    const lanes = this.#parts.lanes.all;
    this.#turn = lanes.length === 0 ? 0 : (this.#turn + 1) % lanes.length;
    return [...lanes.slice(this.#turn), ...lanes.slice(0, this.#turn)];
  }

  /** Some ways are kept for those that are well. */
  #hasWay(lane: Lane): boolean {
    if (this.#busy >= MAX_IN_FLIGHT || lane.isAsking) return false;
    return lane.isHealthy || this.#busyFailing < MAX_IN_FLIGHT - SLOTS_FOR_HEALTHY;
  }

  async #deliver(lane: Lane, job: Job): Promise<void> {
    const { ports, attempt, lanes } = this.#parts;
    const { clock } = ports;
    const { round } = lane.endpoint;
    const wasHealthy = lane.isHealthy;
    this.#busy += 1;
    if (!wasHealthy) this.#busyFailing += 1;
    const began = clock.now();
    this.#parts.state.count({ webhook_attempts: 1 });
    // A bug of ours must not hold its way for ever: the event fails, and others go on.
    const end = await attempt(lane.endpoint, job).catch((): PostEnd => ({ error: "lost" }));
    this.#busy -= 1;
    if (!wasHealthy) this.#busyFailing -= 1;
    if (lanes.has(lane)) this.#settle(lane, job, end, { round, began });
    this.run();
  }

  #settle(lane: Lane, job: Job, end: PostEnd, { round, began }: { round: number; began: number }): void {
    const { state, ports, settling } = this.#parts;
    const now = ports.clock.now();
    const verdict = judge(end, now);
    const before = lane.health;
    const took = now - began;
    try {
      state.transact(() => settling.settle(lane, job, { end, verdict, now, took }));
    } catch {
      // The lanes are read anew from what is on disk, and it is delivered once more.
      ports.warn("a delivery was not stored", { took });
      this.#restUntil = now + STORE_RETRY_MS;
      return;
    }
    void this.#tenant.tell(lane, job, verdict, round, before);
  }

  #forgetOld(now: number): void {
    const { store, state } = this.#parts;
    if (now - this.#lookedAt < FORGET_LOOK_MS) return;
    this.#lookedAt = now;
    const oldest = store.oldestAttempt();
    if (oldest === undefined || oldest > now - FAILED_ATTEMPT_MS - FAILED_ATTEMPT_SLACK_MS) return;
    state.transact(() => store.forgetAttempts(now - FAILED_ATTEMPT_MS));
  }

  #arm(now: number): void {
    const times = this.#parts.lanes.all.map((lane) => lane.nextAt()).filter((at) => at !== undefined);
    const at = Math.min(...times);
    // What is due already waits for a way, and that comes with the end of another.
    const isNext = at > now || this.#busy === 0;
    if (at === Infinity || !isNext) return;
    const rested = Math.max(at, now + MIN_REST_MS, this.#restUntil);
    this.#parts.state.transact(() => this.#parts.schedule.arm("webhooks", at > now ? at : rested));
  }
}
