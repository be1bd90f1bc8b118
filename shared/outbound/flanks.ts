// Whether asterisks, underscores and tildes may begin or end a style, by what stands beside them. CommonMark is the
// model, but where it may be something else (a product, a file pattern, a name, a face) it is left alone.

export interface Flanks {
  readonly opens: boolean;
  readonly closes: boolean;
}

/**
 * `space`: whitespace or nothing · `word`: a letter or digit · `dense`: a letter of a script that puts no blanks
 * between words · `sign`: ASCII punctuation · `tag`: of underlined text · `other`: every other sign, emoji too.
 */
type Kind = "space" | "word" | "dense" | "sign" | "tag" | "other";

interface Side {
  readonly char: string;
  readonly kind: Kind;
}

/** The marks from `start` to `end` are of any kind, `run` is one of theirs: what stands outside counts for all. */
export function flanksOf(text: string, start: number, end: number, run: string): Flanks {
  const left = sideOf(charBefore(text, start), /<\/?u>$/i.test(text.slice(Math.max(0, start - 4), start)));
  const right = sideOf(charAfter(text, end), /^<\/?u>/i.test(text.slice(end, end + 4)));
  return {
    opens: opens(left, right, run),
    closes: closes(left, right, run) && !(right.char === "." && isWord(charAfter(text, end + 1))),
  };
}

function opens(outer: Side, inner: Side, run: string): boolean {
  if (inner.kind === "space" || CLOSING.test(inner.char) || ">/".includes(inner.char)) return false;
  if (outer.kind === "sign" && !OPENING.test(outer.char)) {
    const signs = run.length > 1 && run[0] !== "_" ? WIDE_BEFORE : NARROW_BEFORE;
    return signs.includes(outer.char) && (inner.kind !== "sign" || MARKUP.includes(inner.char));
  }
  return outer.kind !== "word" && (outer.kind !== "dense" || run[0] !== "_");
}

function closes(inner: Side, outer: Side, run: string): boolean {
  if (inner.kind === "space" || OPENING.test(inner.char) || "</\\".includes(inner.char)) return false;
  if (outer.kind === "sign") {
    const signs = run.length > 1 && run[0] !== "_" ? WIDE_AFTER : NARROW_AFTER;
    return signs.includes(outer.char);
  }
  return outer.kind !== "word" && (outer.kind !== "dense" || run[0] !== "_");
}

const OPENING = /^[\p{Ps}\p{Pi}]$/u;
const CLOSING = /^[\p{Pe}\p{Pf}]$/u;

/** Signs that may stand outside of a style: more of them where two marks say so more clearly. */
const NARROW_BEFORE = `"':,-`;
const WIDE_BEFORE = `${NARROW_BEFORE}.;!?|/&+=#%@<>^$\``;
const NARROW_AFTER = `)]}"'.,;:!?-|`;
const WIDE_AFTER = `${NARROW_AFTER}/&+=#%@<>^$\``;
/** Signs that begin markup of other kinds, or a name. */
const MARKUP = "`[$\\<#@";

function sideOf(char: string, isTag: boolean): Side {
  if (isTag) return { char: "u", kind: "tag" };
  if (char < "\u0080")
    return { char, kind: /[a-z0-9]/i.test(char) ? "word" : /\S/.test(char) ? "sign" : "space" };
  if (DENSE.test(char)) return { char, kind: "dense" };
  return { char, kind: isWord(char) ? "word" : /\s/.test(char) ? "space" : "other" };
}

const DENSE =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\u30FC]$/u;
/** Of the marks that combine with letters, two belong to emoji. */
const isWord = (char: string): boolean => /^(?![\uFE0F\u20E3])[\p{Letter}\p{Number}\p{Mark}]$/u.test(char);

const charAfter = (text: string, at: number): string => {
  const code = text.codePointAt(at);
  return code === undefined ? "" : String.fromCodePoint(code);
};

function charBefore(text: string, at: number): string {
  const pair = text.slice(Math.max(0, at - 2), at);
  return /^[\uD800-\uDBFF][\uDC00-\uDFFF]$/.test(pair) ? pair : pair.slice(-1);
}
