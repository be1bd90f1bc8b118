// How many cells of a terminal a text takes. By the person's characters, not by code units: 日 and 👍🏽 are two cells
// wide, an accent of its own none.

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

/** East Asian Wide and Fullwidth (UAX 11, Unicode 15), beside those that are emoji. */
const WIDE =
  /^[\u1100-\u115F\u2E80-\u303E\u3041-\u33FF\u3400-\u4DBF\u4E00-\uA4CF\uA960-\uA97F\uAC00-\uD7A3\uF900-\uFAFF\uFE10-\uFE19\uFE30-\uFE6F\uFF01-\uFF60\uFFE0-\uFFE6\u{16FE0}-\u{18D08}\u{1AFF0}-\u{1B2FB}\u{20000}-\u{3FFFD}]/u;
const EMOJI = /^(?:\p{Emoji_Presentation}|\p{Emoji}\uFE0F)/u;
/** Marks on what stands before them; vowels and ends of a Korean syllable that is written in its letters. */
const NO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}\u1160-\u11FF]/u;

/** Longest character that is kept whole, in UTF-16 units: a family of four with skin tones has 41; accents can be piled up without end. */
const MAX_CHARACTER = 48;

function characters(text: string): string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment.slice(0, MAX_CHARACTER));
}

/** Terminals join emoji, but not the letters of a syllable. */
function cellsOf(character: string): number {
  if (EMOJI.test(character)) return 2;
  let sum = 0;
  for (const point of character) if (!NO_WIDTH.test(point)) sum += WIDE.test(point) ? 2 : 1;
  return sum;
}

/** Nothing but what every terminal shows as one cell each. */
const isPlain = (text: string): boolean => /^[\x20-\x7e]*$/.test(text);

export function cells(text: string): number {
  if (isPlain(text)) return text.length;
  return characters(text).reduce((sum, character) => sum + cellsOf(character), 0);
}

/** At most so many cells, with `…` where something was cut off. */
export function cut(text: string, width: number): string {
  if (cells(text) <= width) return text;
  let kept = "";
  let taken = 0;
  for (const character of characters(text)) {
    const more = cellsOf(character);
    if (taken + more > width - 1) break;
    kept += character;
    taken += more;
  }
  return `${kept.trimEnd()}…`;
}

export const padded = (text: string, width: number): string =>
  `${text}${" ".repeat(Math.max(0, width - cells(text)))}`;

/** One line as several of at most `width` cells, broken between words where there are any. */
export function wrapped(line: string, width: number): string[] {
  const lines: string[] = [];
  let current = "";
  let taken = 0;
  const next = (): void => {
    lines.push(current.trimEnd());
    current = "";
    taken = 0;
  };
  for (const word of line.split(/(?<= )(?! )/)) {
    if (taken > 0 && taken + cells(word.trimEnd()) > width) next();
    for (const character of characters(word)) {
      const more = cellsOf(character);
      if (taken > 0 && taken + more > width && character !== " ") next();
      current += character;
      taken += more;
    }
  }
  next();
  return lines;
}
