// Attachments as files on this machine: fetched into a private folder, found there again, and gone after a while.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, realpathSync, rmSync, statSync, utimesSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import path from "node:path";
import { safeFileName } from "../../shared/file-name.ts";
import type { AttachmentsHttp } from "../client/attachments.ts";
import { ClientError } from "../client/client-error.ts";
import type { Fetched, FetchFile } from "./inbound-files.ts";
import { FILE_KEPT_MS, MAX_KEPT_FILES_BYTES } from "../limits.ts";
import { gatheredWrites } from "../node/gathered-writes.ts";

const MIB = 1024 * 1024;

/** `folder` holds nothing else. */
export function attachmentFolder(wanted: string, attachments: AttachmentsHttp): FetchFile {
  mkdirSync(wanted, { recursive: true, mode: 0o700 });
  // Gateways take no path that leads through a link.
  const folder = realpathSync(wanted);
  prune(folder, Date.now());
  return async (reference, name, signal) => {
    const own = path.join(folder, createHash("sha256").update(reference).digest("hex").slice(0, 32));
    const file = path.join(own, safeFileName(name));
    if (isThere(file)) return { path: file };
    try {
      await fetchInto(own, file, (sink) => attachments.download(reference, sink, { signal }));
      prune(folder, Date.now());
      return { path: file };
    } catch (error) {
      return { why: whyOf(error, signal) };
    }
  };
}

type Download = (sink: Parameters<AttachmentsHttp["download"]>[1]) => Promise<unknown>;

/** Nobody sees the file before it is whole; two who fetch it at once do not meet. */
async function fetchInto(folder: string, file: string, download: Download): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const part = `${file}.${process.pid}.${partNumber()}.part`;
  const handle = await open(part, "wx", 0o600);
  try {
    let writes = gatheredWrites(handle, 0);
    await download({
      begin: async () => {
        // What is void is not to be written after what follows.
        await writes.flush();
        await handle.truncate(0);
        writes = gatheredWrites(handle, 0);
      },
      write: (bytes) => writes.add(bytes),
    });
    await writes.flush();
    await handle.close();
    await rename(part, file);
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(part, { force: true });
    throw error;
  }
}

let parts = 0;
const partNumber = (): number => (parts += 1);

function isThere(file: string): boolean {
  try {
    // Used today: it is kept for as long again.
    utimesSync(file, new Date(), new Date());
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** What is too old, and the oldest of what is too much. A folder is one attachment. */
function prune(folder: string, now: number): void {
  const kept = readdirSync(folder)
    .map((name) => {
      const files = filesIn(path.join(folder, name));
      return {
        name,
        at: Math.max(0, ...files.map(({ at }) => at)),
        bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
      };
    })
    .toSorted((a, b) => b.at - a.at);
  let bytes = 0;
  for (const one of kept) {
    bytes += one.bytes;
    if (one.at < now - FILE_KEPT_MS || bytes > MAX_KEPT_FILES_BYTES)
      rmSync(path.join(folder, one.name), { recursive: true, force: true });
  }
}

function filesIn(folder: string): { readonly at: number; readonly bytes: number }[] {
  try {
    return readdirSync(folder).flatMap((name) => {
      const stat = statSync(path.join(folder, name), { throwIfNoEntry: false });
      return stat === undefined ? [] : [{ at: stat.mtimeMs, bytes: stat.size }];
    });
  } catch {
    return [];
  }
}

function whyOf(error: unknown, signal: AbortSignal): Extract<Fetched, { why: string }>["why"] {
  if (signal.aborted) return "it did not come in time";
  if (!(error instanceof ClientError)) return "it could not be written here";
  const { size, cap, message } = error;
  if (size !== undefined && cap !== undefined)
    return `it has ${(size / MIB).toFixed(1)} MiB, and at most ${(cap / MIB).toFixed(0)} MiB are taken (mediaMaxMb)`;
  return message;
}
