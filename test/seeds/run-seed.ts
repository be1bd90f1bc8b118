// One seed is one history. Two sorts, in both dialects each: about reading, and about sending.
import { readingSeed } from "./reading-seed.ts";
import type { SeedResult } from "./seed-result.ts";
import { sendingSeed } from "./sending-seed.ts";

/** `isTold`: what happens is written down, line by line. Of four seeds in a row, the first two are about reading. */
export function runSeed(seed: number, isTold = false): Promise<SeedResult> {
  const place = seed % 4;
  return place < 2
    ? readingSeed(seed, isTold)
    : sendingSeed(seed, 2 * Math.floor(seed / 4) + place - 2, isTold);
}
