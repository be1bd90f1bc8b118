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
    .map((line) => line.replace(/(`+)[^`]+\1(?!`)/g, " "))
    .join("\n");
}
