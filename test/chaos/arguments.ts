import { parseArgs } from "node:util";
import type { Kind } from "./kind.ts";
import { KINDS } from "./kinds.ts";

export interface Wanted {
  readonly kinds: readonly Kind[];
  readonly seeds: readonly number[];
  readonly atOnce: number;
  readonly json: boolean;
  readonly keeps: boolean;
}

const DEFAULT_SEEDS = 50;
/** Each is a relay, an agent and one or two imsg: more would only wait for the processor. */
const DEFAULT_AT_ONCE = 2;
const MAX_AT_ONCE = 16;
const MAX_SEEDS = 1_000_000;

const HELP = `npm run chaos -- [--only KIND]… [--seeds N] [--seed S] [--at-once N] [--json] [--keep]

  --only KIND   that kind only; may be given more than once
  --seeds N     so many seeds, from --seed or 1 on (default ${DEFAULT_SEEDS})
  --seed S      begin with that seed; without --seeds, that one alone
  --at-once N   so many side by side (default ${DEFAULT_AT_ONCE})
  --json        one JSON object a seed and, last, one for all of them
  --keep        keep what every seed left, not only those that broke something
  --help        this

Kinds:
${KINDS.map(({ name, says }) => `  ${name.padEnd(12)}${says}`).join("\n")}

Exit code: 0 when every promise was kept, 1 when not, 2 for arguments that make no sense, 130 after Ctrl-C.
What a seed left that broke something is kept in a folder, whose path is printed.
`;

/** A string is what to say instead of running. */
export function readArguments(
  args: readonly string[],
): Wanted | { readonly text: string; readonly exitCode: 0 | 2 } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        only: { type: "string", multiple: true },
        seeds: { type: "string" },
        seed: { type: "string" },
        "at-once": { type: "string", default: String(DEFAULT_AT_ONCE) },
        json: { type: "boolean", default: false },
        keep: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) return { text: HELP, exitCode: 0 };
    const only = values.only ?? [];
    const unknown = only.find((name) => !KINDS.some((kind) => kind.name === name));
    if (unknown !== undefined) return wrong(`there is no kind “${unknown}”`);
    const first = whole("seed", values.seed ?? "1", 0, Number.MAX_SAFE_INTEGER - MAX_SEEDS);
    const fallback = values.seed === undefined ? DEFAULT_SEEDS : 1;
    const count = whole("seeds", values.seeds ?? String(fallback), 1, MAX_SEEDS);
    return {
      kinds: only.length === 0 ? KINDS : KINDS.filter(({ name }) => only.includes(name)),
      seeds: Array.from({ length: count }, (_, at) => first + at),
      atOnce: whole("at-once", values["at-once"], 1, MAX_AT_ONCE),
      json: values.json,
      keeps: values.keep,
    };
  } catch (error) {
    return wrong(error instanceof Error ? error.message : String(error));
  }
}

function whole(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new Error(`--${name} must be a whole number from ${least} to ${most}, not “${text}”`);
}

const wrong = (what: string): { text: string; exitCode: 2 } => ({ text: `${what}\n\n${HELP}`, exitCode: 2 });
