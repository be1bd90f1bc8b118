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
  /** Asked, and the answer was no; or nobody could be asked. Nothing was changed. */
  declined: 5,
  /** `run`: another command changed who this agent is; started again it is that one. */
  changed: 6,
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export interface CommandInput {
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

export const YES_OPTION = { yes: { type: "boolean" } } as const;
export const YES_HELP = { yes: "without asking, for scripts" } as const;
export const JSON_HELP = { json: "for programs: one JSON object on standard output" } as const;

/** A command of ours to be copied: of this profile, where that is not the one it takes by itself. */
export const ourCommand = (words: string, profile: string): string =>
  `imsg-relay-agent ${words}${profile === PROFILE_OPTION.profile.default ? "" : ` --profile ${profile}`}`;

/** Ends as a sentence does, whatever it is made of. */
export const sentence = (words: string): string => (/[.?!]$/.test(words) ? words : `${words}.`);

const MAX_SHOWN_CHARS = 120;

/** A text from elsewhere: short, and nothing in it moves the cursor or turns a line around. */
export const harmless = (text: string): string =>
  text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?").slice(0, MAX_SHOWN_CHARS);

export const say = (text: string): void => void process.stdout.write(`${text}\n`);
export const complain = (text: string): void => void process.stderr.write(`imsg-relay-agent: ${text}\n`);

/** How a command ends that failed: the sentence for a human, and with `--json` an object for a program. */
export function failed(why: string, isJson: boolean, code: ExitCode = EXIT.failed): ExitCode {
  if (isJson) say(JSON.stringify({ ok: false, error: why }));
  complain(why);
  return code;
}
