// What a tenant's other objects must still be told: queued with the change, told at once, and again until it is heard.
import type { Storage } from "../account/ports.ts";
import type { OutboxItem, TenantStore } from "./store.ts";

const OUTBOX_BATCH = 32;
const OUTBOX_RETRY_MS = 10_000;
/** How long whoever asked waits for what is told to others; the rest is told by the alarm. */
const DRAIN_MS = 5_000;

export class Outbox {
  readonly #storage: Storage;
  readonly #store: TenantStore;
  readonly #alarm: Pick<DurableObjectStorage, "setAlarm" | "deleteAlarm">;
  readonly #deliver: (item: OutboxItem) => Promise<void>;
  /** One after the other: what is under way is not begun again, and its number is not given to anything else. */
  #turn: Promise<void> = Promise.resolve();
  /** Whoever waits, and what was delivered since. */
  readonly #waiting = new Set<OutboxItem[]>();
  /** The alarm that this object set; 0 = none that it knows of. */
  #wakesAt = 0;

  constructor(
    storage: Storage,
    store: TenantStore,
    alarm: Pick<DurableObjectStorage, "setAlarm" | "deleteAlarm">,
    deliver: (item: OutboxItem) => Promise<void>,
  ) {
    this.#storage = storage;
    this.#store = store;
    this.#alarm = alarm;
    this.#deliver = deliver;
  }

  /**
   * Tells the other objects what is queued; what fails is tried again by the alarm. The alarm is set before anything
   * is awaited, so with what was queued: should the object die in between, a revocation still goes out. Returns what
   * was delivered.
   */
  async drain(): Promise<OutboxItem[]> {
    const delivered: OutboxItem[] = [];
    this.#waiting.add(delivered);
    this.#wakeBy(Date.now() + OUTBOX_RETRY_MS);
    // What failed before is left to the alarm: nobody waits for an account that does not answer others.
    await this.#takeTurn(0).finally(() => this.#waiting.delete(delivered));
    return delivered;
  }

  /** The alarm's turn: also what failed before. */
  async retry(): Promise<void> {
    this.#wakesAt = 0;
    this.#wakeBy(Date.now() + OUTBOX_RETRY_MS);
    await this.#takeTurn(null);
  }

  async #takeTurn(mostAttempts: number | null): Promise<void> {
    const turn = this.#turn.then(() => this.#drain(mostAttempts));
    this.#turn = turn.catch(() => undefined);
    await turn;
  }

  async #drain(mostAttempts: number | null): Promise<void> {
    const until = Date.now() + DRAIN_MS;
    while (Date.now() < until) {
      const items = this.#store.outbox(OUTBOX_BATCH, mostAttempts);
      if (items.length === 0) {
        if (this.#store.count("outbox") === 0) this.#rest();
        return;
      }
      const done = await this.#deliverAll(items, until - Date.now());
      this.#storage.transaction(() => {
        for (const item of items) {
          if (done.has(item)) this.#store.done(item);
          else this.#store.failed(item);
        }
      });
      for (const delivered of this.#waiting) delivered.push(...done);
      if (done.size < items.length) return;
    }
    // There is more, and all is well.
    this.#wakeBy(Date.now());
  }

  /** The earlier of the two where one is set: what waits is not put off by what comes. */
  #wakeBy(at: number): void {
    if (this.#wakesAt > Date.now() && this.#wakesAt <= at) return;
    this.#wakesAt = at;
    void this.#alarm.setAlarm(at);
  }

  #rest(): void {
    this.#wakesAt = 0;
    void this.#alarm.deleteAlarm();
  }

  /** Those of one account in their order. One that does not answer is told again by the alarm; told twice it is told once. */
  async #deliverAll(items: readonly OutboxItem[], ms: number): Promise<Set<OutboxItem>> {
    const done = new Set<OutboxItem>();
    const lines = new Map<string, OutboxItem[]>();
    for (const item of items) lines.set(item.account, [...(lines.get(item.account) ?? []), item]);
    const told = [...lines.values()].map(async (line) => {
      for (const item of line) {
        await this.#deliver(item);
        done.add(item);
      }
    });
    await Promise.allSettled(told.map((line) => within(ms, line)));
    return new Set(done);
  }
}

/** Rejects where it takes longer; what it does goes on. */
function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("no answer in time")), Math.max(0, ms));
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
