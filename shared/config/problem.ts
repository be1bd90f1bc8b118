/** One mistake in a document, for a human. */
export interface ConfigProblem {
  /** As `path.ts` writes it; empty = the whole document. */
  readonly path: string;
  /** What is wrong, and what is allowed. */
  readonly problem: string;
  /** What stands there, shortened; empty where nothing does. */
  readonly value: string;
  /** The known name that was probably meant. */
  readonly nearest?: string;
}

/** What is allowed and probably not meant. */
export interface ConfigWarning {
  readonly path: string;
  readonly problem: string;
}

/** A document may be wrong in more places than anybody reads. */
export const MAX_PROBLEMS = 50;
const MAX_VALUE_CHARS = 60;

/** A value as it is shown in a problem. */
export function shortText(value: unknown): string {
  if (value === undefined) return "";
  const text = JSON.stringify(value) ?? "";
  // By code points, so that no half of one is shown.
  const shown = Array.from(text.slice(0, MAX_VALUE_CHARS * 2));
  return shown.length <= MAX_VALUE_CHARS ? text : `${shown.slice(0, MAX_VALUE_CHARS - 1).join("")}…`;
}
