// Where code stands in a Markdown text. Fences as in CommonMark: three or more backticks or tildes, indented by
// at most three blanks, closed by at least as many of the same, or by the end of the text.

const OPENING = /^ {0,3}(`{3,}|~{3,})([^\n]*)$/;

/** For every line whether it belongs to a fenced block, its fences included. */
export function fencedLines(lines: readonly string[]): boolean[] {
  let fence: string | undefined;
  return lines.map((line) => {
    const match = OPENING.exec(line);
    const mark = match?.[1];
    const info = match?.[2] ?? "";
    if (fence === undefined) {
      // A backtick in the info string makes it inline code.
      if (mark === undefined || (mark.startsWith("`") && info.includes("`"))) return false;
      fence = mark;
      return true;
    }
    if (mark !== undefined && mark.startsWith(fence) && info.trim() === "") fence = undefined;
    return true;
  });
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

/** Inline code runs from some backticks to the next run of as many. One pass: texts come from strangers. */
function withoutInlineCode(line: string): string {
  if (!line.includes("`")) return line;
  const runs = Array.from(line.matchAll(/`+/g), (match) => ({
    from: match.index,
    to: match.index + match[0].length,
  }));
  const closing = closingRuns(runs);
  let out = "";
  let at = 0;
  for (const [index, run] of runs.entries()) {
    const close = closing[index];
    if (run.from < at || close === undefined) continue;
    out += `${line.slice(at, run.from)} `;
    at = close;
  }
  return out + line.slice(at);
}

/** For every run where the next one of its length ends; undefined where there is none. */
function closingRuns(runs: readonly { from: number; to: number }[]): (number | undefined)[] {
  const nearest = new Map<number, number>();
  const ends: (number | undefined)[] = [];
  for (let index = runs.length - 1; index >= 0; index -= 1) {
    const run = runs[index];
    if (run === undefined) continue;
    const length = run.to - run.from;
    ends[index] = nearest.get(length);
    nearest.set(length, run.to);
  }
  return ends;
}
