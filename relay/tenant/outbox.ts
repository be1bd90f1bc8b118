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
    const until = Date.now() + DRAIN_MS;
    void this.#alarm.setAlarm(Date.now() + OUTBOX_RETRY_MS);
    while (Date.now() < until) {
      const items = this.#store.outbox(OUTBOX_BATCH);
      if (items.length === 0) {
        void this.#alarm.deleteAlarm();
        return delivered;
      }
      // One that does not answer is told again by the alarm; told twice it is told once.
      const left = until - Date.now();
      const results = await Promise.allSettled(items.map((item) => within(left, this.#deliver(item))));
      const done = items.filter((_, at) => results[at]?.status === "fulfilled");
      this.#storage.transaction(() => {
        for (const item of items) {
          if (done.includes(item)) this.#store.done(item);
          else this.#store.failed(item);
        }
      });
      delivered.push(...done);
      if (done.length < items.length) break;
    }
    void this.#alarm.setAlarm(Date.now() + OUTBOX_RETRY_MS);
    return delivered;
  }
}

/** Rejects where it takes longer; what it does goes on. */
function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("no answer in time")), Math.max(0, ms));
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
