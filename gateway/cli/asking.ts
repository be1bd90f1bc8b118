// The frame of every command that asks the relay for something: what was typed, the login, and how it ends.
import type { AccountTarget } from "../client/account.ts";
import { ClientError } from "../client/client-error.ts";
import { httpFetch } from "../node/http-fetch.ts";
import { findCredentials } from "../profile/credentials.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { adviceOf, exitOf, failureJson, requestOf, sentenceOf } from "./failure-report.ts";
import type { Invocation } from "./invocation.ts";
import type { Run } from "./run.ts";

export interface Asking {
  readonly target: AccountTarget;
  /** One JSON object a line, and nothing else, on standard output. */
  readonly json: boolean;
  /** Cells of a line of the terminal; undefined = nobody looks, it is a pipe or a file. */
  readonly columns: number | undefined;
  readonly say: (line: string) => void;
  /** For a human, beside what is printed. */
  readonly note: (line: string) => void;
}

interface Asked<Wish> {
  /** What was typed, understood; or the sentence that says what is wrong with it. */
  readonly read: (invocation: Invocation) => Wish | string | Promise<Wish | string>;
  readonly run: (wish: Wish, asking: Asking) => Promise<ExitCode>;
  /** What the key must have. */
  readonly scope: string;
}

const note = (line: string): void => console.error(`imsg-relay: ${line}`);

/** Where the terminal does not say how wide it is. */
const DEFAULT_COLUMNS = 80;

export function asking<Wish extends object>(name: string, { read, run, scope }: Asked<Wish>): Run {
  return async (invocation, home) => {
    const wish = await read(invocation);
    if (typeof wish === "string") {
      note(`${wish}; see imsg-relay ${name} --help`);
      return EXIT.misuse;
    }
    const credentials = findCredentials(process.env, home);
    if (!credentials.ok) {
      note(credentials.why);
      return EXIT.no_access;
    }
    const { stdout } = process;
    // Whoever stops reading has seen enough; what was done is done, and the exit code still says it.
    stdout.on("error", () => undefined);
    try {
      return await run(wish, {
        target: { ...credentials.connection, fetch: httpFetch },
        json: invocation.json,
        columns: stdout.isTTY ? stdout.columns || DEFAULT_COLUMNS : undefined,
        say: (line) => void stdout.write(`${line}\n`),
        note,
      });
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      if (invocation.json) stdout.write(`${JSON.stringify(failureJson(error))}\n`);
      note(`${sentenceOf(error)}${adviceOf(error, scope)}${requestOf(error)}`);
      return exitOf(error);
    }
  };
}
