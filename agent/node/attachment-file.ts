// Opens a file of the Mac's for reading, if it may be read. The descriptor is what is checked, not the name: whatever
// happens to the path afterwards, the bytes are those of the file that was found to be allowed.
import { createHash } from "node:crypto";
import { constants, type BigIntStats } from "node:fs";
import { lstat, open, realpath, type FileHandle } from "node:fs/promises";
import { err, ok, type Result } from "../../shared/result.ts";
import type { FileFacts, OpenAttachment, OpenedFile, OpenRefusal } from "../transfers/ports.ts";
import { isBelow, isPlainPath, readRoot, type Root } from "../transfers/roots.ts";
import { expandHome } from "./machine.ts";

/** What is asked of the file system, in this order; tests put changes of it in between. */
export interface FileSteps {
  readonly realpath: (path: string) => Promise<string>;
  readonly lstat: (path: string, options: { bigint: true }) => Promise<BigIntStats>;
  readonly open: (path: string, flags: number) => Promise<FileHandle>;
}

/** A link at the end is not followed, and a FIFO without a writer does not hold us up. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

export function attachmentOpener(
  roots: readonly string[],
  steps: FileSteps = { realpath, lstat, open },
): OpenAttachment {
  const owner = readRoots(roots);
  return async (named, within) => {
    const path = expandHome(named);
    if (named === "") return err("missing");
    if (!isPlainPath(path)) return err("forbidden");
    const sets = [owner, ...(within === undefined ? [] : [readRoots(within)])];
    const real = await Promise.all(sets.map((set) => realRoots(set, steps)));
    const isAllowed = (file: string): boolean => real.every((set) => isBelow(file, set));
    // Outside, nothing is said of what is there and what is not.
    const isNamedInside = isAllowed(path) || sets.every((set) => isBelow(path, set));
    try {
      const file = await steps.realpath(path);
      if (!isAllowed(file)) return err("forbidden");
      return await openReal(file, steps);
    } catch (error) {
      return err(isNamedInside ? refusalOf(error) : "forbidden");
    }
  };
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

async function openReal(file: string, steps: FileSteps): Promise<Result<OpenedFile, OpenRefusal>> {
  // Before it is opened: to open a device can do something.
  if (!(await steps.lstat(file, { bigint: true })).isFile()) return err("forbidden");
  const handle = await steps.open(file, FLAGS);
  let isGood = false;
  try {
    const stat = await handle.stat({ bigint: true });
    if (!stat.isFile()) return err("forbidden");
    // Another name of it may lie outside. Messages makes none.
    if (stat.nlink > 1n) return err("forbidden");
    // A folder on the way may have become a link between the check and the opening: the path must still be real, and
    // lead to what was opened; real again afterwards, lest it was so for one moment only.
    const again = await steps.realpath(file);
    const now = await steps.lstat(file, { bigint: true });
    const last = await steps.realpath(file);
    if (again !== file || last !== file || now.dev !== stat.dev || now.ino !== stat.ino)
      return err("forbidden");
    isGood = true;
    return ok(opened(handle, file, stat));
  } finally {
    if (!isGood) await handle.close();
  }
}

function opened(handle: FileHandle, file: string, stat: BigIntStats): OpenedFile {
  const facts = factsOf(stat);
  const tag = createHash("sha256").update(`${facts.mark}\n${file}`).digest("base64url").slice(0, 27);
  return {
    facts,
    etag: `"${tag}"`,
    look: async () => factsOf(await handle.stat({ bigint: true })),
    read: async (into, position) => (await handle.read(into, 0, into.length, position)).bytesRead,
    close: () => handle.close(),
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
