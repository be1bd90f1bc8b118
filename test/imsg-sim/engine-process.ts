import type { EngineOptions, Host } from "./host.ts";
import { writeJson, type WireObject } from "./json-write.ts";

/**
 * The life of one imsg process: its output, its timers, and its two ways to die. After death nothing
 * is written and no timer fires, so a crash cannot leak an answer.
 */
export class EngineProcess {
  readonly host: Host;
  readonly options: EngineOptions;
  #state: "alive" | "hung" | "dead" = "alive";
  readonly #timers = new Set<() => void>();
  readonly #parked: (() => void)[] = [];
  /** While another process holds the database exclusively: until when. */
  #lockedUntil = 0;

  constructor(host: Host, options: EngineOptions) {
    this.host = host;
    this.options = options;
  }

  get alive(): boolean {
    return this.#state === "alive";
  }

  write(message: WireObject): void {
    if (this.alive) this.host.write(writeJson({ jsonrpc: "2.0", ...message }, this.host.random));
  }

  notify(method: string, params: WireObject): void {
    this.write({ method, params });
  }

  /** Runs `fire` after `ms`, unless the process is dead or hung by then. */
  after(ms: number, fire: () => void): () => void {
    const cancel = this.host.clock.setTimer(ms, () => {
      this.#timers.delete(cancel);
      if (this.alive) fire();
    });
    this.#timers.add(cancel);
    return () => {
      this.#timers.delete(cancel);
      cancel();
    };
  }

  /** Runs at once for 0 ms: a request that is held by nothing is answered in the turn it came in. */
  soon(ms: number, fire: () => void): void {
    if (ms > 0) this.after(ms, fire);
    else fire();
  }

  /** Keeps an answer until another one is written (fault `out_of_order`). */
  park(answer: () => void): void {
    this.#parked.push(answer);
  }

  unpark(): void {
    for (const answer of this.#parked.splice(0)) answer();
  }

  lock(ms: number): void {
    this.#lockedUntil = this.host.clock.now() + ms;
  }

  /** How long a query would find the database locked from now on, in ms. */
  get lockedFor(): number {
    return Math.max(0, this.#lockedUntil - this.host.clock.now());
  }

  hang(): void {
    this.#state = "hung";
    this.#cancelTimers();
  }

  kill(): void {
    if (this.#state === "dead") return;
    this.#state = "dead";
    this.#cancelTimers();
    this.host.kill();
  }

  exit(code: number): void {
    if (!this.alive) return;
    this.#state = "dead";
    this.#cancelTimers();
    this.host.exit(code);
  }

  #cancelTimers(): void {
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }
}
