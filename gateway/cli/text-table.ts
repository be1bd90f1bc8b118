import { cells, cut, padded } from "./text-cells.ts";

/** For a terminal that is so wide; `elastic`: the columns that may be cut to fit, by their number. */
interface Fit {
  /** Undefined: as wide as it likes, for a pipe. */
  readonly columns: number | undefined;
  readonly elastic: readonly number[];
}

const GAP = "  ";
/** No column is cut to less, in cells: a name is still told from another. */
const MIN_WIDTH = 8;

/** Rows in columns. Without `fit` the last one may be as long as it is. */
export function textTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  fit: Fit = { columns: undefined, elastic: [] },
): string[] {
  const lines = [head, ...rows.map((row) => row.map(harmless))];
  const natural = head.map((_, column) => Math.max(...lines.map((line) => cells(line[column] ?? ""))));
  const widths = fitted(natural, fit);
  return lines.map((line) =>
    line
      .map((text, column) => padded(cut(text, widths[column] ?? 0), widths[column] ?? 0))
      .join(GAP)
      .trimEnd(),
  );
}

/** Takes from the widest elastic column until everything fits, or nothing more can be taken. */
function fitted(natural: readonly number[], { columns, elastic }: Fit): readonly number[] {
  const widths = [...natural];
  if (columns === undefined) return widths;
  const over = (): number =>
    widths.reduce((sum, width) => sum + width, 0) + GAP.length * (widths.length - 1) - columns;
  const widthOf = (column: number): number => widths[column] ?? 0;
  while (over() > 0) {
    const widest = [...elastic].sort((a, b) => widthOf(b) - widthOf(a))[0];
    if (widest === undefined || widthOf(widest) <= MIN_WIDTH) break;
    widths[widest] = widthOf(widest) - 1;
  }
  return widths;
}

/** What joins two people to a family, and tells letters of some scripts from one another. */
const JOINERS = new Set(["\u200C", "\u200D"]);
/** England, Scotland, Wales: a flag and letters that nobody sees. */
const FLAG = "\\u{1F3F4}[\\u{E0020}-\\u{E007E}]{1,6}\\u{E007F}";
const UNSAFE = new RegExp(`${FLAG}|[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]`, "gu");

/** Nothing in a text from elsewhere may move the cursor, colour the terminal or turn a line around. */
export const harmless = (text: string): string =>
  text.replaceAll(UNSAFE, (found) => (found.length > 2 || JOINERS.has(found) ? found : "?"));

/** Marks without a look of their own, which people's keyboards put into texts; U+FFFC stands for an attachment. */
const SILENT = /[\u00AD\u200E\u200F\u2060\uFEFF\uFFFC]/g;

/** A message's text, line by line. */
export const harmlessLines = (text: string): string[] =>
  text
    .replaceAll(SILENT, "")
    .trimEnd()
    .split(/\r\n|[\n\r\u0085\u2028\u2029]/)
    .map((line) => harmless(line.replaceAll("\t", "  ")));
