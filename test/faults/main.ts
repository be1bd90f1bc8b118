// Ten rounds of every fault: `npm run test:faults -- [--rounds N] [--first SEED] [--kind NAME] [--dialect 0.9|0.15]
// [--at-once N] [--quick] [--keep]`. One line a round; exit 0 only when every round kept its promises.
import { mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import type { Dialect } from "../imsg-sim/host.ts";
import { SLOW_ROUNDS, type SlowRound } from "./in-service.ts";
import { dialectOf, runRound, type RoundResult } from "./run-round.ts";
import { KINDS, STORM, kindNamed, type Kind } from "./rounds.ts";

/** Of the first broken promises, so that one round does not fill the screen. */
const SHOWN = 6;
/** A program that ends with an error shows the line it was built into, all of it. */
const MAX_LINE = 300;
const DIALECTS: readonly Dialect[] = ["0.9", "0.15"];

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

interface Wish {
  readonly kind: Kind;
  readonly seed: number;
  readonly dialect: Dialect;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "10" },
      first: { type: "string", default: "1" },
      kind: { type: "string" },
      dialect: { type: "string" },
      "at-once": { type: "string", default: "2" },
      quick: { type: "boolean", default: false },
      keep: { type: "boolean", default: false },
    },
  });
  const began = Date.now();
  const [rounds, first, atOnce] = [Number(values.rounds), Number(values.first), Number(values["at-once"])];
  const slow = SLOW_ROUNDS.filter(
    ({ name }) => values.kind === name || (values.kind === undefined && !values.quick),
  );
  const isSlow = SLOW_ROUNDS.some(({ name }) => values.kind === name);
  const kinds = values.kind === undefined ? [...KINDS, STORM] : isSlow ? [] : [kindNamed(values.kind)];
  const seeds = Array.from({ length: rounds }, (_, at) => first + at);
  const asked = DIALECTS.find((dialect) => dialect === values.dialect);
  const wishes = seeds.flatMap((seed) =>
    kinds.map((kind): Wish => ({ kind, seed, dialect: asked ?? dialectOf(seed) })),
  );
  let failed = 0;
  const worker = async (): Promise<void> => {
    for (let wish = wishes.shift(); wish !== undefined; wish = wishes.shift()) {
      if (!(await oneRound(wish, values.keep))) failed += 1;
    }
  };
  // They only wait, so they run beside the others.
  const waiter = async (round: SlowRound): Promise<void> => {
    for (const dialect of asked === undefined ? DIALECTS : [asked]) {
      if (!(await oneSlowRound(round, dialect))) failed += 1;
    }
  };
  const total = wishes.length;
  await Promise.all([...slow.map(waiter), ...Array.from({ length: atOnce }, worker)]);
  const others = slow.length > 0 ? `, and ${slow.map(({ name }) => name).join(", ")}` : "";
  say(`${total} rounds${others} in ${seconds(Date.now() - began)}: ${failed} broken`);
  process.exit(failed === 0 ? 0 : 1);
}

async function oneSlowRound({ name, run }: SlowRound, dialect: Dialect): Promise<boolean> {
  const result = await run(dialect).catch((error: unknown) => ({ broken: [String(error)], said: "not run" }));
  const isKept = result.broken.length === 0;
  say(`${name} ${dialect}: ${result.said}: ${isKept ? "kept" : "BROKEN"}`);
  for (const line of result.broken) say(`  ${line.slice(0, MAX_LINE)}`);
  if (!isKept) say(`  repeat: npm run test:faults -- --kind ${name} --dialect ${dialect}`);
  return isKept;
}

async function oneRound({ kind, seed, dialect }: Wish, keeps: boolean): Promise<boolean> {
  const name = `${kind.name} ${dialect} seed ${seed}`;
  const repeat = `  repeat: npm run test:faults -- --kind ${kind.name} --dialect ${dialect} --first ${seed} --rounds 1`;
  try {
    const result = await runRound(kind, seed, dialect);
    say(`${name}: ${countsOf(result)}: ${result.broken.length === 0 ? "kept" : "BROKEN"}`);
    if (keeps || result.broken.length > 0) say(`  what happened: ${keep(name, result)}`);
    if (result.broken.length === 0) return true;
    for (const line of result.broken.slice(0, SHOWN)) say(`  ${line}`);
    if (result.broken.length > SHOWN) say(`  … and ${result.broken.length - SHOWN} more`);
  } catch (error) {
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    say(`${name}: BROKEN: it could not be run`);
    for (const line of why.split("\n")) say(`  ${line.slice(0, MAX_LINE)}`);
  }
  say(repeat);
  return false;
}

function countsOf({ counts, flight, grumbles, ms }: RoundResult): string {
  const { written, repeats, sent, notSent, unknown } = counts;
  return [
    seconds(ms),
    `${written} messages to 6 readers, ${repeats} repeats`,
    `sends: ${sent} sent, ${notSent} not sent, ${unknown} unknown`,
    `one in flight ${flight}`,
    ...(grumbles > 0 ? [`workerd grumbles ${grumbles} times`] : []),
  ].join("; ");
}

function keep(name: string, { broken, events }: RoundResult): string {
  const folder = path.join(tmpdir(), "imsg-relay-faults");
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${name.replaceAll(" ", "-")}.log`);
  writeFileSync(file, [...broken, "", ...events, ""].join("\n"));
  return file;
}

void main();
