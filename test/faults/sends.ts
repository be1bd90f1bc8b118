// Every send of a round: who asked, what each was told, and what the relay holds to be final.
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import type { FaultKind } from "../imsg-sim/faults.ts";
import { pick } from "../imsg-sim/random.ts";
import { answerSchema } from "../../shared/jsonrpc.ts";
import { outcomeOf, type SendOutcome } from "../../shared/outcome.ts";
import type { System } from "../e2e/harness.ts";
import { until } from "../e2e/waiting.ts";
import type { Sent } from "../seeds/history.ts";
import type { Asker } from "./readers.ts";
import { HANDLES } from "./stage.ts";

/** Where a send can be when a fault strikes. */
export const FLIGHTS = {
  "before the effect": { kind: "hold", ms: 1_200, at: "before_effect" },
  "between effect and answer": { kind: "hold", ms: 1_200, at: "after_effect" },
  "with its answer lost": { kind: "lose_answer" },
} as const satisfies Readonly<Record<string, FaultKind>>;
export type Flight = keyof typeof FLIGHTS;

/** By turns, and each with either dialect. */
export function flightOf(seed: number): Flight {
  const names = Object.keys(FLIGHTS) as Flight[];
  return names[seed % names.length] ?? "before the effect";
}

const CLAIM_MS = 8_000;
const SETTLE_MS = 20_000;
const NOT_FOUND = -32044;

const foundSchema = z.discriminatedUnion("state", [
  z.looseObject({ state: z.literal("settled"), answer: answerSchema }),
  z.looseObject({ state: z.literal("open") }),
]);

interface Entry extends Sent {
  readonly answers: Sent["answers"];
  askers: number;
}

export class Sends {
  readonly all: Entry[] = [];
  readonly #system: System;
  readonly #askers: readonly Asker[];
  readonly #random: () => number;
  readonly #note: (what: string) => void;
  readonly #open = new Set<Promise<void>>();

  constructor(system: System, askers: readonly Asker[], random: () => number, note: (what: string) => void) {
    this.#system = system;
    this.#askers = askers;
    this.#random = random;
    this.#note = note;
  }

  /** One send: mostly by one, now and then by several who use the same key, which is returned. */
  send(what: string): string {
    const text = `${what} ${this.all.length}`;
    const askers =
      this.#random() < 0.3
        ? this.#askers.filter(() => this.#random() < 0.6)
        : [pick(this.#random, this.#askers)];
    const entry: Entry = { key: `key-${this.all.length}`, text, askers: 0, answers: [] };
    this.all.push(entry);
    const params = { to: pick(this.#random, HANDLES), text };
    for (const asker of askers.length === 0 ? this.#askers.slice(0, 1) : askers) {
      entry.askers += 1;
      const asked = asker.ask(entry.key, params).then(
        (answer) => {
          entry.answers.push(answer);
          this.#note(`${text}, ${asker.name}: ${outcomeOf(answer)} ${JSON.stringify(answer).slice(0, 150)}`);
        },
        (error: unknown) => this.#note(`${text}, ${asker.name}: ${String(error)}`),
      );
      this.#open.add(asked);
      void asked.then(() => this.#open.delete(asked));
    }
    return entry.key;
  }

  /** Resolves when imsg has one in its hands and does with it what the flight says; one more waits behind it. */
  async inFlight(flight: Flight): Promise<void> {
    const { world } = this.#system;
    const id = world.fault({ ...FLIGHTS[flight], method: "send" });
    this.send(`in flight, ${flight},`);
    await world.until((mac) => mac.claimed(id), CLAIM_MS);
    this.send("behind it");
    this.#note(`a send is in flight ${flight}`);
  }

  /** Everybody has been told, or never will be. */
  async answered(): Promise<void> {
    const over = new AbortController();
    const late = sleep(SETTLE_MS, undefined, { signal: over.signal }).catch(() => undefined);
    await Promise.race([Promise.all(this.#open), late]);
    over.abort();
  }

  /** What the relay holds to be final, by key; null = nothing yet. A key that it never saw is not in it. */
  async settled(): Promise<Map<string, SendOutcome | null>> {
    const found = new Map<string, SendOutcome | null>();
    for (const { key } of this.all) {
      const ask = async (): Promise<SendOutcome | null | "never seen" | false> => {
        const { result, error } = await this.#system.rpc("relay.outcome", { idempotency_key: key });
        if (error?.code === NOT_FOUND) return "never seen";
        const operation = foundSchema.parse(result);
        return operation.state === "settled" && outcomeOf(operation.answer);
      };
      const outcome = await until(ask, `${key} is settled`, SETTLE_MS).catch(() => null);
      if (outcome !== "never seen") found.set(key, outcome);
    }
    return found;
  }

  /** How often each text is in Messages. */
  effects(): Map<string, number> {
    const times = new Map<string, number>();
    for (const { text } of this.#system.world.sent()) times.set(text, (times.get(text) ?? 0) + 1);
    return times;
  }
}
