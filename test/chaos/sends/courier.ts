// Carries out the wishes of a plan: asks when it says so, again where nothing was said, and keeps every answer.
import { setTimeout as sleep } from "node:timers/promises";
import { ERRORS } from "../../../shared/errors.ts";
import type { Timeline } from "../timeline.ts";
import type { Gateway, Place } from "./gateway.ts";
import { brief, type Saying, type Told } from "./told.ts";
import type { Ask, GatewayName, Wish } from "./wish.ts";

export interface Cancelled {
  readonly key: string;
  readonly status: number;
  readonly at: number;
}

/** Between two askings of one gateway for the same. */
const AGAIN_MS = 120;
/** Whoever has no answer after this never will. */
const PATIENCE_MS = 12_000;

/** The Mac is away, or cannot yet: by its own word the same may be asked again. */
const NOT_NOW: ReadonlySet<string> = new Set(
  (["agent_offline", "not_ready", "messages_unavailable", "rate_limited"] as const).flatMap((code) => [
    code,
    String(ERRORS[code].rpc),
  ]),
);

export class Courier {
  readonly told = new Map<string, Told[]>();
  readonly cancelled: Cancelled[] = [];
  /** Answers that nobody could read. */
  readonly nonsense: string[] = [];
  readonly #gateways: Readonly<Record<GatewayName, Gateway>>;
  readonly #places: readonly Place[];
  readonly #timeline: Timeline;
  readonly #signal: AbortSignal;
  #calmAt = Number.POSITIVE_INFINITY;

  constructor(
    gateways: Readonly<Record<GatewayName, Gateway>>,
    places: readonly Place[],
    timeline: Timeline,
    signal: AbortSignal,
  ) {
    this.#gateways = gateways;
    this.#places = places;
    this.#timeline = timeline;
    this.#signal = signal;
  }

  /** Everything of a wish, from now; resolves when everybody who asked was told. */
  async carryOut(wish: Wish): Promise<void> {
    await Promise.all(
      wish.asks.map(async ({ by, after }: Ask) => {
        await sleep(after, undefined, { signal: this.#signal });
        await this.#askUntilTold(wish, by);
      }),
    );
  }

  /** Nothing breaks any more: from now on everybody asks once more at most, and "not now" is an answer. */
  calm(): void {
    this.#calmAt = this.#timeline.now;
  }

  /** Asks once more. */
  async again(wish: Wish, by: GatewayName): Promise<Told | undefined> {
    const place = this.#places[wish.place];
    if (place === undefined) throw new Error(`no place ${wish.place}`);
    const askedAt = this.#timeline.now;
    let saying: Saying;
    try {
      saying = await this.#gateways[by].ask(wish, place);
    } catch (error) {
      this.nonsense.push(`${wish.key}, ${by}: ${brief(String(error))}`);
      return undefined;
    }
    const told: Told = { ...saying, by, askedAt, at: this.#timeline.now };
    this.#timeline.note(`${wish.key} ${by} (asked at ${askedAt}): ${told.outcome} ${brief(told.said)}`);
    return told;
  }

  async #askUntilTold(wish: Wish, by: GatewayName): Promise<void> {
    const giveUpAt = this.#timeline.now + PATIENCE_MS;
    for (;;) {
      const told = await this.again(wish, by);
      if (told === undefined) return;
      this.told.set(wish.key, [...(this.told.get(wish.key) ?? []), told]);
      if (told.outcome === "queued" && wish.cancelAfter !== undefined) await this.#cancel(wish, by, told);
      const isNotNow = told.operation === null && told.code !== null && NOT_NOW.has(told.code);
      const isPatient = wish.isPatient && told.askedAt < this.#calmAt;
      const asksAgain = told.outcome === "nothing" || (isPatient && isNotNow);
      if (!asksAgain || this.#timeline.now > giveUpAt) return;
      await sleep(AGAIN_MS, undefined, { signal: this.#signal });
    }
  }

  async #cancel(wish: Wish, by: GatewayName, { operation }: Told): Promise<void> {
    if (operation === null) return;
    await sleep(wish.cancelAfter, undefined, { signal: this.#signal });
    const answer = await this.#gateways[by].cancel(operation);
    if (answer === undefined) return;
    this.cancelled.push({ key: wish.key, status: answer.status, at: this.#timeline.now });
    this.#timeline.note(`${wish.key} ${by} cancels: ${answer.status} ${brief(answer.text)}`);
  }
}
