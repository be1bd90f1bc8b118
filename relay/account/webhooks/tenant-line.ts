// What an account and its tenant say to each other of an endpoint: the breaker is one for all accounts.
import { TENANT_RETRY_MS } from "../../../shared/webhooks/limits.ts";
import type { Verdict } from "../../../shared/webhooks/verdict.ts";
import type { AccountPorts } from "../ports.ts";
import type { StateStore } from "../store/state.ts";
import type { Breaker } from "./breaker-port.ts";
import type { Health } from "./endpoint.ts";
import type { Job, Lane } from "./lane.ts";
import type { Lanes } from "./lanes.ts";
import type { Settling } from "./settling.ts";

export interface TenantLineParts {
  readonly ports: Pick<AccountPorts, "clock" | "warn">;
  readonly state: StateStore;
  readonly breaker: Breaker;
  readonly lanes: Lanes;
  readonly settling: Settling;
  /** Something may go that could not before. */
  readonly again: () => void;
}

export class TenantLine {
  readonly #parts: TenantLineParts;
  #asked = 0;

  constructor(parts: TenantLineParts) {
    this.#parts = parts;
  }

  /** Something waits for its answer. */
  get isAsked(): boolean {
    return this.#asked > 0;
  }

  /** An attempt of that round ended so; `before` = the lane's health until then. Never rejects. */
  async tell(lane: Lane, job: Job, verdict: Verdict, round: number, before: Health): Promise<void> {
    const { breaker, settling, ports } = this.#parts;
    const { endpoint } = lane.endpoint;
    if (verdict.outcome === "delivered") {
      // Nobody waits for that.
      if (lane.health.told_at !== before.told_at)
        await breaker.succeeded(endpoint, round).catch(() => this.#unheard());
      return undefined;
    }
    if (verdict.outcome === "gone") return this.#ask(lane, () => breaker.gone(endpoint, round));
    // An event that was set aside says nothing of its endpoint, unless it was to try it.
    if (job.kind === "aside" && before.open_until === null) return undefined;
    const { last_success_at } = lane.health;
    const retry_after_ms = verdict.outcome === "throttled" ? (verdict.retryAfterMs ?? 0) : 0;
    const report = { endpoint, round, chat: job.chat, last_success_at, retry_after_ms };
    return this.#ask(
      lane,
      () => breaker.failed(report),
      ({ until, others_at }) => {
        if (!this.#isOf(lane, round)) return;
        lane.othersAt = others_at ?? 0;
        this.#change(() => {
          if (until !== lane.health.open_until) settling.close(lane, until);
          settling.passHeads(lane, ports.clock.now());
        });
      },
    );
  }

  /** Leave for one attempt, where it is time to ask for it. Never rejects. */
  async askForProbe(lane: Lane, now: number): Promise<void> {
    const { breaker, settling } = this.#parts;
    const { open_until } = lane.health;
    const { endpoint, state, round } = lane.endpoint;
    const isWaiting = lane.isAsking || lane.mayProbe || lane.busy > 0 || lane.askAt > now;
    if (open_until === null || open_until > now || isWaiting || state !== "active" || !lane.hasWork) return;
    await this.#ask(
      lane,
      () => breaker.mayProbe(endpoint),
      (word) => {
        if (!this.#isOf(lane, round)) return;
        if (word === true) lane.mayProbe = true;
        else this.#change(() => settling.close(lane, word));
      },
    );
  }

  /** What was said of another round is old: the endpoint is elsewhere, or was resumed. */
  #isOf(lane: Lane, round: number): boolean {
    return this.#parts.lanes.has(lane) && lane.endpoint.round === round;
  }

  /** Until it has answered, nothing more is tried there. */
  async #ask<T>(lane: Lane, ask: () => Promise<T>, take: (word: T) => void = () => undefined): Promise<void> {
    lane.isAsking = true;
    this.#asked += 1;
    try {
      take(await ask());
    } catch {
      this.#unheard();
      lane.askAt = this.#parts.ports.clock.now() + TENANT_RETRY_MS;
    } finally {
      lane.isAsking = false;
      this.#asked -= 1;
      this.#parts.again();
    }
  }

  #change(run: () => void): void {
    const { state, ports } = this.#parts;
    try {
      state.transact(run);
    } catch {
      // The lanes are read anew: it is tried once more, and the tenant asked again.
      ports.warn("what a tenant said of an endpoint was not stored", {});
    }
  }

  #unheard(): void {
    this.#parts.ports.warn("a tenant did not answer of an endpoint", {});
  }
}
