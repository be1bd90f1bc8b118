// The lanes of an account, as they are on disk: one an endpoint, read when they are first asked for.
import type { StateStore } from "../store/state.ts";
import type { Endpoint } from "./endpoint.ts";
import { Lane, type LaneLog } from "./lane.ts";
import type { Webhook, WebhookStore } from "./webhook-store.ts";

export class Lanes {
  readonly #state: StateStore;
  readonly #store: WebhookStore;
  readonly #logOf: (endpoint: () => Endpoint) => LaneLog;
  /** Most accounts have none. */
  #lanes: Map<string, Lane> | undefined;

  constructor(state: StateStore, store: WebhookStore, logOf: (endpoint: () => Endpoint) => LaneLog) {
    this.#state = state;
    this.#store = store;
    this.#logOf = logOf;
    // A transaction that failed took back what the lanes know; what is under way then is delivered again.
    state.onRollback(() => {
      this.#lanes = undefined;
    });
  }

  get all(): Lane[] {
    return [...this.#opened().values()];
  }

  find(endpoint: string): Lane | undefined {
    return this.#opened().get(endpoint);
  }

  /** False once its endpoint was deleted, or its lane begun anew. */
  has(lane: Lane): boolean {
    return this.find(lane.endpoint.endpoint) === lane;
  }

  /** A new one begins with what comes from now on. */
  add(endpoint: Endpoint): void {
    this.#store.add(endpoint, this.#state.current.last_seq);
    this.reread(endpoint.endpoint);
  }

  remove(endpoint: string): void {
    this.#store.remove(endpoint);
    this.#opened().delete(endpoint);
  }

  /** It begins anew from what is on disk; what is under way of the one before counts no more. */
  reread(endpoint: string): void {
    const lanes = this.#opened();
    const webhook = this.#store.find(endpoint);
    if (webhook !== undefined) this.#open(lanes, webhook);
  }

  #opened(): Map<string, Lane> {
    if (this.#lanes !== undefined) return this.#lanes;
    this.#lanes = new Map();
    for (const webhook of this.#store.all()) this.#open(this.#lanes, webhook);
    return this.#lanes;
  }

  #open(lanes: Map<string, Lane>, { endpoint, cursor, health }: Webhook): void {
    const id = endpoint.endpoint;
    const log = this.#logOf(() => lanes.get(id)?.endpoint ?? endpoint);
    lanes.set(id, new Lane(endpoint, cursor, health, log, this.#store.parked(id), this.#store.aside(id)));
  }
}
