// What the relay holds of every key when everything is over, and that it stays so.
import { until } from "../../e2e/waiting.ts";
import type { Courier } from "./courier.ts";
import { finalOf, type Final } from "./finals.ts";
import type { Told } from "./told.ts";
import type { Wish } from "./wish.ts";

/** By key, as gateway A and gateway B are told. */
export type Finals = ReadonlyMap<string, readonly [Final, Final]>;

const SETTLED_MS = 8_000;
/** After every row is in the log. */
const RESOLVED_MS = 2_500;
/** Keys that are asked for once more with other words. */
const CONFLICTS = 2;

export class Ending {
  readonly #accountUrl: string;
  readonly #keys: readonly [string, string];
  readonly #wishes: readonly Wish[];
  readonly #courier: Courier;

  constructor(
    accountUrl: string,
    keys: readonly [string, string],
    wishes: readonly Wish[],
    courier: Courier,
  ) {
    this.#accountUrl = accountUrl;
    this.#keys = keys;
    this.#wishes = wishes;
    this.#courier = courier;
  }

  /** Every key's operation is at its end; one that never is, the judge finds out. */
  async settled(): Promise<Finals> {
    const found = new Map<string, readonly [Final, Final]>();
    const deadline = Date.now() + SETTLED_MS;
    for (const { key } of this.#wishes) {
      const isOver = ({ state }: Final): boolean => state === "settled" || state === "never seen";
      const look = async (): Promise<boolean> => {
        const both = await this.#both(key);
        found.set(key, both);
        return both.every(isOver);
      };
      await until(look, `${key} is settled`, Math.max(0, deadline - Date.now())).catch(() => undefined);
    }
    return found;
  }

  /** What a row of the log can tell is known soon after it is there. */
  async resolved(isResolved: (finals: Finals) => boolean): Promise<Finals> {
    let finals = await this.settled();
    const look = async (): Promise<boolean> => {
      if (isResolved(finals)) return true;
      finals = await this.settled();
      return false;
    };
    await until(look, "what can be known is known", RESOLVED_MS).catch(() => undefined);
    return finals;
  }

  /** Every request that has an operation once more, by both; and some keys with other words, which is a conflict. */
  async repeat(finals: Finals): Promise<{ repeats: Map<string, readonly Told[]>; broken: string[] }> {
    const known = this.#wishes.filter(({ key }) => finals.get(key)?.[0].state === "settled");
    const repeats = new Map<string, readonly Told[]>();
    const again = known.map(async (wish) => {
      const told = await Promise.all([this.#courier.again(wish, "A"), this.#courier.again(wish, "B")]);
      const answers = told.flatMap((one) => one ?? []);
      repeats.set(wish.key, answers);
    });
    await Promise.all(again);
    const broken: string[] = [];
    for (const wish of known.slice(0, CONFLICTS)) {
      const told = await this.#courier.again({ ...wish, text: `${wish.text} and more` }, "B");
      const isConflict = told?.code === "conflict" || told?.code === "-32045";
      if (!isConflict) broken.push(`I7: ${wish.key} with other words is no conflict: ${told?.said ?? ""}`);
    }
    return { repeats, broken };
  }

  async #both(key: string): Promise<readonly [Final, Final]> {
    const ask = (credential: string): Promise<Final> =>
      finalOf({ accountUrl: this.#accountUrl, key: credential }, key);
    return [await ask(this.#keys[0]), await ask(this.#keys[1])];
  }
}
