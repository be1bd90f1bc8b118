// A question to whoever sits at the terminal.
import { Socket } from "node:net";
import { createInterface } from "node:readline";
import { EXIT, failed, type CommandInput, type ExitCode } from "./command.ts";

/** Whether somebody can be asked. */
const hasHuman = (): boolean => process.stdin.isTTY && process.stdout.isTTY;

/** The next line of standard input; undefined at its end. */
export function readLine(): Promise<string | undefined> {
  const { stdin } = process;
  // Line by line as the terminal gives it, which edits and echoes; Ctrl-C ends the program.
  const lines = createInterface({ input: stdin, terminal: false });
  if (stdin instanceof Socket) stdin.ref();
  return new Promise((resolve) => {
    lines.once("line", (text) => {
      resolve(text.trim());
      lines.close();
    });
    lines.once("close", () => {
      resolve(undefined);
      // A pipe that stays open must not keep the process.
      if (stdin instanceof Socket) stdin.unref();
    });
  });
}

/** Undefined = go on. Nothing but a `y` is a yes; with `--json` nothing is asked, since a program reads. */
export async function confirm(
  question: string,
  { options }: Pick<CommandInput, "options">,
): Promise<ExitCode | undefined> {
  if (options["yes"] === true) return undefined;
  const isJson = options["json"] === true;
  if (isJson || !hasHuman()) {
    const why = isJson
      ? "with --json nobody is asked"
      : "nobody can be asked here, since this is no terminal";
    return failed(`${why}; nothing was changed. --yes does it without asking`, isJson, EXIT.declined);
  }
  process.stdout.write(`${question} [y/N] `);
  const answer = (await readLine())?.toLowerCase();
  if (answer === undefined) process.stdout.write("\n");
  return answer === "y" || answer === "yes" ? undefined : EXIT.declined;
}
