// Many seeds on all cores: `npm run test:seeds -- [--seeds N] [--first N]`. The last line is the summary; exit 0
// only when every history kept its promises, and, of many, every fault of the table struck.
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { ALL_CELLS_SEEDS, missing, outcomesOf, Sums, tableOf } from "./report.ts";
import { runSeed } from "./run-seed.ts";
import type { SeedResult } from "./seed-result.ts";

/** A history lives for some tens of milliseconds: most of it is gone before anybody need look what is left. */
const YOUNG_MB = 64;

interface Share {
  readonly first: number;
  readonly count: number;
  readonly step: number;
  readonly isTold: boolean;
}

async function work({ first, count, step, isTold }: Share): Promise<void> {
  for (let seed = first; seed < first + count; seed += step)
    parentPort?.postMessage(await runSeed(seed, isTold));
}

const HELP = `npm run test:seeds -- [--seeds N] [--first N]

Histories in virtual time: everything fails at every point, and every promise is kept all the same.

  --seeds N  so many (default 10000); of a single one, all that happens is told
  --first N  from that one on (default 1)

Exit code: 0 when every promise was kept, and every fault struck; 1 when not; 2 for arguments that make no sense.`;

/** Undefined = what there was to say is said. */
function readArguments(): { readonly count: number; readonly first: number } | undefined {
  try {
    const { values } = parseArgs({
      options: {
        seeds: { type: "string", default: "10000" },
        first: { type: "string", default: "1" },
        help: { type: "boolean", default: false },
      },
    });
    const [count, first] = [Number(values.seeds), Number(values.first)];
    if (!values.help && Number.isSafeInteger(first) && Number.isSafeInteger(count) && count > 0)
      return { count, first };
    process.exitCode = values.help ? 0 : 2;
  } catch {
    process.exitCode = 2;
  }
  console.log(HELP);
  return undefined;
}

async function lead(): Promise<void> {
  const wish = readArguments();
  if (wish === undefined) return;
  const { count, first } = wish;
  const workers = Math.min(availableParallelism(), count);
  const began = Date.now();
  const sums = new Sums();
  let [done, broken] = [0, 0];
  await Promise.all(
    Array.from({ length: workers }, (_, at) => {
      const share: Share = { first: first + at, count: count - at, step: workers, isTold: count === 1 };
      const worker = new Worker(__filename, {
        workerData: share,
        resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
      });
      worker.on("message", (result: SeedResult) => {
        done += 1;
        sums.add(result.counts);
        if (result.lines.length > 0) console.log(result.lines.join("\n"));
        if (result.broken.length > 0) {
          broken += 1;
          console.log(`seed ${result.seed} (${result.dialect}): ${result.broken.slice(0, 4).join("; ")}`);
          console.log(`  repeat: npm run test:seeds -- --first ${result.seed} --seeds 1`);
        }
        if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${count} seeds, ${broken} broken `);
      });
      return new Promise<void>((resolve, reject) =>
        worker.once("exit", () => resolve()).once("error", reject),
      );
    }),
  );
  const never = count >= ALL_CELLS_SEEDS ? missing(sums) : [];
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  console.log([...tableOf(sums), ...outcomesOf(sums)].join("\n"));
  if (never.length > 0) console.log(`never struck: ${never.join(", ")}`);
  console.log(
    `${done} histories in ${seconds} s: ${sums.of("written")} messages, ${sums.of("sends")} sends, ${broken} broken`,
  );
  process.exitCode = broken === 0 && never.length === 0 && done === count ? 0 : 1;
}

if (isMainThread) void lead();
else void work(workerData as Share);
