// What is said in the terminal. Colours only where a person is looking.
const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36 } as const;
export type Style = keyof typeof CODES;

export interface Terminal {
  readonly say: (text?: string) => void;
  readonly warn: (text: string) => void;
  readonly paint: (style: Style, text: string) => string;
  readonly columns: number;
  /** Whether a person is looking. */
  readonly isTTY: boolean;
}

const DEFAULT_COLUMNS = 100;

export function openTerminal(
  env: NodeJS.ProcessEnv,
  out: NodeJS.WriteStream,
  err: NodeJS.WriteStream,
): Terminal {
  const isColoured =
    env["NO_COLOR"] === undefined &&
    env["TERM"] !== "dumb" &&
    (out.isTTY || env["FORCE_COLOR"] !== undefined);
  const paint = (style: Style, text: string): string =>
    isColoured ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text;
  return {
    say: (text = "") => void out.write(`${text}\n`),
    warn: (text) => void err.write(`${paint("yellow", text)}\n`),
    paint,
    columns: out.isTTY ? out.columns : DEFAULT_COLUMNS,
    isTTY: out.isTTY,
  };
}

/** Hours, minutes and seconds of this place. */
export const timeOfDay = (date: Date): string =>
  [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => String(part).padStart(2, "0"))
    .join(":");

const GRAPHEMES = new Intl.Segmenter();

/** One line of at most that many characters; control characters would let a message paint the terminal. */
export function oneLine(text: string, most: number): string {
  const flat = text.replaceAll(/[\p{Cc}\u200B\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF\uFFFC]+/gu, " ");
  if (flat.length <= most) return flat;
  const characters = Array.from(GRAPHEMES.segment(flat), ({ segment }) => segment);
  return characters.length <= most ? flat : `${characters.slice(0, most - 1).join("")}…`;
}
