import { VERSION } from "../version.ts";
import type { CommandEntry } from "./command-entry.ts";
import { EXIT_MEANINGS } from "./exit-codes.ts";
import { helpText } from "./help-text.ts";
import type { Invocation } from "./invocation.ts";
import { COMMANDS } from "./table.ts";

/** What can be said without asking anybody. */
interface FixedAnswer {
  readonly out: string;
  readonly err: string;
  readonly exitCode: number;
}

const ok = (out: string): FixedAnswer => ({ out, err: "", exitCode: 0 });
const misuse = (err: string): FixedAnswer => ({ out: "", err: `imsg-relay: ${err}\n`, exitCode: 2 });

/** Undefined where the command has work to do. */
export function fixedAnswer(
  invocation: Invocation,
  columns?: () => number | undefined,
): FixedAnswer | undefined {
  const { command, help, version, json, fault } = invocation;
  if (version) return ok(`${VERSION}\n`);
  if (command === undefined)
    return fault === undefined ? ok(helpText(overview(), columns?.())) : misuse(fault);
  const entry = COMMANDS.get(command);
  if (entry === undefined) return misuse(`unknown command ${JSON.stringify(command)}; see imsg-relay --help`);
  if (help) return ok(helpText(helpOf(command, entry), columns?.()));
  if (entry.refusal !== undefined) return refuse(entry.refusal, json);
  return fault === undefined ? undefined : misuse(fault);
}

/** A gateway takes the reason from the JSON of the last line, a human from stderr. */
function refuse(why: string, json: boolean): FixedAnswer {
  const error = `imsg-relay: ${why}`;
  return json
    ? { out: `${JSON.stringify({ success: false, error })}\n`, err: "", exitCode: 1 }
    : { out: "", err: `${error}\n`, exitCode: 1 };
}

function overview(): string[] {
  const there = [...COMMANDS].filter(([, { refusal }]) => refusal === undefined);
  const width = Math.max(...there.map(([name]) => name.length));
  const refusedNames = [...COMMANDS].filter(([, { refusal }]) => refusal !== undefined).map(([name]) => name);
  return [
    "imsg-relay: iMessage through a relay, in the place of imsg.",
    "",
    "Usage: imsg-relay [--profile NAME] COMMAND",
    "",
    ...there.map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`),
    "",
    "imsg-relay COMMAND --help says how each is used.",
    "",
    `Known and refused for now: ${refusedNames.join(", ")}.`,
    "",
    "IMSG_RELAY_HOME  where gateway.json is kept (default ~/.imsg-relay)",
    "IMSG_RELAY_URL   a connection string, instead of that file",
    "",
    "Exit codes of send, attachments, chats, history, tail, operations, cancel, webhooks, listen, enrol, installs, tenants, accounts and keys (the others: 0, 1, 2):",
    ...EXIT_MEANINGS.map(([code, means]) => `  ${String(code).padStart(3)}  ${means}`),
  ];
}

function helpOf(command: string, { usage, summary, more, refusal }: CommandEntry): string[] {
  // Gateways read features from a command's options: one that is refused must not name any.
  if (refusal !== undefined)
    return [`imsg-relay ${command}`, "", `${summary} Not available through the relay.`];
  return [`Usage: imsg-relay ${usage}`, "", summary, ...(more ?? [])];
}
