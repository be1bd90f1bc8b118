/** A list that grows, and those who wait for something in it. */
export class Recording<T> {
  readonly all: T[] = [];
  readonly #waiting = new Set<() => void>();

  add(item: T): void {
    this.all.push(item);
    for (const look of this.#waiting) look();
  }

  /** The first item from index `from` on that matches, now or later. */
  find(matches: (item: T) => boolean, what: string, ms = 10_000, from = 0): Promise<T> {
    let at = from;
    return this.#wait(
      () => {
        for (; at < this.all.length; at += 1) {
          const item = this.all[at];
          if (item !== undefined && matches(item)) return item;
        }
        return undefined;
      },
      what,
      ms,
    );
  }

  /** Resolves when so many match. */
  async count(wanted: number, matches: (item: T) => boolean, what: string, ms = 10_000): Promise<T[]> {
    let found: T[] = [];
    await this.#wait(
      () => {
        found = this.all.filter(matches);
        return found.length >= wanted ? true : undefined;
      },
      () => `${wanted} × ${what}, ${found.length} seen`,
      ms,
    );
    return found;
  }

  #wait<R>(look: () => R | undefined, what: string | (() => string), ms: number): Promise<R> {
    const now = look();
    if (now !== undefined) return Promise.resolve(now);
    return new Promise((resolve, reject) => {
      const again = (): void => {
        const found = look();
        if (found === undefined) return;
        clearTimeout(timer);
        this.#waiting.delete(again);
        resolve(found);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(again);
        reject(new Error(`not seen within ${ms} ms: ${typeof what === "string" ? what : what()}`));
      }, ms);
      this.#waiting.add(again);
    });
  }
}

/** For what has no event to wait for: asks again until it says something. */
export async function until<T>(
  ask: () => Promise<T | undefined | false>,
  what: string,
  ms = 10_000,
  every = 50,
): Promise<T> {
  const deadline = Date.now() + ms;
  for (;;) {
    const found = await ask();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`not so within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}
