// Messages shows no tables, so those of Markdown (GitHub's kind) are rewritten before a text is sent.
import { fencedLines } from "../markdown-fences.ts";

/** `block` is another name for `code`. */
export type TableMode = "off" | "bullets" | "code" | "block";

interface Table {
  readonly head: readonly string[];
  readonly aligns: readonly Align[];
  readonly rows: readonly (readonly string[])[];
}
type Align = "left" | "right" | "center";

export function rewriteTables(text: string, mode: TableMode): string {
  if (mode === "off" || !text.includes("|")) return text;
  const lines = text.split("\n").map((line) => line.replace(/\r$/, ""));
  const fenced = fencedLines(lines);
  const out: string[] = [];
  let found = false;
  for (let at = 0; at < lines.length;) {
    const end = tableEnd(lines, fenced, at);
    if (end === undefined) {
      out.push(lines[at] ?? "");
      at += 1;
      continue;
    }
    const table = lines.slice(at, end);
    const isTooLarge = sizeOf(table) > MAX_TABLE_CHARS;
    found ||= !isTooLarge;
    for (const line of isTooLarge ? table : render(readTable(table), mode)) out.push(line);
    at = end;
  }
  return found ? out.join("\n") : text;
}

/** Where the table that begins at this line ends; undefined where none does. */
function tableEnd(lines: readonly string[], fenced: readonly boolean[], start: number): number | undefined {
  const isRow = (at: number): boolean => fenced[at] === false && isTableLine(lines[at] ?? "");
  if (!isRow(start) || fenced[start + 1] !== false) return undefined;
  const aligns = alignsOf(lines[start + 1] ?? "");
  if (aligns === undefined || aligns.length !== cellsOf(lines[start] ?? "").length) return undefined;
  let end = start + 2;
  while (isRow(end)) end += 1;
  return end;
}

/** What a table may become, in UTF-16 units: every row is filled up to the widest, so a short text can be a huge one. */
const MAX_TABLE_CHARS = 1_000_000;

/** At least as long as the table is when it is written out: rows times what is widest in each, with its frame. */
function sizeOf(lines: readonly string[]): number {
  const columns = cellsOf(lines[0] ?? "").length;
  if (columns * lines.length > MAX_TABLE_CHARS) return Number.POSITIVE_INFINITY;
  const widths = Array.from({ length: columns }, () => 3);
  for (const line of lines)
    for (const [at, cell] of cellsOf(line).slice(0, columns).entries())
      widths[at] = Math.max(widths[at] ?? 0, cell.length + 3);
  return lines.length * widths.reduce((sum, width) => sum + width, 0);
}

/** A line indented by four blanks is code. */
const isTableLine = (line: string): boolean => line.includes("|") && !/^(?: {4}|\t)/.test(line);

function readTable(lines: readonly string[]): Table {
  const head = cellsOf(lines[0] ?? "");
  const rows = lines.slice(2).map((line) => {
    const cells = cellsOf(line);
    return head.map((_, column) => cells[column] ?? "");
  });
  return { head, aligns: alignsOf(lines[1] ?? "") ?? [], rows };
}

/** The cells of a row: split at bars that no backslash stands before, the outer bars being optional. */
function cellsOf(line: string): string[] {
  const cells: string[] = [];
  let cell = "";
  const inner = line.trim().replace(/^\|/, "");
  for (let at = 0; at < inner.length; at += 1) {
    const char = inner.charAt(at);
    if (char === "\\" && inner.charAt(at + 1) === "|") {
      cell += "|";
      at += 1;
    } else if (char === "|") {
      cells.push(cell.trim());
      cell = "";
    } else {
      cell += char;
    }
  }
  // What follows a closing bar is no cell.
  if (cell.trim() !== "" || !inner.endsWith("|")) cells.push(cell.trim());
  return cells;
}

/** What the second line of a table says of its columns; undefined where it is no such line. */
function alignsOf(line: string): Align[] | undefined {
  if (!line.includes("-") || !isTableLine(line)) return undefined;
  const cells = cellsOf(line);
  if (!cells.every((cell) => /^:?-+:?$/.test(cell))) return undefined;
  return cells.map((cell) => {
    if (!cell.endsWith(":")) return "left";
    return cell.startsWith(":") ? "center" : "right";
  });
}

const render = (table: Table, mode: "bullets" | "code" | "block"): string[] =>
  mode === "bullets" ? asBullets(table) : asCode(table);

/** The first column is the title of a row, the others its points; empty cells are left out. */
function asBullets({ head, rows }: Table): string[] {
  const [, ...names] = head;
  if (rows.length === 0) return [`• ${head.filter((cell) => cell !== "").join(" · ")}`];
  return rows.flatMap((cells) => {
    const [title = "", ...values] = cells;
    const points = values.flatMap((value, at) => (value === "" ? [] : [named(names[at] ?? "", value)]));
    if (title === "") return points.map((point) => `• ${point}`);
    return [
      `• ${named(names.length === 0 ? "" : (head[0] ?? ""), title)}`,
      ...points.map((point) => `  - ${point}`),
    ];
  });
}

const named = (name: string, value: string): string => (name === "" ? value : `${name}: ${value}`);

/** A rule needs three hyphens. */
const MIN_PADDED = 3;
/** Columns that are filled up with blanks; one endless cell must not make every row as long. */
const MAX_PADDED = 80;

function asCode({ head, aligns, rows }: Table): string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) =>
    Math.min(
      MAX_PADDED,
      largest(MIN_PADDED, all, (cells) => widthOf(cells[column] ?? "")),
    ),
  );
  const row = (cells: readonly string[]): string =>
    `| ${widths.map((width, at) => padded(cells[at] ?? "", width, aligns[at] ?? "left")).join(" | ")} |`;
  const rule = `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`;
  const body = [row(head), rule, ...rows.map(row)];
  const fence = "`".repeat(Math.max(3, longestTicks(body) + 1));
  return [fence, ...body, fence];
}

const longestTicks = (lines: readonly string[]): number =>
  largest(0, lines, (line) => largest(0, line.match(/`+/g) ?? [], (ticks) => ticks.length));

const largest = <T>(least: number, items: readonly T[], measure: (item: T) => number): number =>
  items.reduce((most, item) => Math.max(most, measure(item)), least);

function padded(text: string, width: number, align: Align): string {
  const room = Math.max(0, width - widthOf(text));
  const before = align === "left" ? 0 : align === "right" ? room : Math.floor(room / 2);
  return " ".repeat(before) + text + " ".repeat(room - before);
}

/** Columns that a text takes in a fixed-width font: East Asian characters and emoji take two, marks none. */
export function widthOf(text: string): number {
  let width = 0;
  for (const char of text) {
    if (NO_WIDTH.test(char)) continue;
    width += WIDE.test(char) ? 2 : 1;
  }
  return width;
}

const NO_WIDTH = /[\p{Mark}\p{Format}\p{Emoji_Modifier}]/u;
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303E\uFF01-\uFF60\uFFE0-\uFFE6]/u;
