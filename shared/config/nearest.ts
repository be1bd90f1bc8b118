/** The known name that needs the fewest changes, where that is few for a word of its length. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const wanted = plain(word);
  if (wanted.length > MAX_WORD_CHARS) return undefined;
  const allowed = Math.min(3, Math.max(1, Math.floor(wanted.length / 3)));
  let best: { readonly name: string; readonly changes: number } | undefined;
  for (const name of known) {
    const changes = changesBetween(wanted, plain(name));
    if (changes <= allowed && (best === undefined || changes < best.changes)) best = { name, changes };
  }
  return best?.name;
}

/** Longer than any name of ours with its mistakes; bounds the work on a hostile document. */
const MAX_WORD_CHARS = 60;

const plain = (text: string): string => text.toLowerCase().replaceAll(/[_\-\s]/g, "");

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
function changesBetween(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(
        Math.min(
          (last[j - 1] ?? 0) + (same ? 0 : 1),
          (last[j] ?? 0) + 1,
          (row[j - 1] ?? 0) + 1,
          isSwap ? (beforeLast[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
