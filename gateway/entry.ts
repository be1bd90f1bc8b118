// The drop-in's fast path. What a gateway runs at every message starts here and loads neither zod nor ws: texts, and
// `rpc` over the connection of a process that runs already. The rest is loaded when it is needed: ./main.cjs for what
// gateways run, ./commands.cjs for what people do.
import { fixedAnswer } from "./cli/fixed.ts";
import { readInvocation, type Invocation } from "./cli/invocation.ts";
import { COMMANDS } from "./cli/table.ts";
import { Input } from "./lines/input.ts";
import { Output } from "./lines/output.ts";
import type { Commands } from "./commands.ts";
import type { Program } from "./main.ts";
import { findCredentials } from "./profile/credentials.ts";
import { findHome } from "./profile/home.ts";
import { borrow } from "./sibling/borrow.ts";
import { meetingPlace } from "./sibling/place.ts";

function start(argv: readonly string[]): void {
  const invocation = readInvocation(argv, (name) => COMMANDS.get(name));
  const fixed = fixedAnswer(invocation, () => process.stdout.columns);
  if (fixed !== undefined) {
    process.stdout.write(fixed.out);
    process.stderr.write(fixed.err);
    process.exitCode = fixed.exitCode;
  } else if (invocation.command === "rpc") rpc(invocation);
  else if (invocation.command === "status") loadMain().status(invocation);
  else loadCommands().command(invocation);
}

function rpc(invocation: Invocation): void {
  const home = findHome(process.env, invocation.profile);
  const credentials = home === undefined ? undefined : findCredentials(process.env, home);
  if (home === undefined || credentials === undefined || !credentials.ok) {
    const why =
      credentials?.ok === false
        ? credentials.why
        : "a profile's name is letters, digits, dot, dash and underscore.";
    process.stderr.write(`imsg-relay: ${why}\n`);
    process.exitCode = 1;
    return;
  }
  const { connection, settings } = credentials;
  const input = new Input(process.stdin);
  const output = new Output(process.stdout, () => process.exit(0));
  const isOld = !invocation.json;
  borrow({
    place: meetingPlace(home, connection),
    isOld,
    input,
    output,
    own: (open) => loadMain().rpc({ home, connection, settings, isOld, input, output, open }),
    done: () => output.flushed(() => process.exit(0)),
  });
}

/** `require` and not `import`: the bundle is CommonJS, and the module loader of the other kind takes 10 ms to start. */
function loadMain(): Program {
  const program: Program = require("./main.cjs");
  return program;
}

function loadCommands(): Commands {
  const commands: Commands = require("./commands.cjs");
  return commands;
}

// Node would print the whole minified line it happened in, and every line on stderr is an error in a gateway's log.
process.on("uncaughtException", (error) => {
  const [what = "", where = ""] = (error.stack ?? String(error)).split("\n    at ");
  process.stderr.write(`imsg-relay: internal error: ${what.slice(0, 500)} (${where})\n`);
  process.exit(1);
});
start(process.argv.slice(2));
