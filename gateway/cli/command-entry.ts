import type { CommandOptions } from "./invocation.ts";

export interface CommandEntry extends CommandOptions {
  readonly usage: string;
  readonly summary: string;
  /** Lines of `<command> --help` after the summary. */
  readonly more?: readonly string[];
  /** Absent = it is there. */
  readonly refusal?: Refusal;
}

/**
 * A command of imsg's that the relay cannot carry (yet). `falls_back`: the gateway does the same by another way if,
 * and only if, the text says in imsg's words that the command is not known; elsewhere those words would make it repeat
 * what may have happened.
 */
export interface Refusal {
  readonly says: string;
  readonly falls_back: boolean;
}
