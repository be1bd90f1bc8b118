// The files that a call would touch, read from its parameters and nothing else. Generous in what it takes for one,
// because what is missed here is read by imsg.
import { STAGED_FILE } from "../shared/staged-file.ts";

const FILE_NAMES = new Set([
  "file",
  "files",
  "path",
  "paths",
  "filepath",
  "filepaths",
  "filename",
  "originalpath",
  "attachment",
  "attachments",
  "attachmentpath",
  "icon",
  "image",
  "photo",
  "picture",
  "media",
  "sticker",
  "audio",
  "video",
  "url",
  "fileurl",
]);
/** Words of the sender: a message that begins with a slash is no file. */
const TEXT_NAMES = new Set([
  "text",
  "message",
  "caption",
  "subject",
  "title",
  "question",
  "options",
  "name",
  "query",
]);
const LOOKS_LIKE_A_PATH = /^\s*(?:\/|~|\.{1,2}\/|file:)/i;

/** A file parameter: where it stands in the parameters, and what it says. */
export interface FileParam {
  readonly at: readonly (string | number)[];
  readonly path: string;
}

/** At any depth, also inside lists. */
export function findFiles(params: unknown): FileParam[] {
  const found: FileParam[] = [];
  walk(params, [], "other");
  return found;

  function walk(value: unknown, at: readonly (string | number)[], named: "file" | "text" | "other"): void {
    if (typeof value === "string") {
      if (named === "file" || (named === "other" && LOOKS_LIKE_A_PATH.test(value)))
        found.push({ at, path: value });
    } else if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) walk(item, [...at, index], named);
    } else if (typeof value === "object" && value !== null) {
      for (const [key, item] of Object.entries(value)) walk(item, [...at, key], kindOf(key, named));
    }
  }
}

const STAGED_NAME = /^[0-9A-Za-z_-]{1,100}$/;

/** The staged file it names: only where imsg takes one file, and written so and not otherwise. */
export function stagedName({ at, path }: FileParam): string | undefined {
  if (at.at(-1) !== "file" || !path.startsWith(STAGED_FILE)) return undefined;
  const name = path.slice(STAGED_FILE.length);
  return STAGED_NAME.test(name) ? name : undefined;
}

function kindOf(key: string, outer: "file" | "text" | "other"): "file" | "text" | "other" {
  const name = key.toLowerCase().replaceAll(/[_\-\s]/g, "");
  if (FILE_NAMES.has(name) || outer === "file") return "file";
  return TEXT_NAMES.has(name) ? "text" : "other";
}

/** The same parameters with other paths in their places: imsg opens what was judged, not what a link says later. */
export function withPaths(params: unknown, paths: readonly FileParam[]): unknown {
  return paths.reduce((whole, { at, path }) => put(whole, at, path), params);
}

function put(value: unknown, at: readonly (string | number)[], path: string): unknown {
  const [first, ...rest] = at;
  if (first === undefined) return path;
  if (Array.isArray(value))
    return value.map((item: unknown, index) => (index === first ? put(item, rest, path) : item));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]: [string, unknown]) => [
      key,
      key === first ? put(item, rest, path) : item,
    ]),
  );
}
