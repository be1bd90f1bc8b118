// The journal on disk: appended and synced, replaced as a whole by rename, in the order asked for.
import { copyFileSync, readFileSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import path from "node:path";
import type { JournalFile } from "../ports.ts";

export function journalFile(file: string): JournalFile {
  let last: Promise<void> = Promise.resolve();
  const inOrder = (work: () => Promise<void>, done: (ok: boolean) => void): void => {
    last = after(last, work, done);
  };
  /** Appends asked for while one is under way share its successor's sync. */
  let gathered: { text: string; done: ((ok: boolean) => void)[] } | undefined;

  return {
    read: () => {
      try {
        return readFileSync(file, "utf8");
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
    append: (text, done) => {
      if (gathered !== undefined) {
        gathered.text += text;
        gathered.done.push(done);
        return;
      }
      const batch = { text, done: [done] };
      gathered = batch;
      inOrder(
        () => {
          if (gathered === batch) gathered = undefined;
          return append(file, batch.text);
        },
        (ok) => {
          for (const one of batch.done) one(ok);
        },
      );
    },
    replace: (text, done) => {
      // What comes now comes after the new content.
      gathered = undefined;
      inOrder(() => replace(file, text), done);
    },
    // At once and not in order: it is called before the first write.
    setAside: () => {
      try {
        copyFileSync(file, `${file}.damaged`);
      } catch {
        // It is for a human who may never look; the journal itself goes on.
      }
    },
  };
}

/** One after the other; a failure is told and does not stop the next. */
async function after(
  before: Promise<void>,
  work: () => Promise<void>,
  done: (ok: boolean) => void,
): Promise<void> {
  await before;
  let ok = true;
  try {
    await work();
  } catch {
    ok = false;
  }
  done(ok);
}

async function append(file: string, text: string): Promise<void> {
  const handle = await open(file, "a", 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function replace(file: string, text: string): Promise<void> {
  const fresh = `${file}.new`;
  const handle = await open(fresh, "w", 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(fresh, file);
  // The rename itself is durable only with its folder.
  const folder = await open(path.dirname(file), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ENOENT";
