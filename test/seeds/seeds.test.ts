import { expect, it } from "vitest";
import { runSeed } from "./run-seed.ts";

/** SEEDS = how many, FIRST = from which; one alone: FIRST=n SEEDS=1. */
const count = Number(process.env["SEEDS"] ?? 20);
const first = Number(process.env["FIRST"] ?? 1);

it(
  `I2, I5, I6, I7: ${count} histories from seed ${first} lose nothing, double nothing and lie about nothing`,
  async () => {
    const failed: string[] = [];
    for (let seed = first; seed < first + count; seed += 1) {
      const { broken, dialect, lines, counts } = await runSeed(seed, count === 1);
      if (count === 1) process.stderr.write(`${lines.join("\n")}\n${JSON.stringify(counts)}\n`);
      if (broken.length === 0) continue;
      const repeat = `npm run test:seeds -- --first ${seed} --seeds 1`;
      failed.push(`seed ${seed} (${dialect}): ${broken.slice(0, 5).join("; ")} — repeat: ${repeat}`);
      if (failed.length >= 10) break;
    }
    expect(failed).toEqual([]);
  },
  count * 1_000 + 60_000,
);
