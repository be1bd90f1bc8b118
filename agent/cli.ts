// The command line: one table, from which parsing and help derive.
import { parseArgs } from "node:util";
import { EXIT, type Command, type ExitCode } from "./commands/command.ts";
import { doctor } from "./commands/doctor.ts";
import { enroll } from "./commands/enroll.ts";
import { install } from "./commands/install.ts";
import { logs } from "./commands/logs.ts";
import { leave } from "./commands/leave.ts";
import { move } from "./commands/move.ts";
import { rotateKeyCommand } from "./commands/rotate-key.ts";
import { run } from "./commands/run.ts";
import { status } from "./commands/status.ts";
import { uninstall } from "./commands/uninstall.ts";
import { AGENT_VERSION } from "./version.ts";

const COMMANDS: readonly Command[] = [
  enroll,
  run,
  status,
  doctor,
  install,
  uninstall,
  logs,
  rotateKeyCommand,
  move,
  leave,
];

const EXITS = [
  [EXIT.ok, "done"],
  [EXIT.failed, "failed; the reason was printed"],
  [EXIT.usage, "the command line is not understood"],
  [EXIT.setup, "not enrolled, or agent.jsonc is not understood"],
  [EXIT.not_running, "status: the agent does not run"],
  [EXIT.declined, "asked, and the answer was no, or nobody could be asked; nothing was changed"],
  [EXIT.changed, "run: another command changed who this agent is; started again it is that one"],
] as const;

const print = (text: string): void => void process.stdout.write(`${text}\n`);

export async function main(argv: readonly string[], environment: NodeJS.ProcessEnv): Promise<ExitCode> {
  const [name, ...rest] = argv;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    print(help());
    return name === undefined ? EXIT.usage : EXIT.ok;
  }
  if (name === "--version" || name === "version") {
    print(AGENT_VERSION);
    return EXIT.ok;
  }
  const command = COMMANDS.find((command) => command.name === name);
  if (command === undefined) return misuse(`there is no command "${name}"`);
  try {
    const { values, positionals } = parseArgs({
      args: rest,
      options: { ...command.options, help: { type: "boolean", short: "h" } },
      allowPositionals: command.args !== "",
      strict: true,
    });
    const options = flat(values);
    if (options["help"] === true) {
      print(commandHelp(command));
      return EXIT.ok;
    }
    return await command.run({ positionals, options, environment });
  } catch (error) {
    // Node goes on about positional arguments, which is not what was meant.
    if (isParseError(error)) return misuse(error.message.replace(/\. To specify.*$/s, ""));
    throw error;
  }
}

/** Nothing of the arguments but what node names itself: an enrolment code may be among them. */
function misuse(why: string): ExitCode {
  process.stderr.write(`imsg-relay-agent: ${why}; see imsg-relay-agent --help\n`);
  return EXIT.usage;
}

const isParseError = (error: unknown): error is Error =>
  error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");

const flat = (values: Record<string, unknown>): Record<string, string | boolean | undefined> =>
  Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      key,
      typeof value === "string" || typeof value === "boolean" ? value : undefined,
    ]),
  );

function help(): string {
  return [
    "imsg-relay-agent: makes the Messages of this Mac reachable through a relay, without an open port.",
    "",
    "Commands",
    ...COMMANDS.map(
      (command) => `  ${`${command.name} ${command.args}`.trim().padEnd(18)} ${command.summary}`,
    ),
    "",
    "Options of a command: imsg-relay-agent COMMAND --help. Also --help, --version.",
    "",
    "Files: $IMSG_RELAY_HOME/agent/PROFILE/ (default ~/.imsg-relay). HTTPS_PROXY and NO_PROXY are honoured.",
    "",
    "Exit codes",
    ...EXITS.map(([code, meaning]) => `  ${String(code).padEnd(4)} ${meaning}`),
  ].join("\n");
}

function commandHelp(command: Command): string {
  return [
    `imsg-relay-agent ${command.name} ${command.args}`.trim(),
    `  ${command.summary}`,
    "",
    ...Object.entries(command.optionHelp).map(([option, meaning]) => `  --${option.padEnd(16)} ${meaning}`),
  ].join("\n");
}
