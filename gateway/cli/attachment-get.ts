// `imsg-relay attachments get`: one file, to a folder, under a name, or to whoever reads standard output.
import { once } from "node:events";
import { stat } from "node:fs/promises";
import path from "node:path";
import type { Writable } from "node:stream";
import { safeFileName } from "../../shared/file-name.ts";
import { bytesInWords } from "../../shared/terminal/progress-words.ts";
import { glyphsFor } from "../../shared/terminal/terminal-kind.ts";
import { AttachmentsHttp } from "../client/attachments.ts";
import { ClientError } from "../client/client-error.ts";
import type { Downloaded, DownloadSink } from "../client/download.ts";
import { bytesFetch } from "../node/bytes-fetch.ts";
import { sha256 } from "../node/sha256.ts";
import type { Asking } from "./asking.ts";
import type { GetWish } from "./attachments-wish.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { fileTrouble } from "./file-trouble.ts";
import { Interrupted, interruptible } from "./interrupt.ts";
import { PartialFile, TooManyNames } from "./partial-file.ts";
import { harmless } from "./text-table.ts";
import { TransferBars } from "./transfer-bars.ts";

export async function getAttachment(wish: GetWish, ask: Asking): Promise<ExitCode> {
  const { signal, release } = interruptible();
  const glyphs = glyphsFor(process.env, process.stderr.isTTY, process.platform);
  const bars = new TransferBars({ stream: process.stderr, glyphs });
  const attachments = new AttachmentsHttp({ ...ask.target, bytesFetch, sha256 });
  const under = { attachments, wish, ask, bars, signal };
  try {
    return wish.out === "-" ? await toOutput(under) : await toFile(under);
  } catch (error) {
    if (error instanceof Interrupted) return error.exit;
    const why =
      error instanceof TooManyNames
        ? "there are too many files of that name"
        : fileTrouble(error, "write", wish.out ?? "the file");
    if (why === undefined) throw error;
    ask.note(`${why}.`);
    return EXIT.failed;
  } finally {
    bars.stop();
    release();
  }
}

interface Under {
  readonly attachments: AttachmentsHttp;
  readonly wish: GetWish;
  readonly ask: Asking;
  readonly bars: TransferBars;
  readonly signal: AbortSignal;
}

async function toOutput({ attachments, wish, ask, bars, signal }: Under): Promise<ExitCode> {
  if (process.stdout.isTTY) {
    ask.note("standard output is a terminal; give it to a program, or name a file with --out.");
    return EXIT.misuse;
  }
  bars.start(wish.reference);
  const done = await attachments
    .download(wish.reference, new OutputSink(process.stdout), { signal, onProgress: bars.moved })
    .catch((error: unknown) => {
      bars.stop();
      if (error instanceof Interrupted) ask.note("interrupted; what was written is not the whole file.");
      throw error;
    });
  bars.ended(() => ask.note(`${bytesInWords(done.facts.size)}${proofOf(done)}.`));
  return EXIT.done;
}

async function toFile(under: Under): Promise<ExitCode> {
  const { attachments, wish, ask, bars, signal } = under;
  const { reference, force } = wish;
  bars.start(wish.out ?? "attachment");
  const onWait = (waiting: ClientError): void => bars.moved({ bytes: 0, size: 0, waiting });
  const facts = await attachments.facts(reference, { signal, onWait });
  const folder = await folderOf(wish.out);
  const name = safeFileName(facts.name ?? "");
  const file = folder === undefined ? (wish.out ?? name) : path.join(folder, name);
  bars.start(path.basename(file));
  const partial = await PartialFile.find({ file, force }, facts.etag);
  try {
    const resume = await partial.resume();
    const done = await attachments.download(reference, partial, {
      signal,
      onProgress: bars.moved,
      ...(resume === undefined ? {} : { resume }),
    });
    const saved = await partial.finish();
    bars.ended(() => ask.say(ask.json ? JSON.stringify(jsonOf(saved, done)) : says(saved, done)));
    return EXIT.done;
  } catch (error) {
    bars.stop();
    await putAside(partial, error, ask);
    throw error;
  }
}

/** Undefined where it names a file. */
async function folderOf(out: string | undefined): Promise<string | undefined> {
  if (out === undefined) return ".";
  if (/[/\\]$/.test(out)) return out;
  const found = await stat(out).catch(() => undefined);
  return found?.isDirectory() === true ? out : undefined;
}

/** What was fetched is not lost, unless it is damaged. */
async function putAside(partial: PartialFile, error: unknown, ask: Asking): Promise<void> {
  if (error instanceof ClientError && error.code === "damaged") {
    await partial.discard();
    return;
  }
  await partial.keep();
  const { bytes, size } = partial.progress;
  const kept = `${bytesInWords(bytes)} of ${bytesInWords(size)} are in ${harmless(partial.part)}`;
  const why = error instanceof Interrupted ? "interrupted; " : "";
  if (bytes > 0) ask.note(`${why}${kept}, and the same command goes on from there.`);
  else if (why !== "") ask.note("interrupted; nothing was kept.");
}

const says = (file: string, done: Downloaded): string =>
  `Saved ${harmless(file)} (${bytesInWords(done.facts.size)}${proofOf(done)}).`;

const PROOFS = {
  file: ", checksum verified",
  rest: ", checksum verified for what came since it was resumed",
  nothing: ", not verified: nobody knows its checksum",
} as const;
const proofOf = ({ verified }: Downloaded): string => PROOFS[verified];

const jsonOf = (file: string, { facts, sha256: digest, verified, resumedFrom }: Downloaded) => ({
  file,
  name: facts.name,
  type: facts.type,
  size: facts.size,
  sha256: digest,
  verified,
  resumed_from: resumedFrom,
  etag: facts.etag,
});

/** What is gone cannot be taken back. */
class OutputSink implements DownloadSink {
  readonly isOneWay = true;
  readonly #output: Writable;
  #failure: Error | undefined;

  constructor(output: Writable) {
    this.#output = output;
    output.once("error", (error) => {
      this.#failure = error;
    });
  }

  begin(): Promise<void> {
    return Promise.resolve();
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (!this.#output.write(bytes)) await once(this.#output, "drain");
  }
}
