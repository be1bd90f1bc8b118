// What zod found wrong, in our words: the place, what stands there, and what is allowed.
import type * as z from "zod";
import { MAC_KEYS } from "./mac-keys.ts";
import { knownKeys } from "./document-schema.ts";
import { valueAt } from "./edit.ts";
import { nearest } from "./nearest.ts";
import { formatPath, type ConfigPath } from "./path.ts";
import { MAX_PROBLEMS, shortText, type ConfigProblem } from "./problem.ts";
import { ownValue } from "./plain.ts";

/** A problem, and the place it is about. */
export interface Found {
  readonly at: ConfigPath;
  readonly problem: ConfigProblem;
}

export function readIssue(issue: z.core.$ZodIssue, document: unknown): readonly Found[] {
  const path = issue.path.map(String);
  if (issue.code !== "unrecognized_keys")
    return [problemAt(path, document, saying(issue), near(issue, path, document))];
  return issue.keys.slice(0, MAX_PROBLEMS).map((key) => unknownKey([...path, key], document));
}

export function unknownKey(path: ConfigPath, document: unknown): Found {
  const key = path.at(-1) ?? "";
  const command = ownValue(MAC_KEYS, key);
  if (typeof command === "string" && isSettingsLevel(path))
    return problemAt(
      path,
      document,
      `the relay cannot choose what the Mac runs or reads; ${command}`,
      undefined,
    );
  return problemAt(path, document, "is no setting", nearest(key, knownKeys(path.slice(0, -1))));
}

const isSettingsLevel = (path: ConfigPath): boolean =>
  path.length === 1 || (path.length === 3 && path[0] === "accounts");

function problemAt(at: ConfigPath, document: unknown, problem: string, meant: string | undefined): Found {
  const value = shortText(valueAtOrIndex(document, at));
  return {
    at,
    problem: { path: formatPath(at), problem, value, ...(meant === undefined ? {} : { nearest: meant }) },
  };
}

/** A place inside a list has a number. */
function valueAtOrIndex(document: unknown, path: ConfigPath): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return document;
  const next: unknown = Array.isArray(document) ? document[Number(key)] : valueAt(document, [key]);
  return valueAtOrIndex(next, rest);
}

const TYPES: Readonly<Record<string, string>> = {
  boolean: "must be true or false",
  string: "must be a text",
  number: "must be a number",
  int: "must be a whole number",
  array: "must be a list",
  object: "must be an object",
  record: "must be an object",
};

function saying(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_value":
      return `must be ${listed(issue.values.map(String))}`;
    case "invalid_type":
      return TYPES[issue.expected] ?? issue.message;
    case "invalid_union":
      return "must be a text or a number";
    case "too_big":
      return `must be at most ${issue.maximum}${unit(issue.origin)}`;
    case "too_small":
      return issue.minimum === 1 && issue.origin === "string"
        ? "must not be empty"
        : `must be at least ${issue.minimum}${unit(issue.origin)}`;
    case "invalid_key":
      return issue.issues[0]?.message ?? issue.message;
    default:
      return issue.message;
  }
}

const UNITS: Readonly<Record<string, string>> = { string: " characters", array: " entries" };
const unit = (origin: string): string => UNITS[origin] ?? "";

const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;

/** The word of a closed list that was probably meant. */
function near(issue: z.core.$ZodIssue, path: ConfigPath, document: unknown): string | undefined {
  if (issue.code !== "invalid_value") return undefined;
  const value = valueAtOrIndex(document, path);
  return typeof value === "string" ? nearest(value, issue.values.map(String)) : undefined;
}
