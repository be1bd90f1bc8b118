// What stands in a text as it is, whatever marks are in it: addresses, paths, tags and formulas.
import type { Work } from "./piece.ts";

/** Asked from the beginning of a text to its end, so that it looks for each closing mark once. */
export class Verbatim {
  readonly #text: string;
  readonly #work: Work;
  readonly #nearest = new Map<string, number>();

  constructor(text: string, work: Work) {
    this.#text = text;
    this.#work = work;
  }

  /** Where what begins at `at` ends; undefined where nothing does that must stay as it is. */
  endAt(at: number): number | undefined {
    const before = this.#text.charAt(at - 1);
    switch (this.#text.charAt(at)) {
      case "<":
        return this.#match(TAG, at);
      case "$":
        return this.#formula(at);
      case "\\":
        return this.#braced(at) ?? (/[\w\\]/.test(before) ? undefined : this.#trimmed(SHARE, at));
      default:
        return /\w/.test(before) ? undefined : this.#trimmed(ADDRESS, at);
    }
  }

  #match(pattern: RegExp, at: number): number | undefined {
    pattern.lastIndex = at;
    return pattern.test(this.#text) ? pattern.lastIndex : undefined;
  }

  /** Signs at the end of an address belong to the sentence around it. */
  #trimmed(pattern: RegExp, at: number): number | undefined {
    let end = this.#match(pattern, at);
    while (end !== undefined && end > at && "*_~.,;:!?'\")}]".includes(this.#text.charAt(end - 1))) end -= 1;
    return end;
  }

  /** `$…$` and `$$…$$`: prices are no formulas, so `$…$` must look like one and have no blanks inside its marks. */
  #formula(at: number): number | undefined {
    const mark = this.#text.startsWith("$$", at) ? "$$" : "$";
    const formula = this.#upTo(mark, at + mark.length);
    if (formula === undefined || formula.trim() === "") return undefined;
    const end = at + 2 * mark.length + formula.length;
    if (mark === "$$") return end;
    const isFormula = !formula.includes("\n") && formula.trim() === formula && MATHS.test(formula);
    return isFormula && !/\d/.test(this.#text.charAt(end)) ? end : undefined;
  }

  /** `\(…\)` and `\[…\]`: escaped brackets look the same, so it must look like a formula. */
  #braced(at: number): number | undefined {
    const close = BRACES.get(this.#text.charAt(at + 1));
    const formula = close === undefined ? undefined : this.#upTo(close, at + 2);
    return formula === undefined || !MATHS.test(formula) ? undefined : at + 4 + formula.length;
  }

  /** What stands before the next such mark; undefined where there is none, or code before it. */
  #upTo(mark: string, at: number): string | undefined {
    const end = this.#next(mark, at);
    const code = this.#next("`", at);
    if (end === -1 || (code !== -1 && code < end)) return undefined;
    return this.#text.slice(at, end);
  }

  #next(mark: string, at: number): number {
    const known = this.#nearest.get(mark);
    if (known === -1 || (known !== undefined && known >= at)) return known;
    const found = this.#text.indexOf(mark, at);
    this.#work.units += (found === -1 ? this.#text.length : found) - at;
    this.#nearest.set(mark, found);
    return found;
  }
}

/** Any tag, also one that nobody knows; addresses in angle brackets. */
const TAG = /<\/?[A-Za-z][^<>\n`]*>/y;
const ADDRESS = /(?:(?:https?:\/\/|www\.)[^\s<>[\]"`]+|[a-z]:\\[^\s<>"`]*)/iy;
/** A computer's name begins with a letter or digit: other things do not follow two backslashes by chance. */
const SHARE = /\\\\[A-Za-z0-9][^\s<>"`]*/y;

const MATHS = /[\\^_={}]/;
const BRACES = new Map([
  ["(", "\\)"],
  ["[", "\\]"],
]);

/** Where a name like `__init__` ends that begins at `at`: programs have many, and people no bold words like them. */
export function specialNameEnd(text: string, at: number): number | undefined {
  SPECIAL_NAME.lastIndex = at;
  const name = SPECIAL_NAME.exec(text)?.[0];
  if (name === undefined) return undefined;
  const end = at + name.length;
  const isUsed = /^(?:\(|\.\w)/.test(text.slice(end, end + 2));
  return isUsed || KNOWN_NAMES.has(name.slice(2, -2)) ? end : undefined;
}

const SPECIAL_NAME = /__[a-z0-9]+(?:_[a-z0-9]+)*__(?!_)/y;
const KNOWN_NAMES: ReadonlySet<string> = new Set(
  "all builtins call class del dict doc enter eq exit file future getattr getitem hash init iter len main module name new next repr setattr setitem slots str version".split(
    " ",
  ),
);
