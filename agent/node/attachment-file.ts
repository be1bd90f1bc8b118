// Opens a file of the Mac's for reading, if it may be read. What is checked is what was opened, not a name: whatever
// happens to the path meanwhile or afterwards, the bytes are those of a file that was found inside.
import { createHash } from "node:crypto";
import {
  close,
  closeSync,
  constants,
  fstat,
  fstatSync,
  lstatSync,
  openSync,
  read,
  type BigIntStats,
} from "node:fs";
import { realpath } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { err, ok, type Result } from "../../shared/result.ts";
import type { FileFacts, OpenAttachment, OpenedFile, OpenRefusal } from "../transfers/ports.ts";
import { isBelow, isPlainPath, readRoot, type Root } from "../../shared/attachment-roots.ts";
import { expandHome } from "./machine.ts";

/** What is asked of the system, in this order; tests put changes of it in between. */
export interface FileSteps {
  readonly realpath: (path: string) => Promise<string>;
  readonly chdir: (folder: string) => void;
  readonly cwd: () => string;
  readonly lstat: (name: string) => { isFile(): boolean };
  readonly open: (name: string, flags: number) => number;
}
const STEPS: FileSteps = {
  realpath,
  chdir: (folder) => process.chdir(folder),
  cwd: () => process.cwd(),
  lstat: (name) => lstatSync(name),
  open: openSync,
};

/** A link at the end is not followed, and a FIFO without a writer does not hold us up. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

export function attachmentOpener(roots: () => readonly string[], steps: FileSteps = STEPS): OpenAttachment {
  return async (asked, within) => {
    const owner = readRoots(roots());
    if (asked === "") return err("missing");
    const named = expandHome(asked);
    if (!isPlainPath(named)) return err("forbidden");
    const sets = [owner, ...(within === undefined ? [] : [readRoots(within)])];
    const real = await Promise.all(sets.map((set) => realRoots(set, steps)));
    const isAllowed = (file: string): boolean => real.every((set) => isBelow(file, set));
    // Outside, nothing is said of what is there and what is not.
    const isNamedInside = (name: string): boolean =>
      isAllowed(name) || sets.every((set) => isBelow(name, set));
    try {
      const file = await steps.realpath(named);
      return isAllowed(file) ? openReal(file, isAllowed, steps) : err("forbidden");
    } catch (error) {
      return err(
        (await isLostInside(named, isNamedInside, isAllowed, steps)) ? refusalOf(error) : "forbidden",
      );
    }
  };
}

/**
 * Of a file that cannot be had: whether it would be inside. Behind a link to elsewhere nobody learns what is there and
 * what is not, so that the last folder on the way that is there has to be inside, too.
 */
async function isLostInside(
  named: string,
  isNamedInside: (name: string) => boolean,
  isAllowed: (file: string) => boolean,
  { realpath }: FileSteps,
): Promise<boolean> {
  if (!isNamedInside(named)) return false;
  for (let at = named; isNamedInside(at); at = path.dirname(at)) {
    try {
      return isAllowed(path.join(await realpath(at), "any"));
    } catch {
      // It leads to nowhere now, and who knows where.
      if (isLink(at)) return false;
    }
  }
  return true;
}

function isLink(name: string): boolean {
  try {
    return lstatSync(name).isSymbolicLink();
  } catch {
    return false;
  }
}

const readRoots = (roots: readonly string[]): Root[] =>
  roots.map((root) => readRoot(expandHome(root))).filter((root) => root !== undefined);

/** Each time anew: a folder may come, go, or be moved behind a link. One that is not there allows nothing. */
async function realRoots(roots: readonly Root[], { realpath }: FileSteps): Promise<Root[]> {
  const found = await Promise.all(
    roots.map(async ({ fixed, rest }) => {
      try {
        return { fixed: await realpath(fixed), rest };
      } catch {
        return undefined;
      }
    }),
  );
  return found.filter((root) => root !== undefined);
}

function openReal(
  file: string,
  isAllowed: (file: string) => boolean,
  steps: FileSteps,
): Result<OpenedFile, OpenRefusal> {
  const found = openBeside(file, isAllowed, steps);
  if (found === undefined) return err("forbidden");
  const { fd, real } = found;
  const stat = fstatSync(fd, { bigint: true });
  // Another name of it may lie outside (Messages makes none); without any it has just been removed.
  if (stat.isFile() && stat.nlink === 1n) return ok(opened(fd, real, stat));
  closeSync(fd);
  return err(stat.isFile() && stat.nlink === 0n ? "missing" : "forbidden");
}

/**
 * A folder on the way may become a link to elsewhere at any moment, and Node has no openat(2). So the process goes
 * into the folder, asks the kernel where that is, and opens the file by its bare name: whatever is swapped meanwhile,
 * it is still in the folder that was looked at. In one turn, so that nobody else meets another working directory.
 */
function openBeside(
  file: string,
  isAllowed: (file: string) => boolean,
  { chdir, cwd, lstat, open }: FileSteps,
): { readonly fd: number; readonly real: string } | undefined {
  const home = whereWeAre();
  const name = path.basename(file);
  try {
    chdir(path.dirname(file));
    const real = path.join(cwd(), name);
    // Not a regular file: to open a device can do something.
    if (!isAllowed(real) || !lstat(name).isFile()) return undefined;
    return { fd: open(name, FLAGS), real };
  } finally {
    process.chdir(home);
  }
}

/** The folder that this process was started in may be gone; nothing of ours is looked up from there. */
function whereWeAre(): string {
  try {
    return process.cwd();
  } catch {
    return "/";
  }
}

const readAt = promisify(read);
const statOf = promisify(fstat);
const closeFd = promisify(close);

function opened(fd: number, real: string, stat: BigIntStats): OpenedFile {
  const facts = factsOf(stat);
  const tag = createHash("sha256").update(`${facts.mark}\n${real}`).digest("base64url").slice(0, 27);
  return {
    facts,
    etag: `"${tag}"`,
    look: async () => factsOf(await statOf(fd, { bigint: true })),
    read: async (into, position) => (await readAt(fd, into, 0, into.length, position)).bytesRead,
    close: () => closeFd(fd),
  };
}

const factsOf = ({ size, mtimeNs, mtimeMs, dev, ino }: BigIntStats): FileFacts => ({
  size: Number(size),
  // Before 1970 there were no attachments.
  modified: Math.max(0, Number(mtimeMs)),
  mark: [size, mtimeNs, dev, ino].join("."),
});

function refusalOf(error: unknown): OpenRefusal {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  // A link that was put there after the check.
  if (code === "ELOOP") return "forbidden";
  return code === "EACCES" || code === "EPERM" || code === "EIO" ? "unreadable" : "missing";
}
