// Changes of plain JSON, before anybody looks whether it is a document. Nothing given is changed itself. Objects are
// built from entries, so that a key `__proto__` stays a key, for `readDocument` to refuse.
import type { ConfigPath } from "./path.ts";
import { isPlainObject, ownValue } from "./plain.ts";

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

/** The value at `path` replaced as a whole; what is missing on the way is made. */
export function replaceAt(target: unknown, path: ConfigPath, value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const entries = new Map<string, unknown>(isPlainObject(target) ? Object.entries(target) : []);
  entries.set(key, replaceAt(entries.get(key), rest, value));
  return Object.fromEntries(entries);
}

/** The value at `path` gone; objects on the way that hold nothing any more stay, since an empty one may mean something. */
export function removeAt(target: unknown, path: ConfigPath): unknown {
  const [key, ...rest] = path;
  if (key === undefined || !isPlainObject(target) || !Object.hasOwn(target, key)) return target;
  const entries = new Map(Object.entries(target));
  if (rest.length === 0) entries.delete(key);
  else entries.set(key, removeAt(entries.get(key), rest));
  return Object.fromEntries(entries);
}

/** Undefined where nothing stands. */
export const valueAt = (target: unknown, path: ConfigPath): unknown => path.reduce(ownValue, target);
