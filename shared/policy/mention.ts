// Whether a group message mentions the bot.

/** Why a pattern may not be used; undefined = it may. */
export function checkPattern(source: string): string | undefined {
  try {
    return new RegExp(source, "i").source === "" ? "it is empty" : undefined;
  } catch {
    return "it is no regular expression";
  }
}

/** Patterns ready for use. */
export interface Mentions {
  /** No usable pattern: nothing can be asked of a message. */
  readonly isEmpty: boolean;
  test(text: string): boolean;
}

export function compileMentions(sources: readonly string[]): Mentions {
  const patterns = sources
    .filter((source) => checkPattern(source) === undefined)
    .map((source) => new RegExp(source, "i"));
  return {
    isEmpty: patterns.length === 0,
    test: (text) => patterns.some((pattern) => pattern.test(text.toLowerCase())),
  };
}
