// From the text that somebody wants sent to the messages that are sent
// (openclaw-imessage-channel.md §5, the newer semantics).
import { fencedLines } from "../markdown-fences.ts";
import { MAX_MESSAGE_PARTS } from "../limits.ts";
import { err, ok, type Result } from "../result.ts";
import { cutByLength } from "./cut-length.ts";
import { cutByNewline } from "./cut-newline.ts";
import { takeDirectives } from "./directives.ts";
import { isBlank } from "./piece.ts";
import { plainText } from "./plain-text.ts";
import type { StyledRange } from "./styles.ts";
import { rewriteTables, type TableMode } from "./tables.ts";

export interface ComposeOptions {
  readonly tables: TableMode;
  readonly chunkMode: "length" | "newline";
  /** UTF-16 units a part; 0 or less: no splitting. */
  readonly textChunkLimit: number;
  /** Put before the first part, unless the text begins with it. */
  readonly responsePrefix: string | null;
  /**
   * `plain`: nothing is read out of the text, directives neither; its line ends are made the same, and it is cut
   * with nothing added. Whoever sends what he has not written himself has no other way to say so.
   */
  readonly format: "markdown" | "plain";
}

/** One message. Never blank. */
export interface Part {
  readonly text: string;
  readonly formatting: readonly StyledRange[];
}

export interface Composed {
  /** In order; none where the text is blank. */
  readonly parts: readonly Part[];
  /** What the text itself asks to quote, by `[[reply_to:…]]`. */
  readonly replyToGuid: string | null;
}

/** Fails where the text would become more than MAX_MESSAGE_PARTS messages. */
export function compose(text: string, options: ComposeOptions): Result<Composed, "too_many_parts"> {
  const isMarkdown = options.format === "markdown";
  const lines = withOneLineEnd(text);
  const { text: said, replyToGuid } = isMarkdown ? takeDirectives(lines) : { text: lines, replyToGuid: null };
  if (isBlank(said)) return ok({ parts: [], replyToGuid });
  const shown = isMarkdown ? rewriteTables(said, options.tables) : said;
  const cut = options.chunkMode === "newline" ? cutByNewline : cutByLength;
  const prefix = withOneLineEnd(options.responsePrefix ?? "");
  const parts: Part[] = [];
  const cutting = { limit: options.textChunkLimit, isMarkdown };
  for (const piece of cut(withPrefix(shown, prefix, isMarkdown), cutting)) {
    if (parts.length === MAX_MESSAGE_PARTS) return err("too_many_parts");
    parts.push(isMarkdown ? plainText(piece) : { text: piece.text, formatting: [] });
  }
  return ok({ parts, replyToGuid });
}

/** The parts' texts for an engine that takes no ranges: the same texts, without the styles. */
export const plainTexts = ({ parts }: Composed): readonly string[] => parts.map((part) => part.text);

/** Unicode's line separator is a line end, its paragraph separator a blank line. */
const withOneLineEnd = (text: string): string =>
  text.replace(/\r\n?|\u2028/g, "\n").replaceAll("\u2029", "\n\n");

/** A line that only counts as what it is where it begins a line: a fence, a heading, a list item, a quotation. */
const BLOCK = /^[ \t]*(?:#{1,6}[ \t]|[-*+][ \t]|\d{1,9}[.)][ \t]|>)/;

function withPrefix(text: string, prefix: string, isMarkdown: boolean): string {
  if (isBlank(prefix) || text.startsWith(prefix)) return text;
  const isBlock = isMarkdown && (BLOCK.test(text) || fencedLines(text.split("\n", 1))[0] === true);
  return prefix + (/\s$/.test(prefix) ? "" : isBlock ? "\n" : " ") + text;
}
