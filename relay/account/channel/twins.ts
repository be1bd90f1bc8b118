// A note to self is two rows, one of them the account's own: the second is no message (reference §6.4).
import type { Inbound } from "../../../shared/policy/inbound.ts";

/** The two rows are written within moments of each other; both bounds as OpenClaw has them (2026-09). */
const TWIN_MS = 10_000;
const MAX_TWINS = 512;

export class Twins {
  /** Own rows by text and date, and when they were seen; oldest first. In memory: both come in one look. */
  readonly #seen = new Map<string, number>();

  saw(inbound: Inbound, now: number): void {
    if (!inbound.is_from_me) return;
    for (const [key, at] of this.#seen) {
      if (this.#seen.size < MAX_TWINS && now - at <= TWIN_MS) break;
      this.#seen.delete(key);
    }
    this.#seen.set(keyOf(inbound), now);
  }

  isTwin(inbound: Inbound): boolean {
    return this.#seen.has(keyOf(inbound));
  }
}

const keyOf = ({ chat_guid, text, created_at }: Inbound): string =>
  JSON.stringify([chat_guid, text, created_at]);
