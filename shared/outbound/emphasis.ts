// Which marks begin and end a style together.
import type { TextStyle } from "./styles.ts";

/** One run of asterisks, underscores or tildes in a list of tokens. */
export interface Mark {
  readonly token: number;
  readonly char: string;
  readonly count: number;
  readonly opens: boolean;
  readonly closes: boolean;
}

export interface Pair {
  /** Tokens: what stands between them has the styles. */
  readonly open: number;
  readonly close: number;
  readonly styles: readonly TextStyle[];
}

interface Paired {
  readonly pairs: readonly Pair[];
  /** By token: marks that belong to no pair, and are text. */
  readonly left: ReadonlyMap<number, number>;
}

/**
 * A mark that ends a style takes the nearest that may have begun it, and what lies between begins nothing any
 * more. Openers lie on stacks by their char and count, so that none is passed over twice.
 */
export function pairMarks(marks: readonly Mark[], isPair: (open: number, close: number) => boolean): Paired {
  const pairs: Pair[] = [];
  const left = new Map(marks.map(({ token, count }) => [token, count]));
  const stacks = new Map<string, number[]>();
  for (const { token, char, opens, closes } of marks) {
    const countOf = (at: number): number => left.get(at) ?? 0;
    let open = closes ? nearest(stacks, char, countOf(token)) : undefined;
    while (open !== undefined && isPair(open, token)) {
      const used = Math.min(countOf(open), countOf(token));
      pairs.push({ open, close: token, styles: stylesOf(char, used) });
      for (const stack of stacks.values()) while ((stack.at(-1) ?? -1) >= open) stack.pop();
      for (const end of [open, token]) left.set(end, countOf(end) - used);
      if (countOf(open) > 0) stackOf(stacks, char, countOf(open)).push(open);
      open = nearest(stacks, char, countOf(token));
    }
    if (opens && countOf(token) > 0) stackOf(stacks, char, countOf(token)).push(token);
  }
  return { pairs, left };
}

/** One mark and two are no pair; three can be both. */
function nearest(
  stacks: ReadonlyMap<string, readonly number[]>,
  char: string,
  count: number,
): number | undefined {
  const counts = count === 3 ? [1, 2, 3] : count > 0 ? [count, 3] : [];
  const tokens = counts.flatMap((each) => stacks.get(char + each)?.at(-1) ?? []);
  return tokens.length === 0 ? undefined : Math.max(...tokens);
}

function stackOf(stacks: Map<string, number[]>, char: string, count: number): number[] {
  const stack = stacks.get(char + count) ?? [];
  stacks.set(char + count, stack);
  return stack;
}

function stylesOf(char: string, used: number): TextStyle[] {
  if (char === "~") return ["strikethrough"];
  return used === 1 ? ["italic"] : used === 2 ? ["bold"] : ["bold", "italic"];
}
