// The benches: `npm run bench -- [--only NAME]… [--quick] [--json] [--strict]`. Standard output is the result and
// nothing else; what happens meanwhile is told on standard error.
import { parseArgs } from "node:util";
import { describeMachine, describeVersions, load } from "./machine.ts";
import type { Bench, Outcome, Row } from "./row.ts";
import { ROWS } from "./rows.ts";
import { reportRow, table, type Report, type ReportRow } from "./table.ts";
import { now } from "./timing.ts";

const HELP = `npm run bench -- [--only NAME]… [--quick] [--json] [--strict]

  --only NAME  that row only; may be given more than once
  --quick      fewer and shorter runs
  --json       one JSON object instead of the table
  --strict     exit 1 also when a row is over its budget
  --help       this

Rows: ${ROWS.map(({ name }) => name).join(", ")}
`;

const MAX_FAILURE_CHARS = 300;
const SIGNAL_EXIT = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

interface Wish {
  readonly rows: readonly Row[];
  readonly quick: boolean;
  readonly json: boolean;
  readonly strict: boolean;
}

/** A string is what to say instead of measuring. */
function readArguments(): Wish | { readonly text: string; readonly exitCode: number } {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: "string", multiple: true },
        quick: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        strict: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) return { text: HELP, exitCode: 0 };
    const only = values.only ?? [];
    const unknown = only.find((name) => !ROWS.some((row) => row.name === name));
    if (unknown !== undefined) return { text: `no row is named ${unknown}\n\n${HELP}`, exitCode: 2 };
    const rows = only.length === 0 ? ROWS : ROWS.filter(({ name }) => only.includes(name));
    return { rows, quick: values.quick, json: values.json, strict: values.strict };
  } catch (error) {
    return { text: `${error instanceof Error ? error.message : String(error)}\n\n${HELP}`, exitCode: 2 };
  }
}

/** Of a program that died of a bug, its minified source is the longest part of what it said, and the least useful. */
function brief(error: unknown): Error {
  const lines = (error instanceof Error ? error.message : String(error)).split("\n");
  const line = lines.find((text) => /^\s*\w*Error\b/.test(text)) ?? lines[0] ?? "";
  return new Error(line.trim().slice(0, MAX_FAILURE_CHARS));
}

async function runRow(row: Row, quick: boolean): Promise<ReportRow> {
  const undos: (() => unknown)[] = [];
  const say = (line: string): void => void process.stderr.write(`${row.name}: ${line}\n`);
  const bench: Bench = {
    quick,
    pick: (normal, short) => (quick ? short : normal),
    say,
    later: (undo) => void undos.push(undo),
  };
  const began = now();
  let outcome: Outcome | Error;
  try {
    say("begins");
    outcome = await row.measure(bench);
  } catch (error) {
    outcome = brief(error);
  }
  for (const undo of undos.reverse()) {
    try {
      await undo();
    } catch (error) {
      say(`left something behind: ${brief(error).message}`);
    }
  }
  const seconds = (now() - began) / 1_000;
  say(outcome instanceof Error ? `failed: ${outcome.message}` : `${outcome.value} ${row.unit}`);
  return reportRow(row, outcome, seconds);
}

async function run({ rows, quick, json, strict }: Wish): Promise<number> {
  const machine = describeMachine();
  const versions = describeVersions();
  const reports: ReportRow[] = [];
  for (const row of rows) reports.push(await runRow(row, quick));
  const report: Report = { machine: { ...machine, load_after: load() }, versions, quick, rows: reports };
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : table(report));
  const isBroken = reports.some(({ failed }) => failed !== null);
  const isOver = reports.some(({ within }) => within === false);
  return isBroken || (strict && isOver) ? 1 : 0;
}

// Everything that was started ends with this process: host/child.ts and test/e2e/owned.ts see to it.
for (const [signal, exitCode] of Object.entries(SIGNAL_EXIT))
  process.on(signal, () => process.exit(exitCode));

const wish = readArguments();
if ("text" in wish) {
  (wish.exitCode === 0 ? process.stdout : process.stderr).write(wish.text);
  process.exitCode = wish.exitCode;
} else {
  void run(wish).then((exitCode) => process.exit(exitCode));
}
