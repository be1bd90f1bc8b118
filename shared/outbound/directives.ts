// Assistants write some orders into their text: `[[reply_to:<id>]]`, `[[reply_to_current]]`, `[[audio_as_voice]]`
// (openclaw-imessage-channel.md §5.1). They are for whoever sends the text, and nobody shall read them.
import { codeSpans, type Span } from "../markdown-fences.ts";

export interface Directed {
  readonly text: string;
  /** Of the first `[[reply_to:…]]`; null where it names no message that anybody but its gateway knows. */
  readonly replyToGuid: string | null;
}

export function takeDirectives(text: string): Directed {
  const found = directivesIn(text);
  const rest: string[] = [];
  let at = 0;
  for (const { start, end, gaps } of runsOf(text, found)) {
    rest.push(text.slice(at, start));
    if (start > 0 && end < text.length) rest.push(joint(gaps, text.charAt(end)));
    else if (end < text.length) rest.push(indentOf(gaps.at(-1) ?? ""));
    at = end;
  }
  rest.push(text.slice(at));
  return { text: rest.join(""), replyToGuid: idOf(found.find((one) => one.replyTo !== undefined)?.replyTo) };
}

interface Directive extends Span {
  readonly replyTo: string | undefined;
}

/** The id runs to the nearest `]]` of its line, with no `[[` before that: so no character is looked at twice. */
const DIRECTIVE =
  /\[\[[ \t]*(?:reply_to[ \t]*:((?:(?!\[\[|\]\])[^\n])*)|reply_to_current[ \t]*|audio_as_voice[ \t]*)\]\]/gi;

/** Those outside of code, in order. */
function directivesIn(text: string): Directive[] {
  if (!text.includes("[[")) return [];
  const code = codeSpans(text);
  let next = 0;
  const found: Directive[] = [];
  for (const match of text.matchAll(DIRECTIVE)) {
    const start = match.index;
    while ((code[next]?.end ?? text.length) <= start) next += 1;
    if ((code[next]?.start ?? text.length) > start)
      found.push({ start, end: start + match[0].length, replyTo: match[1] });
  }
  return found;
}

/** Directives with nothing but whitespace around and between them. */
interface Run extends Span {
  /** The whitespace before, between and after them. */
  readonly gaps: readonly string[];
}

function runsOf(text: string, found: readonly Directive[]): Run[] {
  const runs: Run[] = [];
  let start = 0;
  let gaps: string[] = [];
  let before = text.slice(0, found[0]?.start ?? 0);
  for (const [index, { start: from, end: to }] of found.entries()) {
    const after = text.slice(to, found[index + 1]?.start ?? text.length);
    if (gaps.length === 0) {
      const word = before.trimEnd().length;
      start = from - before.length + word;
      gaps = [before.slice(word)];
    }
    const gap = after.slice(0, after.length - after.trimStart().length);
    gaps.push(gap);
    before = after.slice(gap.length);
    if (before === "" && index + 1 < found.length) continue;
    runs.push({ start, end: to + gap.length, gaps });
    gaps = [];
  }
  return runs;
}

/** What stays of the whitespace: as many line ends as the most that stood together, else one blank. */
function joint(gaps: readonly string[], next: string): string {
  const lineEnds = gaps.reduce((most, gap) => Math.max(most, gap.split("\n").length - 1), 0);
  const last = gaps.at(-1) ?? "";
  if (lineEnds > 0) return "\n".repeat(lineEnds) + indentOf(last.includes("\n") ? last : (gaps[0] ?? ""));
  return gaps.every((gap) => gap === "") || ".,;:!?)".includes(next) ? "" : " ";
}

const indentOf = (gap: string): string => (gap.includes("\n") ? gap.slice(gap.lastIndexOf("\n") + 1) : "");

/** UTF-16 units; Messages' guids have 36, some with a few more in front. */
const MAX_ID_CHARS = 256;

/** Digits alone are a gateway's own short name for a message, which means nothing here. */
function idOf(content: string | undefined): string | null {
  const id = content?.trim() ?? "";
  const isId = id !== "" && id.length <= MAX_ID_CHARS && !/[\p{Cc}[\]]/u.test(id) && !/^\d+$/.test(id);
  return isId ? id : null;
}
