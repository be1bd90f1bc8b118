// Whether a group message mentions the bot (openclaw-imessage-channel.md §2.4). Patterns come from users and
// texts from strangers, so matching never backtracks: see pattern-match.ts.
import { MAX_PATTERN_CHARS } from "../config/settings.ts";
import { err, type Result } from "../result.ts";
import { matcherOf } from "./pattern-match.ts";
import { compileProgram, sizeOf } from "./pattern-program.ts";
import { parsePattern, type Node } from "./pattern-syntax.ts";

/** Steps of one pattern. Without `{n}` a pattern never needs more than it has characters. */
export const MAX_PATTERN_STEPS = MAX_PATTERN_CHARS;
/** UTF-16 units that are looked at, from each end of a text: a bot is called before or after what is pasted. */
export const MENTION_END_CHARS = 2_000;
/**
 * Steps that may be tried for one text, at about 15 ns each. The largest pattern on the longest text needs half of
 * it, the patterns of a usual account a hundredth; only several of the worst kind together run out, and then the
 * text mentions nobody.
 */
const MAX_TRIES = 4_000_000;

/** Zero-width characters and marks of direction, which phones and keyboards put between and around names. */
const INVISIBLE = /[\u200B-\u200F\u202A-\u202E\u2060-\u206F\uFEFF]/g;

/** Why a pattern is refused; undefined = it may be used. */
export function checkPattern(source: string): string | undefined {
  const read = readPattern(source);
  return read.ok ? undefined : read.error;
}

function readPattern(source: string): Result<Node, string> {
  const visible = source.replace(INVISIBLE, "");
  if (visible === "") return err("is empty");
  if (!isRegExp(visible)) return err("is no regular expression");
  const node = parsePattern(visible);
  if (!node.ok) return node;
  const steps = sizeOf(node.value);
  return steps <= MAX_PATTERN_STEPS
    ? node
    : err(`is too large: its repetitions make ${steps} steps of it, the most is ${MAX_PATTERN_STEPS}`);
}

function isRegExp(source: string): boolean {
  try {
    return new RegExp(source, "i").flags === "i";
  } catch {
    return false;
  }
}

/** Patterns ready for use. */
export interface Mentions {
  /** No usable pattern: nothing can be asked of a message. */
  readonly isEmpty: boolean;
  test(text: string): boolean;
}

/** What may not be used is left out: it is refused when a configuration is saved, so it can only be an old one's. */
export function compileMentions(sources: readonly string[]): Mentions {
  const nodes = sources.map(readPattern).flatMap((read) => (read.ok ? [read.value] : []));
  if (nodes.length === 0) return { isEmpty: true, test: () => false };
  const matcher = matcherOf(compileProgram(nodes), MAX_TRIES);
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
