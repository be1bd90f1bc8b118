/** A map with a bound: where there is no room, what was set longest ago goes. */
export class NewestMap<K, V> {
  readonly #entries = new Map<K, V>();
  readonly #most: number;

  /** `most`: entries, at least 1. */
  constructor(most: number) {
    this.#most = most;
  }

  get(key: K): V | undefined {
    return this.#entries.get(key);
  }

  set(key: K, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#most) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }

  delete(key: K): void {
    this.#entries.delete(key);
  }
}
