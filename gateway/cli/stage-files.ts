// Files to the Mac, one after the other, where they wait to be sent: the Mac has one disk and one line.
import { glyphsFor } from "../../shared/terminal/terminal-kind.ts";
import { AttachmentsHttp } from "../client/attachments.ts";
import type { Uploaded } from "../client/upload.ts";
import { bytesFetch } from "../node/bytes-fetch.ts";
import { fileSource } from "../node/file-source.ts";
import { sha256 } from "../node/sha256.ts";
import type { Asking } from "./asking.ts";
import type { LocalFile } from "./local-files.ts";
import { TransferBars } from "./transfer-bars.ts";

/** `onStaged` is told of each as soon as it is there. */
export async function stageFiles(
  files: readonly LocalFile[],
  { target }: Asking,
  signal: AbortSignal,
  onStaged: (file: LocalFile, uploaded: Uploaded) => void,
): Promise<void> {
  const attachments = new AttachmentsHttp({ ...target, bytesFetch, sha256 });
  const glyphs = glyphsFor(process.env, process.stderr.isTTY, process.platform);
  const bars = new TransferBars({ stream: process.stderr, glyphs, sizes: files.map(({ size }) => size) });
  try {
    for (const file of files) {
      const { name, size, handle } = file;
      bars.start(name);
      const options = { name, size, signal, onProgress: bars.moved };
      const uploaded = await attachments.upload(fileSource(handle), options);
      bars.ended(() => onStaged(file, uploaded));
    }
  } finally {
    bars.stop();
  }
}
