// A short version of `npm run chaos`; CHAOS_SEED gives it other seeds.
import { afterAll, describe, test } from "vitest";
import { Turns } from "../faults/turns.ts";
import { KINDS } from "./kinds.ts";

/** Both dialects, one without the guids of what is sent. */
const SEEDS = 3;
const FIRST_SEED = Number(process.env["CHAOS_SEED"] ?? 7);
const AT_ONCE = 2;
/** With the wait for its turn, on a machine that does other things. */
const SEED_MS = 120_000;

const turns = new Turns(AT_ONCE);
const over = new AbortController();
afterAll(() => over.abort());

describe.concurrent("while relay, agent and imsg are killed", () => {
  for (const { name, run } of KINDS) {
    for (const seed of Array.from({ length: SEEDS }, (_, at) => FIRST_SEED + at)) {
      test(
        `I6, I7: every send has one outcome and at most one effect (${name}, seed ${seed})`,
        { timeout: SEED_MS },
        ({ expect }) =>
          turns.take(async () => {
            const { broken, timeline } = await run(seed, { signal: over.signal });
            expect(broken, timeline.join("\n")).toEqual([]);
          }),
      );
    }
  }
});
