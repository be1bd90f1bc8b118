// The findings as text: what is wrong first, each with its remedy; then a line for each thing that is well.
import type { Finding } from "./examine.ts";

export interface Look {
  readonly columns: number;
  readonly isColoured: boolean;
  readonly isUnicode: boolean;
  readonly isVerbose: boolean;
  /** Written as ~ in what is read, and never in a command. */
  readonly home: string;
}

const COLOURS = { red: 31, green: 32, yellow: 33, cyan: 36, dim: 2, bold: 1 } as const;
type Paint = (colour: keyof typeof COLOURS, text: string) => string;

const MARKS = {
  broken: { glyph: "✗", ascii: "x", colour: "red" },
  warning: { glyph: "!", ascii: "!", colour: "yellow" },
  ok: { glyph: "✓", ascii: "+", colour: "green" },
  skipped: { glyph: "–", ascii: "-", colour: "dim" },
} as const;

/** Longer lines are hard to read, however wide the window is. */
const MOST_COLUMNS = 100;
const LEAST_COLUMNS = 40;
const INDENT = "    ";

export function report(findings: readonly Finding[], look: Look): string {
  const paint: Paint = (colour, text) =>
    look.isColoured && text !== "" ? `\u001B[${COLOURS[colour]}m${text}\u001B[0m` : text;
  const page: Page = {
    look,
    paint,
    columns: Math.max(LEAST_COLUMNS, Math.min(look.columns, MOST_COLUMNS)),
    titles: Math.max(...findings.map(({ title }) => title.length), 0),
  };
  const of = (state: Finding["state"]): Finding[] => findings.filter((finding) => finding.state === state);
  const problems = [...of("broken"), ...of("warning")].map((finding) => problem(page, finding));
  const healthy = of("ok").flatMap((finding) => plain(page, finding));
  const unsaid = look.isVerbose
    ? of("skipped").flatMap((finding) => plain(page, finding))
    : grouped(page, of("skipped"));
  const parts = [...problems, [...healthy, ...unsaid]].filter((lines) => lines.length > 0);
  return `${[...parts, [summary(page, findings)]].map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

interface Page {
  readonly look: Look;
  readonly paint: Paint;
  readonly columns: number;
  /** Columns of the longest title. */
  readonly titles: number;
}

function problem(page: Page, finding: Finding): string[] {
  const { paint } = page;
  const lines = [...headline(page, finding)];
  if (finding.why !== null) lines.push(...folded(page, finding.why, INDENT));
  for (const step of finding.remedy) {
    // A command stays on one line, however long: it is copied.
    if ("run" in step) lines.push(`${INDENT}${paint("dim", "$")} ${paint("cyan", harmless(step.run))}`);
    else lines.push(...folded(page, step.say, `${INDENT}${page.look.isUnicode ? "→" : ">"} `));
  }
  return [...lines, ...details(page, finding)];
}

const plain = (page: Page, finding: Finding): string[] => [
  ...headline(page, finding),
  ...details(page, finding),
];

function headline(page: Page, { state, title, summary }: Finding): string[] {
  const { look, paint, titles } = page;
  const { glyph, ascii, colour } = MARKS[state];
  const mark = look.isUnicode ? glyph : ascii;
  const [first = "", ...rest] = folded(page, summary, " ".repeat(titles + 4));
  const isLoud = state === "broken" || state === "warning";
  const name = title.padEnd(titles);
  const line = `${paint(colour, mark)} ${isLoud ? paint("bold", name) : name}  ${said(paint, state, first.trimStart())}`;
  return [line, ...rest.map((text) => said(paint, state, text))];
}

const said = (paint: Paint, state: Finding["state"], text: string): string =>
  state === "skipped" ? paint("dim", text) : text;

const details = (page: Page, { detail }: Finding): string[] =>
  page.look.isVerbose
    ? detail.flatMap((text) => folded(page, text, INDENT).map((line) => page.paint("dim", line)))
    : [];

/** What could not be looked at, by why: one cause, one line. */
function grouped(page: Page, findings: readonly Finding[]): string[] {
  const titles = new Map<string, string[]>();
  for (const { title, summary } of findings) titles.set(summary, [...(titles.get(summary) ?? []), title]);
  const mark = page.look.isUnicode ? MARKS.skipped.glyph : MARKS.skipped.ascii;
  return [...titles].flatMap(([why, of]) => {
    const [first = "", ...rest] = folded(page, `not looked at: ${of.join(", ")} (${why})`, "  ");
    return [`${mark} ${first.trimStart()}`, ...rest].map((line) => page.paint("dim", line));
  });
}

function summary({ paint, look }: Page, findings: readonly Finding[]): string {
  const count = (state: Finding["state"]): number =>
    findings.filter((finding) => finding.state === state).length;
  const [wrong, odd, well] = [count("broken"), count("warning"), count("ok")];
  const words = [
    ...(wrong === 0 ? [] : [paint("red", `${wrong} broken`)]),
    ...(odd === 0 ? [] : [paint("yellow", `${odd} to look at`)]),
    paint("green", wrong + odd === 0 ? "All is well" : `${well} well`),
  ];
  return `${words.join(", ")}.${look.isVerbose || wrong + odd > 0 ? "" : " (--verbose says what was seen)"}`;
}

/** What others say (a relay, imsg, a file's name) may not move the cursor. */
const harmless = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?");

/** Wrapped between words; what has no blanks (a path) stays whole. The first line begins with `lead`. */
function folded({ columns, look }: Page, text: string, lead: string): string[] {
  const safe = harmless(text);
  const short = look.home.length > 1 ? safe.replaceAll(`${look.home}/`, "~/") : safe;
  const blank = " ".repeat(lead.length);
  const lines: string[] = [];
  let line = lead;
  for (const word of short.split(" ")) {
    const isFirst = line === lead || line === blank;
    if (!isFirst && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = blank + word;
    } else line += isFirst ? word : ` ${word}`;
  }
  return [...lines, line];
}
