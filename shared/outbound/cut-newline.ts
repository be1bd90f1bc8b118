// Cuts a text between its paragraphs (openclaw-imessage-channel.md §5.4), as many to a piece as fit.
import type { Span } from "../markdown-fences.ts";
import { cutByLength } from "./cut-length.ts";
import { fenceAfter, fenceSpans, type FenceSpan } from "./fence-spans.ts";
import { isBlank, type Cutting, type Piece } from "./piece.ts";

/** A paragraph, or a part of one, and what stands between it and the one before. */
interface Block {
  readonly before: string;
  readonly text: string;
}

/**
 * Paragraphs stay whole where they fit; one that does not is cut after its fenced blocks, and what still does not
 * fit, by length. Blanks at the end of a paragraph are left out, as is what stands between two pieces. A text
 * without blank lines is cut by length.
 */
export function* cutByNewline(text: string, cutting: Cutting): Generator<Piece> {
  const { limit, isMarkdown, work = { units: 0 } } = cutting;
  work.units += text.length;
  const gaps = limit > 0 ? gapsOf(text, isMarkdown ? fenceSpans(text, limit) : []) : [];
  if (gaps.length === 0) yield* cutByLength(text, cutting);
  else
    yield* packed(paragraphsOf(text, gaps), cutting, (paragraph) =>
      packed(cutAfterFences(paragraph, cutting), cutting, (block) => cutByLength(block, cutting)),
    );
}

/** As many blocks to a piece as fit; one that fits none is cut otherwise, and nothing joins its pieces. */
function* packed(
  blocks: readonly Block[],
  { limit, work = { units: 0 } }: Cutting,
  cutLong: (text: string) => Generator<Piece>,
): Generator<Piece> {
  let piece = "";
  for (const { before, text } of blocks) {
    work.units += before.length + text.length;
    if (piece !== "" && piece.length + before.length + text.length <= limit) {
      piece += before + text;
      continue;
    }
    if (piece !== "") yield { text: piece, startsLine: true };
    piece = text.length <= limit ? text : "";
    if (piece === "") yield* cutLong(text);
  }
  if (piece !== "") yield { text: piece, startsLine: true };
}

/** Between paragraphs stand a line end and blank lines; not so within a fenced block. */
function gapsOf(text: string, fences: readonly FenceSpan[]): Span[] {
  const gaps = Array.from(text.matchAll(/\n(?:[\t ]*\n)+/g), (match) => ({
    start: match.index,
    end: match.index + match[0].length,
  }));
  return gaps.filter(({ start }) => (fences[fenceAfter(fences, start)]?.start ?? text.length) > start);
}

function paragraphsOf(text: string, gaps: readonly Span[]): Block[] {
  let start = 0;
  let before = "";
  return [...gaps, { start: text.length, end: text.length }].flatMap((gap) => {
    const paragraph = { before, text: text.slice(start, gap.start).trimEnd() };
    [start, before] = [gap.end, text.slice(gap.start, gap.end)];
    return paragraph.text === "" ? [] : [paragraph];
  });
}

/** Every fenced block ends its part. */
function cutAfterFences(paragraph: string, { limit, isMarkdown }: Cutting): Block[] {
  const ends = (isMarkdown ? fenceSpans(paragraph, limit) : []).map((fence) => fence.end);
  let start = 0;
  return [...ends, paragraph.length].flatMap((end) => {
    const text = paragraph.slice(start, end);
    const before = start === 0 ? "" : "\n";
    start = end + 1;
    return isBlank(text) ? [] : [{ before, text }];
  });
}
