// Changes of a document. Each gives a whole new document or says why not; the one that is given stays as it is.
import { err, type Result } from "../result.ts";
import { readDocument } from "./document.ts";
import { isPlace } from "./document-schema.ts";
import { mergePatch, removeAt, replaceAt, valueAt } from "./edit.ts";
import { overridesOf } from "./effective.ts";
import { unknownKey } from "./issues.ts";
import { formatPath, type ConfigPath } from "./path.ts";
import { isPlainObject } from "./plain.ts";
import { MAX_PROBLEMS, shortText, type ConfigProblem } from "./problem.ts";
import type { ConfigDocument } from "./settings.ts";

type Changed = Result<ConfigDocument, readonly ConfigProblem[]>;

/** A JSON merge patch (RFC 7396). To unset what no document can hold is a mistake like setting it. */
export const patchDocument = (document: ConfigDocument, patch: unknown): Changed =>
  isPlainObject(patch)
    ? judged(document, patch, mergePatch(document, patch))
    : refused([], "a change must be an object", patch);

/** The same for the overrides of one account. */
export const patchOverrides = (document: ConfigDocument, account: string, patch: unknown): Changed =>
  isPlainObject(patch)
    ? judged(
        document,
        replaceAt({}, ["accounts", account], patch),
        withOverrides(document, account, mergePatch(overridesOf(document, account), patch)),
      )
    : refused(["accounts", account], "a change must be an object", patch);

function judged(document: ConfigDocument, patch: unknown, patched: unknown): Changed {
  const strays = nullsIn(patch, []).filter((path) => !isPlace(path) && valueAt(document, path) === undefined);
  const changed = readDocument(patched);
  if (strays.length === 0) return changed;
  const unknown = strays.map((path) => unknownKey(path, patch).problem);
  return err([...unknown, ...(changed.ok ? [] : changed.error)].slice(0, MAX_PROBLEMS));
}

const nullsIn = (patch: unknown, path: ConfigPath): ConfigPath[] =>
  isPlainObject(patch)
    ? Object.entries(patch).flatMap(([key, value]) => nullsIn(value, [...path, key]))
    : patch === null
      ? [path]
      : [];

/**
 * The overrides of one account in the place of those it has, not judged yet. An account without any is not named at
 * all: a change that is taken back leaves the document as it was.
 */
export function withOverrides(document: ConfigDocument, account: string, overrides: unknown): unknown {
  const isNothing = overrides === undefined || (isPlainObject(overrides) && isEmpty(overrides));
  if (!isNothing) return replaceAt(document, ["accounts", account], overrides);
  const others = removeAt(document.accounts ?? {}, [account]);
  return isPlainObject(others) && isEmpty(others)
    ? removeAt(document, ["accounts"])
    : replaceAt(document, ["accounts"], others);
}

const isEmpty = (value: object): boolean => Object.keys(value).length === 0;

const refused = (path: ConfigPath, problem: string, value: unknown): Changed =>
  err([{ path: formatPath(path), problem, value: shortText(value) }]);

/** A value as it is typed: JSON where it is JSON, else the text itself. iPhones make quotes curly. */
export function readValue(text: string): unknown {
  const trimmed = text.trim();
  for (const candidate of [trimmed, trimmed.replaceAll(/[“”„]/g, '"')]) {
    try {
      const value: unknown = JSON.parse(candidate);
      return value;
    } catch {
      // Then it is text.
    }
  }
  return trimmed;
}
