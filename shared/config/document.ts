// A tenant's document: every setting at the root, and overrides by account. It is taken as a whole or not at all.
import { isOver } from "../json.ts";
import { err, ok, type Result } from "../result.ts";
import { documentSchema } from "./document-schema.ts";
import { removeAll } from "./edit.ts";
import { readIssue, unknownKey, type Found } from "./issues.ts";
import type { ConfigPath } from "./path.ts";
import { isPlainObject } from "./plain.ts";
import { MAX_PROBLEMS, shortText, type ConfigProblem } from "./problem.ts";
import { ruleProblems } from "./rules.ts";
import type { ConfigDocument } from "./settings.ts";

/** A document as JSON text, in bytes; it is held in memory by every account that is awake. */
export const MAX_CONFIG_BYTES = 256 * 1024;
/** Of a document: accounts → account → setting → group → value, and one list. */
const MAX_DEPTH = 8;

/** Every problem at once, up to MAX_PROBLEMS. The document is a copy: entries trimmed, numbers in lists as text. */
export function readDocument(value: unknown): Result<ConfigDocument, readonly ConfigProblem[]> {
  const text = textOf(value);
  if (text === undefined) return err([whole("is no JSON", undefined)]);
  if (isOver(text, MAX_CONFIG_BYTES))
    return err([whole(`must be at most ${MAX_CONFIG_BYTES} bytes`, undefined)]);
  const copy: unknown = JSON.parse(text);
  if (!isPlainObject(copy)) return err([whole("must be an object", copy)]);
  if (isDeeper(copy, MAX_DEPTH))
    return err([whole(`must not be nested more than ${MAX_DEPTH} deep`, undefined)]);

  const unsafe = unsafeKeys(copy, []);
  if (unsafe.length > MAX_PROBLEMS)
    return refuse(unsafe.slice(0, MAX_PROBLEMS).map((at) => unknownKey(at, copy)));
  const safe = removeAll(copy, unsafe);
  const read = documentSchema.safeParse(safe);
  const found = unsafe.map((at) => unknownKey(at, copy));
  if (!read.success) {
    for (const issue of read.error.issues) {
      // Hostile documents are wrong in thousands of places; what follows takes time for each.
      if (found.length >= MAX_PROBLEMS) return refuse(found);
      found.push(...readIssue(issue, copy));
    }
  }
  // What is right by itself is also looked at together, so that nobody mends a document twice.
  const broken = found.map(({ at }) => placeOf(at));
  const rest = read.success ? read : documentSchema.safeParse(removeAll(safe, broken));
  const isBroken = (...path: string[]): boolean => broken.some((at) => isWithin(path, at));
  const against = rest.success ? ruleProblems(rest.data, isBroken) : [];
  return read.success && against.length + found.length === 0 ? ok(read.data) : refuse(found, against);
}

const refuse = (
  found: readonly Found[],
  others: readonly ConfigProblem[] = [],
): Result<never, readonly ConfigProblem[]> =>
  err([...found.map(({ problem }) => problem), ...others].slice(0, MAX_PROBLEMS));

function textOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

const whole = (problem: string, value: unknown): ConfigProblem => ({
  path: "",
  problem,
  value: shortText(value),
});

const isDeeper = (value: unknown, depth: number): boolean =>
  typeof value === "object" &&
  value !== null &&
  (depth === 0 || Object.values(value).some((inner) => isDeeper(inner, depth - 1)));

/** Keys that every object has already: a lookup of one finds something that nobody wrote. */
const UNSAFE = new Set(["__proto__", "constructor", "prototype"]);

function unsafeKeys(value: unknown, path: ConfigPath): ConfigPath[] {
  if (!isPlainObject(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    UNSAFE.has(key) ? [[...path, key]] : unsafeKeys(inner, [...path, key]),
  );
}

/** The setting that a place belongs to, or what is above it. */
const placeOf = (at: ConfigPath): ConfigPath => at.slice(0, at[0] === "accounts" ? 3 : 1);

const isWithin = (path: ConfigPath, at: ConfigPath): boolean =>
  at.every((segment, index) => path[index] === segment);
