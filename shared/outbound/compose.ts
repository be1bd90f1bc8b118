// From the text that somebody wants sent to the messages that are sent.
import { ok, type Result } from "../result.ts";
import { rewriteTables, type TableMode } from "./tables.ts";

export interface ComposeOptions {
  readonly tables: TableMode;
  readonly chunkMode: "length" | "newline";
  /** UTF-16 units a part; 0 or less: no splitting. */
  readonly textChunkLimit: number;
  /** Put before the first part, unless the text begins with it. */
  readonly responsePrefix: string | null;
  /** `plain`: nothing is read out of the text; only its line ends are made the same and it is split. */
  readonly format: "markdown" | "plain";
}

export type TextStyle = "bold" | "italic" | "strikethrough" | "underline";

/** UTF-16 offsets into the part's text. Ranges are sorted, not empty, and do not overlap; styles are sorted. */
export interface StyledRange {
  readonly start: number;
  readonly length: number;
  readonly styles: readonly TextStyle[];
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
  if (text.trim() === "") return ok({ parts: [], replyToGuid: null });
  const shown = options.format === "plain" ? text : rewriteTables(text, options.tables);
  return ok({ parts: [{ text: shown, formatting: [] }], replyToGuid: null });
}

/** The parts' texts for an engine that takes no ranges: the same texts, without the styles. */
export const plainTexts = ({ parts }: Composed): readonly string[] => parts.map((part) => part.text);
