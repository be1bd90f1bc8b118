// Fenced blocks as they are cut: by their places in the text, with what closes them and opens them again.
import { fencesOf } from "../markdown-fences.ts";

export interface FenceSpan {
  /** Where its opening line begins; always the beginning of a line. */
  readonly start: number;
  /** Where its first line of code begins. */
  readonly body: number;
  /** Where its closing line begins; the end of the text where there is none. */
  readonly bodyEnd: number;
  /** After its closing line, whose line end is not part of it. */
  readonly end: number;
  /** The line that closes what is cut off. */
  readonly closing: string;
  /** The line that opens what is cut, with its line end: the original one, or the bare mark where that is too long. */
  readonly reopening: string;
}

/**
 * The fenced blocks of a text that fit a piece, or can be cut at this limit. One that does not, and whose marks would
 * fill half of a piece or whose opening line leaves no room for two units of code and a closing line, is text like
 * any other: at a limit of less than 16, every one.
 */
export function fenceSpans(text: string, limit: number): FenceSpan[] {
  if (!text.includes("```") && !text.includes("~~~")) return [];
  const lines = text.split("\n");
  const starts: number[] = [];
  let length = 0;
  for (const line of lines) {
    starts.push(length);
    length += line.length + 1;
  }
  const startOf = (line: number): number => starts[line] ?? text.length;
  return fencesOf(lines).flatMap((fence) => {
    const [start, opening] = [startOf(fence.first), lines[fence.first] ?? ""];
    const end = startOf(fence.last) + (lines[fence.last] ?? "").length;
    const closing = fence.indent + fence.mark;
    const takesAll = 2 * (closing.length + 1) > limit / 2 || opening.length + closing.length + 4 > limit;
    if (takesAll && end - start > limit) return [];
    const takesLittle = opening.length + closing.length + 2 <= limit / 2;
    const body = Math.min(text.length, startOf(fence.first + 1));
    const bodyEnd = fence.isClosed ? startOf(fence.last) : text.length;
    return [{ start, body, bodyEnd, end, closing, reopening: `${takesLittle ? opening : closing}\n` }];
  });
}

/** The first fence that ends after a place; they are in order, and none contains another. */
export function fenceAfter(fences: readonly FenceSpan[], at: number): number {
  let [low, high] = [0, fences.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((fences[middle]?.end ?? 0) > at) high = middle;
    else low = middle + 1;
  }
  return low;
}
