// What cutting a text is told, and what comes out of it.

export interface Cutting {
  /** UTF-16 units a piece; 0 or less: the text stays whole. */
  readonly limit: number;
  /** In Markdown fences are kept whole, or closed and opened again; elsewhere they are text like any other. */
  readonly isMarkdown: boolean;
  readonly work?: Work;
}

/** Never blank. */
export interface Piece {
  readonly text: string;
  /** False where it begins in the middle of a line, so that what begins it is no heading, fence or list item. */
  readonly startsLine: boolean;
}

/** Units looked at, for tests that hold them against the length of a text. */
export interface Work {
  units: number;
}

export const isBlank = (text: string): boolean => text.trim() === "";
