// Sets of characters, compared the way RegExp's flag `i` does without `u`: by UTF-16 unit, in upper case.
import type { CharSet, SetItem } from "./pattern-syntax.ts";

const ASCII = 0x80;

/** The unit that stands for a unit and its other cases (ECMA-262, Canonicalize). */
export function canonical(unit: number): number {
  if (unit < ASCII) return unit >= 0x61 && unit <= 0x7a ? unit - 0x20 : unit;
  const upper = String.fromCharCode(unit).toUpperCase();
  const first = upper.charCodeAt(0);
  // A letter whose upper case is two letters, or plain ASCII, stands for itself.
  return upper.length === 1 && first >= ASCII ? first : unit;
}

/** For canonical units. */
export interface ReadySet {
  /** The answer for each unit of ASCII. */
  readonly ascii: Uint8Array;
  readonly set: CharSet;
}

export function readySet(set: CharSet): ReadySet {
  const found = new Uint8Array(ASCII);
  for (let unit = 0; unit < ASCII; unit += 1)
    if (set.items.some((item) => hasExactly(item, unit))) found[canonical(unit)] = 1;
  const ascii = found.map((bit, unit) => {
    const isCanonical = canonical(unit) === unit;
    return isCanonical && (bit === 1) !== set.negated ? 1 : 0;
  });
  return { ascii, set };
}

export function hasUnit({ ascii, set }: ReadySet, unit: number): boolean {
  if (unit < ASCII) return ascii[unit] === 1;
  return set.items.some((item) => hasAnyCase(item, unit)) !== set.negated;
}

/** Beyond ASCII. Of a range only the unit itself and its plain lower case are looked for. */
function hasAnyCase(item: SetItem, unit: number): boolean {
  if (hasExactly(item, unit)) return true;
  if ("from" in item && item.from === item.to) return canonical(item.from) === unit;
  const lower = String.fromCharCode(unit).toLowerCase();
  return lower.length === 1 && hasExactly(item, lower.charCodeAt(0));
}

function hasExactly(item: SetItem, unit: number): boolean {
  if ("from" in item) return unit >= item.from && unit <= item.to;
  return isInClass(item.escape, unit) !== item.negated;
}

function isInClass(letter: "d" | "w" | "s", unit: number): boolean {
  switch (letter) {
    case "d":
      return unit >= 0x30 && unit <= 0x39;
    case "w":
      return isWordUnit(unit);
    default:
      return /\s/.test(String.fromCharCode(unit));
  }
}

export const isWordUnit = (unit: number): boolean =>
  (unit >= 0x30 && unit <= 0x39) ||
  (unit >= 0x41 && unit <= 0x5a) ||
  (unit >= 0x61 && unit <= 0x7a) ||
  unit === 0x5f;
