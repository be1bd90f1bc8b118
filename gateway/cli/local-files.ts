import { open, stat, type FileHandle } from "node:fs/promises";
import path from "node:path";
import { fileTrouble } from "./file-trouble.ts";
import { harmless } from "./text-table.ts";

/** A file to send, open: what is sent is what was looked at. */
export interface LocalFile {
  readonly path: string;
  /** As it is called on the way. */
  readonly name: string;
  readonly size: number;
  readonly handle: FileHandle;
}

/** All of them, or the sentence that says what is wrong with one: nothing is sent where another cannot be. */
export async function openLocalFiles(
  paths: readonly string[],
  name?: string,
): Promise<readonly LocalFile[] | string> {
  const files: LocalFile[] = [];
  for (const one of paths) {
    const opened = await openLocalFile(one, name);
    if (typeof opened === "string") {
      await closeAll(files);
      return opened;
    }
    files.push(opened);
  }
  return files;
}

export async function closeAll(files: readonly LocalFile[]): Promise<void> {
  for (const { handle } of files) await handle.close();
}

async function openLocalFile(file: string, name = path.basename(file)): Promise<LocalFile | string> {
  if (file === "-") return "standard input has no size; put it into a file first";
  try {
    // Looked at before it is opened: opening a pipe waits for somebody to write.
    if (!(await stat(file)).isFile()) return `cannot read ${harmless(file)}: it is not a file`;
    const handle = await open(file, "r");
    const { size } = await handle.stat();
    return { path: file, name: name.normalize("NFC"), size, handle };
  } catch (error) {
    const why = fileTrouble(error, "read", file);
    if (why === undefined) throw error;
    return why;
  }
}
