// The styles of a text, as Messages takes them.
import type { Span } from "../markdown-fences.ts";

/** In alphabetical order, as everywhere below. */
const STYLES = ["bold", "italic", "strikethrough", "underline"] as const;
export type TextStyle = (typeof STYLES)[number];

/** UTF-16 offsets into a text. Ranges are sorted, not empty, and do not overlap; styles are sorted. */
export interface StyledRange {
  readonly start: number;
  readonly length: number;
  readonly styles: readonly TextStyle[];
}

/** One style from one place to another; such spans may be nested, overlap, or say the same twice. */
export interface StyleSpan extends Span {
  readonly style: TextStyle;
}

/** A text with what was said of its styles. */
export interface Styled {
  readonly text: string;
  readonly spans: readonly StyleSpan[];
}

export const moved = (spans: readonly StyleSpan[], by: number): StyleSpan[] =>
  spans.map(({ start, end, style }) => ({ start: start + by, end: end + by, style }));

/** As long as possible: neighbours differ in their styles. */
export function rangesOf(spans: readonly StyleSpan[]): StyledRange[] {
  const turns = spans
    .flatMap(({ start, end, style }) => [
      { at: start, style, change: 1 },
      { at: end, style, change: -1 },
    ])
    .sort((one, other) => one.at - other.at);
  const open = new Map<TextStyle, number>();
  const ranges: StyledRange[] = [];
  let last = 0;
  for (const { at, style, change } of turns) {
    const styles = STYLES.filter((each) => (open.get(each) ?? 0) > 0);
    if (at > last && styles.length > 0) extend(ranges, { start: last, length: at - last, styles });
    open.set(style, (open.get(style) ?? 0) + change);
    last = at;
  }
  return ranges;
}

function extend(ranges: StyledRange[], range: StyledRange): void {
  const last = ranges.at(-1);
  const isSame =
    last !== undefined &&
    last.start + last.length === range.start &&
    last.styles.join() === range.styles.join();
  if (isSame) ranges[ranges.length - 1] = { ...last, length: last.length + range.length };
  else ranges.push(range);
}
