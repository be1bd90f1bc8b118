// Where a text may be cut without cutting what people see as one character. A boundary depends on what stands
// before it and on the one code point after it, so a slice that begins at a boundary has the boundaries of the
// whole; the whole text is never given to the segmenter, whose every question costs the length of what it was given.
import type { Work } from "./piece.ts";

const GRAPHEMES = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Below this no character joins another one, CR LF apart, which is not in these texts. */
const FIRST_JOINER = 0x300;

/**
 * The last place to cut in (from, to], where from < to < length and `from` is a boundary. Where a single
 * grapheme takes all of it, it is cut, but never a surrogate pair: so the place may be to + 1 where to = from + 1.
 */
export function cutBefore(text: string, from: number, to: number, work: Work): number {
  if (text.charCodeAt(to - 1) < FIRST_JOINER && text.charCodeAt(to) < FIRST_JOINER) return to;
  work.units += to - from;
  const before = GRAPHEMES.segment(text.slice(from, to + 2)).containing(to - from);
  if (before !== undefined && before.index > 0) return from + before.index;
  if (!splitsPair(text, to)) return to;
  return to - 1 > from ? to - 1 : to + 1;
}

/** Whether the whitespace there is a grapheme of its own, which nothing before or after it joins. */
export function standsAlone(text: string, at: number): boolean {
  const next = text.charCodeAt(at + 1);
  if (!(text.charCodeAt(at - 1) >= FIRST_JOINER) && !(next >= FIRST_JOINER)) return true;
  // What the segmenter would say too, at many times the price.
  if (/^\p{Zs}[\p{Mn}\p{Me}]/u.test(text.slice(at, at + 2))) return false;
  const start = at - (splitsPair(text, at - 1) ? 2 : 1);
  const first = Math.max(0, start);
  return GRAPHEMES.segment(text.slice(first, at + 3)).containing(at - first)?.segment.length === 1;
}

const splitsPair = (text: string, at: number): boolean =>
  isHigh(text.charCodeAt(at - 1)) && isLow(text.charCodeAt(at));
const isHigh = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00;
const isLow = (unit: number): boolean => unit >= 0xdc00 && unit < 0xe000;
