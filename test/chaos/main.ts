// `npm run chaos`: seeds of real processes that are killed all the while. The last line is the summary; exit 0 only
// when every promise was kept.
import type { Kind, RunOptions, SeedResult } from "./kind.ts";
import { readArguments, type Wanted } from "./arguments.ts";
import { Progress } from "./progress.ts";
import { failureText, resultLine, summaryLine, summaryOf } from "./report.ts";

const SIGNAL_EXIT = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

async function main({ kinds, seeds, atOnce, json, keeps }: Wanted): Promise<number> {
  const began = Date.now();
  const progress = new Progress(json ? process.stderr : process.stdout, kinds.length * seeds.length);
  const results: SeedResult[] = [];
  const abort = new AbortController();
  let exitCode: number | undefined;
  for (const [signal, code] of Object.entries(SIGNAL_EXIT)) {
    process.on(signal, () => {
      // The second time it is whoever has lost patience: what was started ends with this process (test/e2e/owned.ts).
      if (exitCode !== undefined) process.exit(code);
      exitCode = code;
      abort.abort();
    });
  }
  const wishes = seeds.flatMap((seed) => kinds.map((kind) => ({ kind, seed })));
  const total = wishes.length;
  const worker = async (): Promise<void> => {
    for (let wish = wishes.shift(); wish !== undefined && !abort.signal.aborted; wish = wishes.shift()) {
      const result = await oneSeed(wish.kind, wish.seed, { signal: abort.signal, keeps });
      if (result === undefined) return;
      results.push(result);
      const { timeline: _, ...told } = result;
      if (json) process.stdout.write(`${JSON.stringify(told)}\n`);
      else progress.say(resultLine(result));
      if (!json && result.broken.length > 0) progress.say(failureText(result));
      else if (!json && result.evidence !== null) progress.say(`  kept: ${result.evidence}`);
      const broken = results.filter((one) => one.broken.length > 0).length;
      progress.stand({ done: results.length, total, broken });
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, total) }, worker));
  progress.end();
  const summary = summaryOf(kinds, results, total, Date.now() - began);
  process.stdout.write(`${json ? JSON.stringify(summary) : summaryLine(summary)}\n`);
  return exitCode ?? (summary.broken === 0 ? 0 : 1);
}

/** Undefined where it was interrupted. One that cannot be run at all is broken. */
async function oneSeed(kind: Kind, seed: number, options: RunOptions): Promise<SeedResult | undefined> {
  const began = Date.now();
  try {
    return await kind.run(seed, options);
  } catch (error) {
    if (options.signal.aborted) return undefined;
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return {
      kind: kind.name,
      seed,
      label: "not run",
      broken: [`it could not be run: ${why}`],
      counts: {},
      timeline: [],
      evidence: null,
      ms: Date.now() - began,
    };
  }
}

const wanted = readArguments(process.argv.slice(2));
if ("text" in wanted) {
  (wanted.exitCode === 0 ? process.stdout : process.stderr).write(wanted.text);
  process.exitCode = wanted.exitCode;
} else {
  void main(wanted).then((exitCode) => process.exit(exitCode));
}
