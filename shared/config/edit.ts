// Changes of plain JSON, before anybody looks whether it is a document. Nothing given is changed itself. Objects are
// built from entries, so that a key `__proto__` stays a key, for `readDocument` to refuse.
import type { ConfigPath } from "./path.ts";
import { isPlainObject, ownValue } from "./plain.ts";
import { isSame } from "./same.ts";

/** A JSON merge patch (RFC 7396): null unsets, objects are merged, everything else replaces. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isPlainObject(patch)) return patch;
  const merged = new Map<string, unknown>(isPlainObject(target) ? Object.entries(target) : []);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, mergePatch(merged.get(key), value));
  }
  return Object.fromEntries(merged);
}

/** The merge patch that makes `after` of `before`; undefined = they are the same. For JSON without null. */
export function patchBetween(before: unknown, after: unknown): unknown {
  if (!isPlainObject(before) || !isPlainObject(after)) return isSame(before, after) ? undefined : after;
  const changes = [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap(
    (key): [string, unknown][] => {
      if (!Object.hasOwn(after, key)) return [[key, null]];
      const change = Object.hasOwn(before, key) ? patchBetween(before[key], after[key]) : after[key];
      return change === undefined ? [] : [[key, change]];
    },
  );
  return changes.length === 0 ? undefined : Object.fromEntries(changes);
}

/** The value at `path` replaced as a whole; what is missing on the way is made. */
export function replaceAt(target: unknown, path: ConfigPath, value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const entries = new Map<string, unknown>(isPlainObject(target) ? Object.entries(target) : []);
  entries.set(key, replaceAt(entries.get(key), rest, value));
  return Object.fromEntries(entries);
}

/** The value at `path` gone; an object that holds nothing any more stays, since an empty one may mean something. */
export const removeAt = (target: unknown, path: ConfigPath): unknown => removeAll(target, [path]);

/** Everything at these paths gone, in one pass. */
export function removeAll(target: unknown, paths: readonly ConfigPath[]): unknown {
  if (paths.length === 0 || !isPlainObject(target)) return target;
  const inside = new Map<string, ConfigPath[]>();
  for (const [key, ...rest] of paths)
    if (key !== undefined) inside.set(key, [...(inside.get(key) ?? []), rest]);
  const kept = Object.entries(target).flatMap(([key, value]): [string, unknown][] => {
    const rests = inside.get(key);
    if (rests === undefined) return [[key, value]];
    return rests.some((rest) => rest.length === 0) ? [] : [[key, removeAll(value, rests)]];
  });
  return Object.fromEntries(kept);
}

/** Undefined where nothing stands. */
export const valueAt = (target: unknown, path: ConfigPath): unknown => path.reduce(ownValue, target);
