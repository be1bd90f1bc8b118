import { HELP, readArguments, type Arguments } from "./arguments.ts";
import { demo } from "./demo.ts";
import { assertNever } from "../shared/result.ts";
import { layoutOf, ownDist } from "./layout.ts";
import { serve } from "./serve.ts";
import { start } from "./start.ts";
import { openTerminal } from "./terminal.ts";

const terminal = openTerminal(process.env, process.stdout, process.stderr);

async function main(): Promise<number> {
  let args: Arguments;
  try {
    args = readArguments(process.argv.slice(2), process.env);
  } catch (error) {
    terminal.warn(error instanceof Error ? error.message : String(error));
    terminal.warn("npm start -- --help says what there is.");
    return 2;
  }
  const layout = layoutOf(ownDist(process.argv[1]));
  switch (args.command) {
    case "help":
      terminal.say(HELP);
      return 0;
    case "start":
      return start(args, layout, terminal);
    case "demo":
      return demo(layout, terminal);
    case "serve":
      return serve(args, layout, terminal);
    default:
      return assertNever(args.command);
  }
}

main().then(
  // Sockets of ours that linger must not keep the terminal.
  (code) => process.exit(code),
  (error: unknown) => {
    terminal.warn(error instanceof Error ? error.message : String(error));
    process.exit(1);
  },
);
