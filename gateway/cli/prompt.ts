import { MAX_CONNECTION_CHARS } from "../limits.ts";

const ENTER = new Set(["\r", "\n", "\u0004"]);
const BACKSPACE = new Set(["\u007f", "\b"]);
const CTRL_C = "\u0003";

/**
 * One line that is a secret: from a pipe, or from a terminal that does not show it. Undefined where there is none.
 * Read as it comes, because whoever pipes it may keep the pipe open.
 */
export function readSecret(prompt: string): Promise<string | undefined> {
  const { stdin, stderr } = process;
  const isTerminal = stdin.isTTY;
  if (isTerminal) {
    stderr.write(prompt);
    stdin.setRawMode(true);
  }
  stdin.setEncoding("utf8");
  return new Promise((resolve) => {
    let typed = "";
    const finish = (): void => {
      stdin.off("data", take);
      stdin.off("end", finish);
      if (isTerminal) {
        stdin.setRawMode(false);
        stderr.write("\n");
      }
      // A pipe that stays open must not keep the process.
      stdin.destroy();
      const line = typed.trim();
      resolve(line === "" || line.length > MAX_CONNECTION_CHARS ? undefined : line);
    };
    const take = (chunk: string): void => {
      for (const key of chunk) {
        if (ENTER.has(key)) {
          finish();
          return;
        }
        if (isTerminal && key === CTRL_C) process.exit(130);
        if (isTerminal && BACKSPACE.has(key)) typed = typed.slice(0, -1);
        else if (typed.length <= MAX_CONNECTION_CHARS) typed += key;
      }
    };
    stdin.on("data", take);
    stdin.on("end", finish);
  });
}
