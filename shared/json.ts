import { MAX_JSON_DEPTH } from "./limits.ts";
import { err, ok, type Result } from "./result.ts";

export type JsonFault = "not_json" | "too_deep";

/**
 * Parses text that came off a wire. The depth is counted before parsing, because a deeply nested value
 * parses but overflows the stack of whatever walks it later.
 */
export function parseJson(text: string, maxDepth = MAX_JSON_DEPTH): Result<unknown, JsonFault> {
  if (hasMoreBrackets(text, maxDepth) && depthOf(text, maxDepth) > maxDepth) return err("too_deep");
  try {
    return ok(JSON.parse(text));
  } catch {
    return err("not_json");
  }
}

/** Whether there are enough brackets to nest that deep at all; nearly always not, and found out natively. */
function hasMoreBrackets(text: string, limit: number): boolean {
  let count = 0;
  for (const bracket of ["{", "["]) {
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) {
      count += 1;
      if (count > limit) return true;
    }
  }
  return count > limit;
}

/** Nesting of brackets outside strings, counted until it passes `limit`. */
function depthOf(text: string, limit: number): number {
  let depth = 0;
  let deepest = 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === 0x22) {
      i = endOfString(text, i);
    } else if (code === 0x7b || code === 0x5b) {
      depth += 1;
      if (depth > deepest) deepest = depth;
      if (deepest > limit) return deepest;
    } else if (code === 0x7d || code === 0x5d) {
      depth -= 1;
    }
  }
  return deepest;
}

/** Index of the quote that closes the string opened at `start`; jumps by indexOf, since long strings are the rule. */
function endOfString(text: string, start: number): number {
  let at = start;
  for (;;) {
    at = text.indexOf('"', at + 1);
    if (at < 0) return text.length;
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === 0x5c) slashes += 1;
    if (slashes % 2 === 0) return at;
  }
}

const encoder = new TextEncoder();

/** Length in bytes of UTF-8; cheap for the common case of a text far below the limit in question. */
export const byteLength = (text: string): number => encoder.encode(text).length;

/** Whether the text is over `limit` bytes, without encoding it where its length alone decides. */
export const isOver = (text: string, limit: number): boolean =>
  text.length > limit || (text.length * 3 > limit && byteLength(text) > limit);
