// Attachments as files on this machine: fetched into a private folder, and found there again.
import { createHash } from "node:crypto";
import { mkdirSync, realpathSync, statSync, utimesSync } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import path from "node:path";
import type { Clock } from "../../shared/clock.ts";
import { safeFileName } from "../../shared/file-name.ts";
import type { AttachmentsHttp } from "../client/attachments.ts";
import { gatheredWrites } from "../node/gathered-writes.ts";
import { troubleOf } from "./file-trouble.ts";
import { FilePruning } from "./file-pruning.ts";
import type { FetchFile } from "./inbound-files.ts";

/** `wanted` holds nothing else. */
export function attachmentFolder(
  wanted: string,
  attachments: Pick<AttachmentsHttp, "download">,
  clock: Clock,
): FetchFile {
  mkdirSync(wanted, { recursive: true, mode: 0o700 });
  // Gateways take no path that leads through a link.
  const folder = realpathSync(wanted);
  const pruning = new FilePruning(folder, clock);
  pruning.soon();
  return async (reference, name, signal) => {
    const own = path.join(folder, createHash("sha256").update(reference).digest("hex").slice(0, 32));
    const file = path.join(own, safeFileName(name));
    if (isThere(file, clock.now())) return { path: file };
    try {
      await fetchInto(own, file, (sink) => attachments.download(reference, sink, { signal }));
      pruning.soon();
      return { path: file };
    } catch (error) {
      if (signal.aborted) return { why: "it did not come in time" };
      const { why, passing } = troubleOf(error, "it could not be written here");
      // What Messages is still writing comes; whoever is away may not.
      if (passing === undefined) return { why };
      return { why, again: passing === "not_ready" ? "when_ready" : "when_back" };
    }
  };
}

type Download = (sink: Parameters<AttachmentsHttp["download"]>[1]) => Promise<unknown>;

/** Nobody sees the file before it is whole; two who fetch it at once do not meet. */
async function fetchInto(folder: string, file: string, download: Download): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
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

function isThere(file: string, now: number): boolean {
  try {
    // Used today: it is kept for as long again.
    utimesSync(file, now / 1_000, now / 1_000);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
