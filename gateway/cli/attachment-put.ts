// `imsg-relay attachments put`: files to the Mac, and the references that `send` takes.
import { bytesInWords } from "../../shared/terminal/progress-words.ts";
import type { Uploaded } from "../client/upload.ts";
import type { Asking } from "./asking.ts";
import type { PutWish } from "./attachments-wish.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { fileTrouble } from "./file-trouble.ts";
import { Interrupted, interruptible } from "./interrupt.ts";
import { closeAll, openLocalFiles, type LocalFile } from "./local-files.ts";
import { localTime } from "../../shared/terminal/local-time.ts";
import { stageFiles } from "./stage-files.ts";
import { harmless } from "./text-table.ts";

export async function putAttachments({ files: paths, name }: PutWish, ask: Asking): Promise<ExitCode> {
  const files = await openLocalFiles(paths, name);
  if (typeof files === "string") {
    ask.note(`${files}.`);
    return EXIT.misuse;
  }
  const { signal, release } = interruptible();
  let at = paths[0] ?? "";
  let count = 0;
  try {
    await stageFiles(files, ask, signal, (file, uploaded) => {
      count += 1;
      at = paths[count] ?? at;
      ask.say(ask.json ? JSON.stringify(jsonOf(file, uploaded)) : says(file, uploaded));
    });
    return EXIT.done;
  } catch (error) {
    if (error instanceof Interrupted) {
      ask.note(`interrupted; ${count} of ${files.length} are on the Mac.`);
      return error.exit;
    }
    const why = fileTrouble(error, "read", at);
    if (why !== undefined) {
      ask.note(`${why}.`);
      return EXIT.failed;
    }
    if (files.length > 1) ask.note(`${harmless(at)} did not get there; ${count} of ${files.length} did.`);
    throw error;
  } finally {
    release();
    await closeAll(files);
  }
}

const says = ({ path }: LocalFile, { attachment, size, expires_at }: Uploaded): string =>
  harmless(
    `${path} (${bytesInWords(size)}) waits on the Mac until ${localTime(expires_at)} as ${attachment}`,
  );

const jsonOf = (
  { path: file }: LocalFile,
  { attachment, name, size, sha256, verified, expires_at }: Uploaded,
) => ({
  attachment,
  file,
  name,
  size,
  sha256,
  verified,
  expires_at,
});
