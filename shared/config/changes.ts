// Which settings differ between two documents, for the history.
import { isSame } from "./same.ts";
import { formatPath, type ConfigPath } from "./path.ts";
import { isPlainObject, ownValue } from "./plain.ts";

/** More than a human reads; past it, whole settings and then whole accounts are named. */
export const MAX_CHANGED_PATHS = 100;

/** In the order of their names. */
export function changedPaths(before: unknown, after: unknown): readonly string[] {
  for (const depth of [Number.POSITIVE_INFINITY, 3, 2]) {
    const paths = differences(before, after, [], depth);
    if (paths.length <= MAX_CHANGED_PATHS) return paths.map(formatPath).sort();
  }
  return differences(before, after, [], 1).map(formatPath).sort();
}

function differences(before: unknown, after: unknown, path: ConfigPath, depth: number): ConfigPath[] {
  if (Object.is(before, after)) return [];
  const parts = path.length < depth && isOpened(before, after, path) ? keysOf(before, after) : undefined;
  if (parts === undefined) return isSame(before, after) ? [] : [path];
  return parts.flatMap((key) =>
    differences(ownValue(before, key), ownValue(after, key), [...path, key], depth),
  );
}

/** Two objects, or accounts that came or went: an account is told by its settings. */
function isOpened(before: unknown, after: unknown, path: ConfigPath): boolean {
  if (isPlainObject(before) && isPlainObject(after)) return true;
  const isAccounts = path[0] === "accounts" && path.length <= 2;
  return isAccounts && [before, after].every((side) => side === undefined || isFull(side));
}

const isFull = (value: unknown): boolean => isPlainObject(value) && Object.keys(value).length > 0;

const keysOf = (...sides: readonly unknown[]): string[] => [
  ...new Set(sides.flatMap((side) => (isPlainObject(side) ? Object.keys(side) : []))),
];
