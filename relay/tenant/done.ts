// What came of an administrative act, and what follows from it.
import type { Refused } from "../../shared/errors.ts";
import { err, type Result } from "../../shared/result.ts";
import type { Act } from "./audit-book.ts";

export interface Done<T> {
  readonly answer: Result<T, Refused>;
  /** What the audit says of it; null = it only looked. */
  readonly act: Act | null;
  /** Whether other objects must be told. */
  readonly isNews: boolean;
}

export const notDone = (act: Act, why: Refused): Done<never> => ({ answer: err(why), act, isNews: false });
