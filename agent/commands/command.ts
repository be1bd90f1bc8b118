// What a command is: a row of the table in cli.ts, from which help and parsing derive.
import type { ParseArgsConfig } from "node:util";

/** Documented in `--help`. */
export const EXIT = {
  ok: 0,
  /** Something failed; the reason was printed. */
  failed: 1,
  /** The command line is not understood. */
  usage: 2,
  /** Not enrolled, or agent.jsonc is not understood: a human must act first. */
  setup: 3,
  /** `status`: the agent does not run. */
  not_running: 4,
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

interface CommandInput {
  readonly positionals: readonly string[];
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  readonly environment: NodeJS.ProcessEnv;
}

export interface Command {
  readonly name: string;
  readonly args: string;
  readonly summary: string;
  readonly options: NonNullable<ParseArgsConfig["options"]>;
  /** One line each, for help. */
  readonly optionHelp: Readonly<Record<string, string>>;
  run(input: CommandInput): Promise<ExitCode>;
}

export const PROFILE_OPTION = { profile: { type: "string", default: "default" } } as const;
export const PROFILE_HELP = {
  "profile NAME": "one of several agents of this user (default: default)",
} as const;

export const say = (text: string): void => void process.stdout.write(`${text}\n`);
export const complain = (text: string): void => void process.stderr.write(`imsg-relay-agent: ${text}\n`);
