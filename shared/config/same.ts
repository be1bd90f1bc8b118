import { isPlainObject } from "./plain.ts";

/** Whether two values are the same JSON; the order of keys does not matter. */
export function isSame(before: unknown, after: unknown): boolean {
  if (Array.isArray(before) && Array.isArray(after))
    return before.length === after.length && before.every((value, at) => isSame(value, after[at]));
  if (!isPlainObject(before) || !isPlainObject(after)) return Object.is(before, after);
  const keys = Object.keys(before);
  return (
    keys.length === Object.keys(after).length &&
    keys.every((key) => Object.hasOwn(after, key) && isSame(before[key], after[key]))
  );
}
