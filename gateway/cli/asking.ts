// The frame of every command that asks the relay for something: what was typed, by which key, and how it ends.
import type { AccountTarget } from "../client/account.ts";
import { ClientError } from "../client/client-error.ts";
import { httpFetch } from "../node/http-fetch.ts";
import { findCredentials } from "../profile/credentials.ts";
import type { Home } from "../profile/home.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { adviceOf, exitOf, failureJson, requestOf, sentenceOf } from "./failure-report.ts";
import type { Invocation } from "./invocation.ts";
import type { Run } from "./run.ts";

export interface AskingOf<Target> {
  readonly target: Target;
  /** One JSON object a line, and nothing else, on standard output. */
  readonly json: boolean;
  /** Cells of a line of the terminal; undefined = nobody looks, it is a pipe or a file. */
  readonly columns: number | undefined;
  readonly say: (line: string) => void;
  /** For a human, beside what is printed. */
  readonly note: (line: string) => void;
}
export type Asking = AskingOf<AccountTarget>;

interface Asked<Wish, Target> {
  /** What was typed, understood; or the sentence that says what is wrong with it. */
  readonly read: (invocation: Invocation) => Wish | string | Promise<Wish | string>;
  readonly run: (wish: Wish, asking: AskingOf<Target>) => Promise<ExitCode>;
}

/** Where the relay is, and by which key it is asked; or the sentence that says why nobody knows. */
export type Found<Target> =
  | { readonly ok: true; readonly target: Target }
  | { readonly ok: false; readonly why: string; readonly exit: ExitCode };

interface Frame<Wish, Target> extends Asked<Wish, Target> {
  readonly find: (invocation: Invocation, home: Home) => Found<Target>;
  /** What to do about a refusal. */
  readonly advise: (error: ClientError, target: Target) => string;
}

const note = (line: string): void => console.error(`imsg-relay: ${line}`);

/** Where the terminal does not say how wide it is. */
const DEFAULT_COLUMNS = 80;

/** By the login; `scope`: what its key must have. */
export const asking = <Wish extends object>(
  name: string,
  { read, run, scope }: Asked<Wish, AccountTarget> & { readonly scope: string },
): Run => framed(name, { read, run, find: loginOf, advise: (error) => adviceOf(error, scope) });

export function framed<Wish extends object, Target>(
  name: string,
  { read, run, find, advise }: Frame<Wish, Target>,
): Run {
  return async (invocation, home) => {
    const wish = await read(invocation);
    if (typeof wish === "string") {
      note(`${wish}; see imsg-relay ${name} --help`);
      return EXIT.misuse;
    }
    const found = find(invocation, home);
    if (!found.ok) {
      note(found.why);
      return found.exit;
    }
    const { target } = found;
    const { stdout } = process;
    // Whoever stops reading has seen enough; what was done is done, and the exit code still says it.
    stdout.on("error", () => undefined);
    try {
      return await run(wish, {
        target,
        json: invocation.json,
        columns: stdout.isTTY ? stdout.columns || DEFAULT_COLUMNS : undefined,
        say: (line) => void stdout.write(`${line}\n`),
        note,
      });
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      if (invocation.json) stdout.write(`${JSON.stringify(failureJson(error))}\n`);
      note(`${sentenceOf(error)}${advise(error, target)}${requestOf(error)}`);
      return exitOf(error);
    }
  };
}

function loginOf(_: Invocation, home: Home): Found<AccountTarget> {
  const credentials = findCredentials(process.env, home);
  if (!credentials.ok) return { ok: false, why: credentials.why, exit: EXIT.no_access };
  return { ok: true, target: { ...credentials.connection, fetch: httpFetch } };
}
