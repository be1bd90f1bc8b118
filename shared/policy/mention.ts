// Whether a group message mentions the bot (openclaw-imessage-channel.md §2.4). Patterns come from users and
// texts from strangers, so matching never backtracks: see pattern-match.ts.
import { MAX_PATTERN_CHARS } from "../config/settings.ts";
import { err, type Result } from "../result.ts";
import { matcherOf } from "./pattern-match.ts";
import { compileProgram, sizeOf } from "./pattern-program.ts";
import { parsePattern, type Node } from "./pattern-syntax.ts";

/** Steps of one pattern. Without `{n}` a pattern never needs more than it has characters. */
export const MAX_PATTERN_STEPS = MAX_PATTERN_CHARS;
/** Steps of all patterns of an account. Times the length of a text, this bounds the time a message may take. */
export const MAX_MENTION_STEPS = 2_000;
/** UTF-16 units that are looked at, from each end of a text: a bot is called before or after what is pasted. */
export const MENTION_END_CHARS = 2_000;

/** Zero-width characters and marks of direction, which phones and keyboards put between and around names. */
const INVISIBLE = /[\u200B-\u200F\u202A-\u202E\u2060-\u206F\uFEFF]/g;

/** Why a pattern is refused; undefined = it may be used. */
export function checkPattern(source: string): string | undefined {
  const read = readPattern(source);
  return read.ok ? undefined : read.error;
}

/** Why patterns that are each in order are refused together. */
export function checkPatterns(sources: readonly string[]): string | undefined {
  const steps = usable(sources).reduce((sum, node) => sum + sizeOf(node), 0);
  return steps <= MAX_MENTION_STEPS
    ? undefined
    : `the patterns are too large together: ${steps} steps, the most is ${MAX_MENTION_STEPS}`;
}

function readPattern(source: string): Result<Node, string> {
  const visible = source.replace(INVISIBLE, "");
  if (visible === "") return err("it is empty");
  if (!isRegExp(visible)) return err("it is no regular expression");
  const node = parsePattern(visible);
  if (!node.ok) return node;
  const steps = sizeOf(node.value);
  return steps <= MAX_PATTERN_STEPS
    ? node
    : err(`its repetitions make it too large: ${steps} steps, the most is ${MAX_PATTERN_STEPS}`);
}

function isRegExp(source: string): boolean {
  try {
    return new RegExp(source, "i").flags === "i";
  } catch {
    return false;
  }
}

const usable = (sources: readonly string[]): Node[] =>
  sources.map(readPattern).flatMap((read) => (read.ok ? [read.value] : []));

/** Patterns ready for use. */
export interface Mentions {
  /** No usable pattern: nothing can be asked of a message. */
  readonly isEmpty: boolean;
  test(text: string): boolean;
}

/** What may not be used is left out: it is refused when a configuration is saved, so it can only be an old one's. */
export function compileMentions(sources: readonly string[]): Mentions {
  let left = MAX_MENTION_STEPS;
  const nodes = usable(sources).filter((node) => {
    const steps = sizeOf(node);
    if (steps > left) return false;
    left -= steps;
    return true;
  });
  if (nodes.length === 0) return { isEmpty: true, test: () => false };
  const matcher = matcherOf(compileProgram(nodes));
  return { isEmpty: false, test: (text) => matcher.test(mentionText(text)) };
}

/** As it is matched. Case is taken away from the text as a whole, since some letters become two. */
export function mentionText(text: string): string {
  const ends =
    text.length <= 2 * MENTION_END_CHARS
      ? text
      : `${text.slice(0, MENTION_END_CHARS)}\n${text.slice(-MENTION_END_CHARS)}`;
  return ends.replace(INVISIBLE, "").toLowerCase();
}
