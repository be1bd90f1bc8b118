// One round of every fault, with the dialects by turns; `npm run test:faults` makes ten, with other seeds and more messages.
import { describe, test } from "vitest";
import { dialectOf, runRound } from "./run-round.ts";
import { KINDS } from "./rounds.ts";
import { Turns } from "./turns.ts";

/** Each is a relay, an agent, one or two imsg and a drop-in: more at once would only wait for the processor. */
const AT_ONCE = 2;
/** With the wait for its turn, on a machine that does other things. */
const ROUND_MS = 120_000;
const FIRST_SEED = Number(process.env["FAULTS_SEED"] ?? 1);

const turns = new Turns(AT_ONCE);

describe.concurrent("with a fault amid hundreds of messages", () => {
  for (const [at, kind] of KINDS.entries()) {
    const seed = FIRST_SEED + at;
    test(
      `${kind.promise} (${kind.name}, imsg ${dialectOf(seed)}, seed ${seed})`,
      { timeout: ROUND_MS },
      ({ expect }) =>
        turns.take(async () => {
          const { broken, events } = await runRound(kind, seed);
          expect(broken, events.join("\n")).toEqual([]);
        }),
    );
  }
});
