// Cuts a text where it is full (openclaw-imessage-channel.md §5.3): at the last line end that is not in brackets,
// else at the last blank, else between two characters.
import { fenceAfter, fenceSpans, type FenceSpan } from "./fence-spans.ts";
import { cutBefore, standsAlone } from "./graphemes.ts";
import { isBlank, type Cutting, type Piece, type Work } from "./piece.ts";

/** Where one piece ends, and where and how the next begins. */
interface Cut {
  readonly end: number;
  /** The line that closes a fence that goes on in the next piece. */
  readonly closing: string;
  readonly next: number;
  readonly within: FenceSpan | undefined;
}

/**
 * No piece is longer than the limit, but for a surrogate pair at a limit of 1. Between two pieces whitespace is
 * left out: one blank or line end, and the line ends after it.
 */
export function* cutByLength(text: string, cutting: Cutting): Generator<Piece> {
  const { isMarkdown, work = { units: 0 } } = cutting;
  const limit = Math.floor(cutting.limit);
  if (!(limit > 0) || text.length <= limit) {
    if (!isBlank(text)) yield { text, startsLine: true };
    return;
  }
  const fences = isMarkdown ? fenceSpans(text, limit) : [];
  work.units += text.length;
  let within: FenceSpan | undefined;
  for (let from = 0; from < text.length;) {
    const opening = within?.reopening ?? "";
    const startsLine = opening !== "" || from === 0 || text.charAt(from - 1) === "\n";
    const to = from + limit - opening.length;
    const cut = to < text.length ? cutOf(text, fences, { from, to, work }) : rest(text);
    const piece = opening + text.slice(from, cut.end) + cut.closing;
    work.units += piece.length;
    if (!isBlank(piece)) yield { text: piece, startsLine };
    ({ next: from, within } = cut);
  }
}

const rest = (text: string): Cut => ({ end: text.length, closing: "", next: text.length, within: undefined });

interface Window {
  readonly from: number;
  readonly to: number;
  readonly work: Work;
}

function cutOf(text: string, fences: readonly FenceSpan[], window: Window): Cut {
  const soft = softBreak(text, fences, window);
  if (soft !== undefined) return plainCut(text, soft);
  const { from, to, work } = window;
  const fence = fences[fenceAfter(fences, to)];
  if (fence === undefined || fence.start > to) return plainCut(text, cutBefore(text, from, to, work));
  // It may fit into the next piece; where it does not, it is cut there.
  if (fence.start > from) return plainCut(text, fence.start - 1);
  return fenceCut(text, fence, window);
}

/** The last line end, else the last blank, that is neither in brackets that began in this piece nor in a fence. */
function softBreak(
  text: string,
  fences: readonly FenceSpan[],
  { from, to, work }: Window,
): number | undefined {
  let [lineEnd, blank]: (number | undefined)[] = [];
  let depth = 0;
  let fence = fenceAfter(fences, from);
  for (let at = from; at < to; at += 1) {
    work.units += 1;
    const ahead = fences[fence];
    if (ahead !== undefined && at >= ahead.start) {
      at = ahead.end - 1;
      fence += 1;
      continue;
    }
    const char = text.charAt(at);
    if (char === "(") depth += 1;
    else if (char === ")") depth = Math.max(0, depth - 1);
    else if (depth > 0 || at === from) continue;
    else if (char === "\n") lineEnd = at;
    else if (BLANK.test(char) && standsAlone(text, at)) blank = at;
  }
  return lineEnd ?? blank;
}

const BLANK = /\s/;

/** One whitespace character is left out, and line ends after it. */
function plainCut(text: string, end: number): Cut {
  let next = end;
  if (BLANK.test(text.charAt(end)) && standsAlone(text, end)) {
    next += 1;
    while (text.charAt(next) === "\n") next += 1;
  }
  return { end, closing: "", next, within: undefined };
}

/** At the last line end in the code that leaves room for the closing line, else in the line that has none. */
function fenceCut(text: string, fence: FenceSpan, { from, to, work }: Window): Cut {
  const closing = `\n${fence.closing}`;
  const first = Math.max(from, fence.body);
  const last = to - closing.length;
  work.units += last - first;
  const lineEnd = first + 1 + text.slice(first + 1, last + 1).lastIndexOf("\n");
  if (lineEnd === first) {
    const end = cutBefore(text, first, last, work);
    return { end, closing, next: end, within: fence };
  }
  // Of a block whose last line was just closed nothing is left but its own closing line.
  if (lineEnd + 1 === fence.bodyEnd) return { ...plainCut(text, fence.end), end: lineEnd, closing };
  return { end: lineEnd, closing, next: lineEnd + 1, within: fence };
}
