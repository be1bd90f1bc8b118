// What an import finds, gathered while it reads: the document so far, and where everything went.
import { replaceAt } from "./edit.ts";
import type { KeyFate } from "./openclaw-keys.ts";
import { nearest } from "./nearest.ts";
import { formatPath, type ConfigPath } from "./path.ts";
import { shortText, type ConfigProblem } from "./problem.ts";

/** Every key of the file that bears on the channel is in exactly one of the four. Paths in ours are the document's. */
export interface ImportReport {
  readonly applied: readonly { readonly path: string; readonly from: string }[];
  readonly notHere: readonly { readonly path: string; readonly why: string }[];
  readonly forTheMac: readonly { readonly path: string; readonly command: string }[];
  /** Their paths are the file's, where they came from it. */
  readonly problems: readonly ConfigProblem[];
}

export class ImportNotes {
  /** Not validated yet. */
  document: unknown = {};
  readonly applied: { path: string; from: string }[] = [];
  readonly notHere: { path: string; why: string }[] = [];
  readonly forTheMac: { path: string; command: string }[] = [];
  readonly problems: ConfigProblem[] = [];
  readonly #skipsUnknown: boolean;

  constructor(skipsUnknown: boolean) {
    this.#skipsUnknown = skipsUnknown;
  }

  apply(to: ConfigPath, value: unknown, ...from: readonly string[]): void {
    this.document = replaceAt(this.document, to, value);
    this.applied.push({ path: formatPath(to), from: from.join(", ") });
  }

  setAside(from: ConfigPath, why: string): void {
    this.notHere.push({ path: formatPath(from), why });
  }

  /** What is no setting of ours. */
  dispose(from: ConfigPath, fate: Exclude<KeyFate, { kind: "ours" }>): void {
    if (fate.kind === "gateway") this.setAside(from, fate.why);
    else this.forTheMac.push({ path: formatPath(from), command: fate.command });
  }

  problem(from: ConfigPath, problem: string, value: unknown): void {
    this.problems.push({ path: formatPath(from), problem, value: shortText(value) });
  }

  /** It may restrict something that we would leave open, so that the default is to stop. */
  unknown(from: ConfigPath, value: unknown, known: readonly string[]): void {
    const meant = nearest(from.at(-1) ?? "", known);
    const hint = meant === undefined ? {} : { nearest: meant };
    if (this.#skipsUnknown)
      this.setAside(from, `not known${meant === undefined ? "" : `; like \`${meant}\``}`);
    else
      this.problems.push({
        path: formatPath(from),
        problem: "is no setting that is known",
        value: shortText(value),
        ...hint,
      });
  }
}
