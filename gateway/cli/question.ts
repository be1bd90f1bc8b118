// What cannot be undone is asked for once more, by the name of what is lost.
import { createInterface } from "node:readline";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { harmless } from "./text-table.ts";

interface Question {
  /** What would be lost, line by line. */
  readonly lines: readonly string[];
  /** What is to be typed. */
  readonly name: string;
  readonly isYes: boolean;
  readonly json: boolean;
  readonly note: (line: string) => void;
}

/** Undefined = go on. */
export async function declined({ lines, name, isYes, json, note }: Question): Promise<ExitCode | undefined> {
  if (isYes) return undefined;
  if (json || !process.stdin.isTTY || !process.stderr.isTTY) {
    const why = json ? "with --json nobody is asked" : "nobody can be asked here, since this is no terminal";
    note(`${why}; nothing was changed. --yes does it without asking.`);
    return EXIT.misuse;
  }
  process.stderr.write(`${lines.join("\n")}\n\nTo go on, type its name (${harmless(name)}): `);
  const typed = await typedLine();
  if (typed === name) return undefined;
  note(typed === undefined ? "nothing was changed." : "that is another name; nothing was changed.");
  return EXIT.failed;
}

/** Undefined at the end of input. Ctrl-C ends the program, as everywhere. */
function typedLine(): Promise<string | undefined> {
  const lines = createInterface({ input: process.stdin, terminal: false });
  return new Promise((resolve) => {
    lines.once("line", (text) => {
      resolve(text.trim());
      lines.close();
      process.stdin.destroy();
    });
    lines.once("close", () => resolve(undefined));
  });
}
