// Markdown within one paragraph: what is shown, and in which styles.
import { inlineCode } from "../markdown-fences.ts";
import { pairMarks, type Mark, type Pair } from "./emphasis.ts";
import { flanksOf } from "./flanks.ts";
import { destinationAt, isAddress, shownLink } from "./links.ts";
import type { Work } from "./piece.ts";
import { moved, type Styled, type StyleSpan } from "./styles.ts";
import { specialNameEnd, Verbatim } from "./verbatim.ts";

type Token =
  /** Shown as it is; `isWord` where it is more than ASCII punctuation. */
  | { readonly kind: "text"; readonly styled: Styled; readonly isWord: boolean }
  | { readonly kind: "marks"; readonly source: string; readonly cluster: Cluster }
  | { readonly kind: "tag"; readonly source: string; readonly opens: boolean };

/** Marks of any kind that touch one another. */
interface Cluster {
  readonly start: number;
  readonly end: number;
}

export function readInline(source: string, work: Work): Styled {
  work.units += source.length;
  const tokens = tokensOf(source, work);
  const words = [0];
  for (const token of tokens)
    words.push((words.at(-1) ?? 0) + (token.kind === "text" && token.isWord ? 1 : 0));
  /** Marks around nothing but punctuation are a face, or a pattern of file names. */
  const hasWords = (open: number, close: number): boolean => (words[open] ?? 0) < (words[close] ?? 0);
  const { pairs, left } = pairMarks(
    tokens.flatMap((token, at) => markOf(token, at, source)),
    hasWords,
  );
  const tags = tagPairs(tokens, hasWords);
  const paired = new Set(tags.flatMap(({ open, close }) => [open, close]));
  return render(
    tokens.map((token, at): Styled => {
      if (token.kind === "text") return token.styled;
      const isShown = token.kind === "marks" || !paired.has(at);
      return plain(isShown ? token.source.slice(0, left.get(at) ?? token.source.length) : "");
    }),
    [...pairs, ...tags],
  );
}

const plain = (text: string): Styled => ({ text, spans: [] });

function render(shown: readonly Styled[], pairs: readonly Pair[]): Styled {
  let text = "";
  const spans: StyleSpan[] = [];
  const places = shown.map((part) => {
    const start = text.length;
    for (const span of moved(part.spans, start)) spans.push(span);
    text += part.text;
    return { start, end: text.length };
  });
  for (const { open, close, styles } of pairs)
    for (const style of styles)
      spans.push({ start: places[open]?.end ?? 0, end: places[close]?.start ?? 0, style });
  return { text, spans };
}

/** Runs of more than three are rules, blanks to fill in or censored words; one tilde means about. */
function markOf(token: Token, at: number, source: string): Mark[] {
  if (token.kind !== "marks") return [];
  const { source: run, cluster } = token;
  if (run.length > 3 || (run.startsWith("~") && run.length !== 2)) return [];
  const flanks = flanksOf(source, cluster.start, cluster.end, run);
  return flanks.opens || flanks.closes
    ? [{ token: at, char: run.charAt(0), count: run.length, ...flanks }]
    : [];
}

/** Underlined text has no marks in Markdown; `<u>` is what is left of HTML for it. The nearest two are a pair. */
function tagPairs(tokens: readonly Token[], hasWords: (open: number, close: number) => boolean): Pair[] {
  const pairs: Pair[] = [];
  let open: number | undefined;
  for (const [at, token] of tokens.entries()) {
    if (token.kind !== "tag") continue;
    if (open !== undefined && !token.opens && hasWords(open, at))
      pairs.push({ open, close: at, styles: ["underline"] });
    open = token.opens ? at : undefined;
  }
  return pairs;
}

/** An opening square bracket that may become a link. */
interface Bracket {
  readonly token: number;
  readonly start: number;
  readonly label: number;
}

const SPECIAL = /`|[*_~]+|\\|!?\[|\]|<|\$|https?:\/\/|www\.|[a-z]:\\/gi;

class Tokens {
  readonly list: Token[] = [];
  readonly verbatim: Verbatim;
  readonly #source: string;
  readonly #work: Work;
  readonly #brackets: Bracket[] = [];
  #text = "";

  constructor(source: string, work: Work) {
    this.#source = source;
    this.#work = work;
    this.verbatim = new Verbatim(source, work);
  }

  add(text: string): void {
    this.#text += text;
  }

  push(token: Token): void {
    this.flush();
    this.list.push(token);
  }

  flush(): void {
    if (this.#text === "") return;
    this.list.push({ kind: "text", styled: plain(this.#text), isWord: WORD.test(this.#text) });
    this.#text = "";
  }

  open(bracket: string, start: number): void {
    this.flush();
    this.#brackets.push({ token: this.list.length, start, label: start + bracket.length });
    this.add(bracket);
  }

  /** Where the link ends whose text ends here; undefined where there is none. */
  close(at: number): number | undefined {
    const bracket = this.#brackets.pop();
    if (bracket === undefined || this.#source.charAt(at + 1) !== "(") return undefined;
    const destination = destinationAt(this.#source, at + 1, this.#work);
    if (destination === undefined) return undefined;
    if (!isAddress(destination.address, this.#source.charAt(bracket.start - 1))) return undefined;
    const label = readInline(this.#source.slice(bracket.label, at), this.#work);
    this.flush();
    this.list.length = bracket.token;
    this.list.push({ kind: "text", styled: shownLink(label, destination.address), isWord: true });
    // Links hold no links, so every character is read twice at most.
    this.#brackets.length = 0;
    return destination.end;
  }
}

const WORD = /[\p{Letter}\p{Number}]|[^\p{ASCII}\s]/u;

function tokensOf(source: string, work: Work): Token[] {
  const tokens = new Tokens(source, work);
  const code = inlineCode(source);
  let nextCode = 0;
  let at = 0;
  for (;;) {
    SPECIAL.lastIndex = at;
    const found = SPECIAL.exec(source);
    if (found === null) break;
    tokens.add(source.slice(at, found.index));
    at = found.index;
    while ((code[nextCode]?.start ?? at) < at) nextCode += 1;
    const codeEnd = code[nextCode]?.start === at ? code[nextCode]?.end : undefined;
    if (codeEnd === undefined) {
      at = special(tokens, source, at, found[0]);
    } else {
      tokens.push({ kind: "text", styled: plain(source.slice(at, codeEnd)), isWord: true });
      at = codeEnd;
    }
  }
  tokens.add(source.slice(at));
  tokens.flush();
  return tokens.list;
}

function keep(tokens: Tokens, source: string, at: number, end: number): number {
  tokens.add(source.slice(at, end));
  return end;
}

/** Reads what begins at `at`; answers where it ends. */
function special(tokens: Tokens, source: string, at: number, found: string): number {
  const end = at + found.length;
  if (/^[*_~]/.test(found)) {
    const nameEnd = specialNameEnd(source, end - 2);
    const cluster = { start: at, end: nameEnd === undefined ? end : end - 2 };
    for (const [run] of source.slice(at, cluster.end).matchAll(/(.)\1*/g))
      tokens.push({ kind: "marks", source: run, cluster });
    return nameEnd === undefined ? end : keep(tokens, source, cluster.end, nameEnd);
  }
  if (found.endsWith("[")) {
    tokens.open(found, at);
    return end;
  }
  if (found === "]") return tokens.close(at) ?? keep(tokens, source, at, end);
  if (found === "<") {
    const tag = /^<(\/?)u>/i.exec(source.slice(at, at + 4));
    if (tag !== null) {
      tokens.push({ kind: "tag", source: tag[0], opens: tag[1] === "" });
      return at + tag[0].length;
    }
  }
  const verbatim = tokens.verbatim.endAt(at);
  if (verbatim !== undefined) {
    const text = source.slice(at, verbatim);
    tokens.add(/^<https?:\/\/\S+>$/i.test(text) ? text.slice(1, -1) : text);
    return verbatim;
  }
  if (found === "\\") return escape(tokens, source, at);
  return keep(tokens, source, at, found === "`" ? ticksEnd(source, at) : at + 1);
}

function ticksEnd(source: string, at: number): number {
  let end = at;
  while (source.charAt(end) === "`") end += 1;
  return end;
}

/**
 * A backslash is left out before what it keeps from being markup, and there only: paths, formulas and faces have
 * backslashes too. Two of them stay two.
 */
function escape(tokens: Tokens, source: string, at: number): number {
  const next = source.charAt(at + 1);
  if (next === "\\") return keep(tokens, source, at, at + 2);
  const before = source.charAt(at - 1);
  const isFirst = before === "" || before === "\n";
  const isEscape =
    ("*_~`[]<>#|$".includes(next) && next !== "" && before !== "¯") ||
    ("-+".includes(next) && next !== "" && isFirst) ||
    (next === "." && /\d/.test(before)) ||
    (next === "!" && source.charAt(at + 2) === "[");
  if (!isEscape) return keep(tokens, source, at, at + 1);
  tokens.add(next);
  return at + 2;
}
