// Staged files on disk: `<staging>/<id>/`, in it the file under its own name and `.meta.json`, all of it private.
import { createHash } from "node:crypto";
import { chmodSync, constants, lstatSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { mkdir, open, rename, rm, type FileHandle } from "node:fs/promises";
import path from "node:path";
import * as z from "zod";
import { parseJson } from "../../shared/json.ts";
import { SYNC_AHEAD_BYTES, TRANSFER_CHUNK_BYTES } from "../limits.ts";
import type { StagedMeta, StagedWriter, StagingFolder } from "../transfers/ports.ts";
import { readText } from "./home.ts";

/** No safe name begins with a dot. */
const META = ".meta.json";
const metaSchema = z.object({
  id: z.string(),
  name: z
    .string()
    .min(1)
    .regex(/^[^./][^/\0]*$/),
  size: z.int().min(0),
  bytes: z.int().min(0),
  digest: z.string().nullable(),
});
const FLAGS = constants.O_RDWR | constants.O_NOFOLLOW;

export function stagingFolder(root: string): StagingFolder {
  const folderOf = (id: string): string => path.join(root, id);
  const fileOf = ({ id, name }: StagedMeta): string => path.join(root, id, name);

  const keep = async (meta: StagedMeta): Promise<void> => {
    const folder = folderOf(meta.id);
    const fresh = path.join(folder, `${META}.new`);
    await withFile(await open(fresh, "w", 0o600), async (handle) => {
      await handle.writeFile(JSON.stringify(meta));
      await handle.sync();
    });
    await rename(fresh, path.join(folder, META));
    await syncFolder(folder);
    await syncFolder(root);
  };

  return {
    list: () => {
      const found = [];
      for (const id of namesIn(root)) {
        const meta = readMeta(path.join(root, id, META));
        const stat = meta?.id === id ? lstatSync(fileOf(meta), { throwIfNoEntry: false }) : undefined;
        // One without its file, or cut off before its last word: nobody was promised anything of it.
        if (meta === undefined || stat?.isFile() !== true || stat.size < meta.bytes)
          removeUnused(folderOf(id));
        else found.push({ meta, writtenAt: stat.mtimeMs });
      }
      return found;
    },
    create: async (meta) => {
      await mkdir(root, { recursive: true, mode: 0o700 });
      // It may be older, and laxer.
      chmodSync(root, 0o700);
      await mkdir(folderOf(meta.id), { mode: 0o700 });
      // Nobody is told of it before it is kept: until then nothing has to be safe, and a later life finds it without
      // its meta, and removes it.
      await (await open(fileOf(meta), "wx", 0o600)).close();
    },
    keep,
    open: async (meta) => {
      const handle = await open(fileOf(meta), FLAGS);
      try {
        await handle.truncate(meta.bytes);
      } catch (error) {
        await handle.close();
        throw error;
      }
      return writerTo(handle);
    },
    digest: async (meta) =>
      await withFile(await open(fileOf(meta), constants.O_RDONLY | constants.O_NOFOLLOW), digestOf),
    remove: (id) => rm(folderOf(id), { recursive: true, force: true }),
    locate: (meta) => {
      const stat = lstatSync(fileOf(meta), { throwIfNoEntry: false });
      return stat?.isFile() === true && stat.size === meta.size ? realpathSync(fileOf(meta)) : undefined;
    },
  };
}

/** The disk begins to make safe what came while more comes; the last word waits for little then. */
function writerTo(handle: FileHandle): StagedWriter {
  let unsafe = 0;
  let syncing: Promise<void> | undefined;
  /** The kernel says of bytes that it lost once only: whoever asks afterwards hears that all is well. */
  let lost: { readonly error: unknown } | undefined;
  return {
    write: async (bytes, position) => {
      await writeAll(handle, bytes, position);
      unsafe += bytes.length;
      if (unsafe < SYNC_AHEAD_BYTES || syncing !== undefined) return;
      unsafe = 0;
      syncing = handle
        .datasync()
        .catch((error: unknown) => void (lost ??= { error }))
        .finally(() => void (syncing = undefined));
    },
    sync: async () => {
      await syncing;
      if (lost !== undefined) throw lost.error;
      await handle.sync();
    },
    close: async () => {
      await syncing;
      await handle.close();
    },
  };
}

/** Of somebody else (an agent that was once run as root), it stays: the agent starts all the same. */
function removeUnused(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // Nothing of it is ever looked at.
  }
}

/** None where there is no such folder yet. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readMeta(file: string): StagedMeta | undefined {
  try {
    const json = parseJson(readText(file) ?? "");
    return json.ok ? metaSchema.safeParse(json.value).data : undefined;
  } catch {
    return undefined;
  }
}

/** `write` may take a part only. */
async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += (await handle.write(bytes, at, bytes.length - at, position + at)).bytesWritten;
  }
}

async function digestOf(handle: FileHandle): Promise<string> {
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafeSlow(TRANSFER_CHUNK_BYTES);
  for (;;) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, null);
    if (bytesRead === 0) return hash.digest("base64");
    hash.update(buffer.subarray(0, bytesRead));
  }
}

async function withFile<T>(handle: FileHandle, work: (handle: FileHandle) => Promise<T>): Promise<T> {
  try {
    return await work(handle);
  } finally {
    await handle.close();
  }
}

/** What was made or renamed in it is durable only with the folder. */
async function syncFolder(folder: string): Promise<void> {
  await withFile(await open(folder, "r"), (handle) => handle.sync());
}
