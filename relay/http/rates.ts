// How often may ask whom no object has vouched for (DOOR3 to DOOR5). A key that has opened something passes by one
// look into a map; the quota of a key itself is its object's to keep (TEN9). Nothing here is named by what a stranger
// may make up: neither by addresses of the network, which local workerd does not tell (Cloudflare does, in
// CF-Connecting-IP), nor by ids whose MAC is not right.
import { RelayError, type ErrorCode } from "../../shared/errors.ts";
import { accountName, type IdParts, type KeyId } from "../../shared/ids.ts";
import { NewestMap } from "../../shared/newest-map.ts";
import { BURST_S, TokenBuckets } from "../rate.ts";
import {
  BEARERS_A_SECOND,
  GUESSES_A_SECOND,
  KNOCKS_A_SECOND,
  MAX_PROVEN_KEYS,
  OPERATOR_A_SECOND,
  UNPROVEN_A_SECOND,
} from "./limits.ts";

/** What a key says of itself; `isProven`: an object has confirmed that secret. */
export interface Claim {
  readonly key: KeyId;
  readonly secret_hash: string;
  readonly isProven: boolean;
}

/** Doors of an account where no key is asked for, and how much goes there. */
const DOORS = {
  agent: KNOCKS_A_SECOND,
  enrolment: KNOCKS_A_SECOND,
  ticket: BEARERS_A_SECOND,
  link: BEARERS_A_SECOND,
  transfer: BEARERS_A_SECOND,
} as const;
export type OpenDoor = keyof typeof DOORS;

const ALL = "";

export class Rates {
  readonly #scale: number;
  readonly #now: () => number;
  readonly #guesses = new TokenBuckets();
  readonly #operator = new TokenBuckets();
  readonly #unproven = new TokenBuckets();
  readonly #knocks = new TokenBuckets();
  readonly #proven = new NewestMap<KeyId, string>(MAX_PROVEN_KEYS);

  /** `scale`: of tests, which ask more than anybody. */
  constructor(scale = 1, now: () => number = Date.now) {
    this.#scale = scale;
    this.#now = now;
  }

  /** Why somebody is refused who has shown nothing that was issued. It costs nobody else anything but this answer. */
  guessed(code: ErrorCode): RelayError {
    const wait = this.#guesses.take(ALL, GUESSES_A_SECOND * this.#scale, this.#now());
    if (wait === 0) return new RelayError(code);
    return over("requests that show no valid key come faster than they are answered; try again later", wait);
  }

  /** Throws where the operator's key asks too much. */
  operator(): void {
    const wait = this.#operator.take(ALL, OPERATOR_A_SECOND * this.#scale, this.#now());
    if (wait > 0)
      throw over(
        `the operator's key may ask ${OPERATOR_A_SECOND} times a second, and ${OPERATOR_A_SECOND * BURST_S} at once`,
        wait,
      );
  }

  isProven(key: KeyId, hash: string): boolean {
    return this.#proven.get(key) === hash;
  }

  /** Throws where others have tried that key's id with secrets of their own. */
  claim(key: KeyId, secret_hash: string): Claim {
    const isProven = this.isProven(key, secret_hash);
    if (!isProven) {
      const wait = this.#unproven.take(key, UNPROVEN_A_SECOND * this.#scale, this.#now());
      if (wait > 0) throw over("this key is being tried with secrets that are not its own; try again", wait);
    }
    return { key, secret_hash, isProven };
  }

  /** What the object behind it made of a claim; undefined = it did not say. */
  settle({ key, secret_hash, isProven }: Claim, isRight: boolean | undefined): void {
    // Revoked, or replaced by another secret.
    if (isProven && isRight === false) this.#proven.delete(key);
    if (isProven || isRight !== true) return;
    this.#proven.set(key, secret_hash);
  }

  /** Throws where too many come to that account's door. Its id was issued, and so was what they show there. */
  knock(door: OpenDoor, account: IdParts): void {
    const wait = this.#knocks.take(`${door} ${accountName(account)}`, DOORS[door] * this.#scale, this.#now());
    if (wait > 0) throw over("too many come to this account at once; try again", wait);
  }
}

const over = (detail: string, retry_after_s: number): RelayError =>
  new RelayError("rate_limited", detail, { retry_after_s });
