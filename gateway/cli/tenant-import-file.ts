// `tenants import`: what `tenants export` wrote, into another relay. Its file is read to its end before anything is sent.
import { open, stat, type FileHandle } from "node:fs/promises";
import { glyphsFor } from "../../shared/terminal/terminal-kind.ts";
import { readExportLine } from "../client/export-lines.ts";
import { ExportPlace } from "../client/export-place.ts";
import type { ExportHeader } from "../client/export-lines.ts";
import { TenantsHttp } from "../client/tenants-http.ts";
import type { Imported } from "../client/tenant-import.ts";
import { textLines } from "../client/text-lines.ts";
import { MAX_EXPORT_LINE_BYTES } from "../limits.ts";
import { fileSource } from "../node/file-source.ts";
import type { Administering } from "./administering.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { fileTrouble } from "./file-trouble.ts";
import { Interrupted, interruptible } from "./interrupt.ts";
import { count, nameOf } from "./tenants-report.ts";
import { harmless } from "./text-table.ts";
import { TransferBars } from "./transfer-bars.ts";

export async function importFromFile(
  { file }: { readonly file: string },
  ask: Administering,
): Promise<ExitCode> {
  const { signal, release } = interruptible();
  let handle: FileHandle | undefined;
  try {
    // Looked at before it is opened: opening a pipe waits for somebody to write.
    if (!(await stat(file)).isFile()) return refuse(ask, `cannot read ${harmless(file)}: it is not a file.`);
    handle = await open(file, "r");
    const { size } = await handle.stat();
    const looked = await lookThrough(handle, size, signal);
    if (typeof looked === "string") return refuse(ask, `${harmless(file)}: ${looked}`);
    const done = await send(handle, size, ask, signal);
    for (const line of ask.json ? [jsonOf(done)] : says(looked, done, ask.target.relay)) ask.say(line);
    return EXIT.done;
  } catch (error) {
    if (error instanceof Interrupted) {
      ask.note(
        "interrupted; the tenant is shut to everybody there until all of it has come: the same command brings it.",
      );
      return error.exit;
    }
    const why = fileTrouble(error, "read", file);
    if (why === undefined) throw error;
    return refuse(ask, `${why}.`);
  } finally {
    await handle?.close();
    release();
  }
}

function refuse(ask: Administering, why: string): ExitCode {
  ask.note(why);
  return EXIT.failed;
}

async function send(
  handle: FileHandle,
  size: number,
  ask: Administering,
  signal: AbortSignal,
): Promise<Imported> {
  const glyphs = glyphsFor(process.env, process.stderr.isTTY, process.platform);
  const bars = new TransferBars({
    stream: process.stderr,
    glyphs: ask.json ? undefined : glyphs,
    sizes: [size],
  });
  bars.start("import");
  try {
    return await new TenantsHttp(ask.target).import(wholeLines(handle, size), {
      signal,
      onProgress: ({ bytes, waiting }) => bars.moved({ bytes, size, waiting }),
    });
  } finally {
    bars.stop();
  }
}

async function* wholeLines(handle: FileHandle, size: number): AsyncGenerator<string, void> {
  // Too long a one was found before.
  for await (const text of textLines(fileSource(handle).read(0, size), MAX_EXPORT_LINE_BYTES))
    if (text !== undefined) yield text;
}

/** Whose it is; or the sentence that says why it is no whole export. */
async function lookThrough(
  handle: FileHandle,
  size: number,
  signal: AbortSignal,
): Promise<ExportHeader | string> {
  const place = new ExportPlace();
  let number = 0;
  const source = fileSource(handle).read(0, size);
  for await (const text of textLines(source, MAX_EXPORT_LINE_BYTES)) {
    signal.throwIfAborted();
    number += 1;
    const line = text === undefined ? undefined : readExportLine(text);
    if (line === undefined)
      return number === 1 ? "this is no export of a tenant." : `line ${number} is none of an export.`;
    const wrong = place.take(line, 0);
    if (wrong !== undefined) return `line ${number}: ${wrong}.`;
  }
  const { header, isOver } = place;
  if (header !== undefined && isOver) return header;
  return header === undefined
    ? "this is no export of a tenant."
    : "its end is missing; make it whole with imsg-relay tenants export, which goes on where it was.";
}

const jsonOf = ({ tenant, state, accounts, wasHere }: Imported): string =>
  JSON.stringify({ tenant, state, accounts, was_here: wasHere });

function says(header: ExportHeader, { tenant, accounts, wasHere }: Imported, relay: string): string[] {
  const name = nameOf(header);
  const what = wasHere
    ? `All of that export of ${name} is at ${relay} already; nothing was changed.`
    : `Imported ${name}: ${count(accounts, "account")}, at ${relay}.`;
  return [
    `${what} It is suspended there.`,
    "",
    "What is left to do, in this order:",
    `  1. here:         imsg-relay tenants resume ${tenant} --relay ${relay}`,
    `  2. on each Mac:  imsg-relay-agent move ${relay}`,
    "  3. each gateway: the same key, at the new address (imsg-relay login)",
    `  4. when all of them have come, with the old relay's operator key, and its address in the place of OLD:`,
    `                   imsg-relay tenants delete ${tenant} --relay https://OLD`,
  ];
}
