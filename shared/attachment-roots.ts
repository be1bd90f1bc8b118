// Which paths may be read at all: text only, before and after the file system was asked. Whole names are compared,
// so that no root is the beginning of another.

/** A folder, `*` in it being any one name. */
export interface Root {
  /** What stands before the first `*`: its real path is looked up. */
  readonly fixed: string;
  /** Names and `*` below that, compared with real paths as they are. */
  readonly rest: readonly string[];
}

const ANY = "*";
const namesOf = (path: string): string[] => path.split("/").filter((name) => name !== "");

/** Undefined where it names no folder for certain: relative, or with steps upwards. */
export function readRoot(text: string): Root | undefined {
  if (!text.startsWith("/") || text.includes("\0")) return undefined;
  const names = namesOf(text);
  if (names.some((name) => name === "." || name === "..")) return undefined;
  const first = names.indexOf(ANY);
  const end = first === -1 ? names.length : first;
  return { fixed: `/${names.slice(0, end).join("/")}`, rest: names.slice(end) };
}

/**
 * As imsg writes paths: absolute, to a file, without detours. What else a path can be (a step upwards, a folder, a
 * NUL) is never resolved, so that nothing hangs on how.
 */
export const isPlainPath = (path: string): boolean =>
  path.startsWith("/") &&
  !path.endsWith("/") &&
  !path.includes("\0") &&
  !namesOf(path).some((name) => name === "." || name === "..");

/** Whether the path lies below one of them. A file that is itself named as a root does not. */
export function isBelow(path: string, roots: readonly Root[]): boolean {
  const names = namesOf(path);
  return roots.some(({ fixed, rest }) => {
    const root = [...namesOf(fixed), ...rest];
    const isWild = (at: number): boolean => at >= root.length - rest.length && root[at] === ANY;
    return names.length > root.length && root.every((name, at) => isWild(at) || name === names[at]);
  });
}
