// Many seeds on all cores: `npm run test:seeds -- [--seeds N] [--first N]`. The last line is the summary; exit 0
// only when every history kept its promises.
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { runSeed, type SeedResult } from "./run-seed.ts";

/** A history lives for some tens of milliseconds: most of it is gone before anybody need look what is left. */
const YOUNG_MB = 64;

interface Share {
  readonly first: number;
  readonly count: number;
  readonly step: number;
}

async function work({ first, count, step }: Share): Promise<void> {
  for (let seed = first; seed < first + count; seed += step) parentPort?.postMessage(await runSeed(seed));
}

async function lead(): Promise<void> {
  const { values } = parseArgs({
    options: { seeds: { type: "string", default: "10000" }, first: { type: "string", default: "1" } },
  });
  const [count, first] = [Number(values.seeds), Number(values.first)];
  const workers = Math.min(availableParallelism(), count);
  const began = Date.now();
  const failed: SeedResult[] = [];
  const sums = { seeds: 0, written: 0, sent: 0, unknown: 0 };
  await Promise.all(
    Array.from({ length: workers }, (_, at) => {
      const share: Share = { first: first + at, count: count - at, step: workers };
      const worker = new Worker(__filename, {
        workerData: share,
        resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
      });
      worker.on("message", (result: SeedResult) => {
        sums.seeds += 1;
        sums.written += result.counts.written;
        sums.sent += result.counts.sent;
        sums.unknown += result.counts.unknown;
        if (count === 1) console.log(result.events.join("\n"));
        if (result.broken.length > 0) {
          failed.push(result);
          console.log(`seed ${result.seed} (${result.dialect}): ${result.broken.slice(0, 4).join("; ")}`);
          console.log(`  repeat: npm run test:seeds -- --first ${result.seed} --seeds 1`);
        }
        if (process.stderr.isTTY)
          process.stderr.write(`\r${sums.seeds} of ${count} seeds, ${failed.length} broken `);
      });
      return new Promise<void>((resolve, reject) =>
        worker.once("exit", () => resolve()).once("error", reject),
      );
    }),
  );
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  console.log(
    `${sums.seeds} histories in ${seconds} s: ${sums.written} messages, ${sums.sent} sends, ${sums.unknown} left unknown, ${failed.length} broken`,
  );
  process.exitCode = failed.length === 0 && sums.seeds === count ? 0 : 1;
}

if (isMainThread) void lead();
else void work(workerData as Share);
