// Where code stands in a Markdown text. Fences as in CommonMark: three or more backticks or tildes, indented by
// at most three blanks, closed by at least as many of the same, or by the end of the text.

const FENCE = /^( {0,3})(`{3,}|~{3,})([^\n]*)$/;

/** A fenced block by its lines' numbers. */
export interface Fence {
  readonly first: number;
  /** Its closing fence, or the last line there is where it is not closed. */
  readonly last: number;
  readonly isClosed: boolean;
  /** The backticks or tildes that opened it, and the blanks before them. */
  readonly mark: string;
  readonly indent: string;
}

export function fencesOf(lines: readonly string[]): Fence[] {
  const fences: Fence[] = [];
  let open: { first: number; mark: string; indent: string } | undefined;
  for (const [at, line] of lines.entries()) {
    const [, indent = "", mark, info = ""] = FENCE.exec(line) ?? [];
    if (mark === undefined) continue;
    if (open === undefined) {
      // A backtick in the info string makes it inline code.
      if (!mark.startsWith("`") || !info.includes("`")) open = { first: at, mark, indent };
    } else if (mark.startsWith(open.mark) && info.trim() === "") {
      fences.push({ ...open, last: at, isClosed: true });
      open = undefined;
    }
  }
  if (open !== undefined) fences.push({ ...open, last: lines.length - 1, isClosed: false });
  return fences;
}

/** For every line whether it belongs to a fenced block, its fences included. */
export function fencedLines(lines: readonly string[]): boolean[] {
  const fenced = lines.map(() => false);
  for (const { first, last } of fencesOf(lines)) fenced.fill(true, first, last + 1);
  return fenced;
}

/** Fenced blocks and what is inline code on its line, in order. */
export function codeSpans(text: string): Span[] {
  const lines = text.split("\n");
  const fenced = fencedLines(lines);
  const spans: Span[] = [];
  let start = 0;
  for (const [at, line] of lines.entries()) {
    if (fenced[at] === true) spans.push({ start, end: start + line.length });
    else
      for (const code of inlineCode(line)) spans.push({ start: start + code.start, end: start + code.end });
    start += line.length + 1;
  }
  return spans;
}

/** The text without fenced blocks and inline code. */
export function withoutCode(text: string): string {
  const lines = text.split("\n");
  const fenced = fencedLines(lines);
  return lines
    .filter((_, at) => fenced[at] !== true)
    .map(withoutInlineCode)
    .join("\n");
}

function withoutInlineCode(line: string): string {
  let out = "";
  let at = 0;
  for (const { start, end } of inlineCode(line)) {
    out += `${line.slice(at, start)} `;
    at = end;
  }
  return out + line.slice(at);
}

/** By UTF-16 offsets, `end` being the first unit after it. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Inline code, backticks included: from some backticks to the next run of as many, none of which a backslash
 * before them keeps from beginning it. One pass: texts come from strangers.
 */
export function inlineCode(text: string): Span[] {
  if (!text.includes("`")) return [];
  const runs = Array.from(text.matchAll(/`+/g), (match) => ({
    start: match.index,
    end: match.index + match[0].length,
  }));
  const closing = closingRuns(runs);
  const spans: Span[] = [];
  let done = 0;
  for (const [index, { start }] of runs.entries()) {
    const end = closing[index];
    if (start < done || end === undefined || isEscaped(text, start)) continue;
    spans.push({ start, end });
    done = end;
  }
  return spans;
}

/** Whether an odd number of backslashes stands before it. */
export function isEscaped(text: string, at: number): boolean {
  let first = at;
  while (text.charAt(first - 1) === "\\") first -= 1;
  return (at - first) % 2 === 1;
}

/** For every run where the next one of its length ends; undefined where there is none. */
function closingRuns(runs: readonly Span[]): (number | undefined)[] {
  const nearest = new Map<number, number>();
  const ends: (number | undefined)[] = [];
  for (let index = runs.length - 1; index >= 0; index -= 1) {
    const run = runs[index];
    if (run === undefined) continue;
    const length = run.end - run.start;
    ends[index] = nearest.get(length);
    nearest.set(length, run.end);
  }
  return ends;
}
