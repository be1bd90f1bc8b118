import type { CommandOptions } from "./invocation.ts";

export interface CommandEntry extends CommandOptions {
  readonly usage: string;
  readonly summary: string;
  /** Lines of `<command> --help` after the summary. */
  readonly more?: readonly string[];
  /**
   * Why a command of imsg's is not there (yet). Never that it is not known: gateways do the same by another way then.
   * Absent = it is there.
   */
  readonly refusal?: string;
}
