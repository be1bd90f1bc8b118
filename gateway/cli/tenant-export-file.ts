// `tenants export`: everything of a tenant but the log, into a private file.
import { bytesInWords, grouped } from "../../shared/terminal/progress-words.ts";
import { localTime } from "../../shared/terminal/local-time.ts";
import { glyphsFor } from "../../shared/terminal/terminal-kind.ts";
import { ClientError } from "../client/client-error.ts";
import type { Exported } from "../client/tenant-export.ts";
import type { TenantView } from "../client/tenant-shapes.ts";
import { TenantsHttp } from "../client/tenants-http.ts";
import { refused, type Administering } from "./administering.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { ExportBar } from "./export-bar.ts";
import { ExportFile, isThere } from "./export-file.ts";
import { fileTrouble } from "./file-trouble.ts";
import { Interrupted, interruptible } from "./interrupt.ts";
import { count, nameOf } from "./tenants-report.ts";
import { harmless } from "./text-table.ts";

interface Wish {
  readonly file: string;
  readonly force: boolean;
}

export async function exportToFile(wish: Wish, ask: Administering, view: TenantView): Promise<ExitCode> {
  const { file, force } = wish;
  if (view.state !== "suspended")
    throw refused(
      "conflict",
      `The tenant is ${harmless(view.state)}. Only a suspended one is exported, else what comes meanwhile would be lost: imsg-relay tenants suspend ${view.tenant}`,
    );
  const { signal, release } = interruptible();
  try {
    if (!force && (await isThere(file))) return taken(ask, file);
    const sink = await ExportFile.open(file, view, Date.now());
    const done = await fill(sink, ask, view, signal);
    if (!(await sink.finish(force))) return taken(ask, file);
    const { accounts, bytes, header } = done;
    const { exported_at } = header;
    const answer = { file, tenant: view.tenant, accounts, bytes, exported_at, resumed_after: done.kept };
    for (const line of ask.json ? [JSON.stringify(answer)] : says(file, view, done)) ask.say(line);
    return EXIT.done;
  } catch (error) {
    if (error instanceof Interrupted) return error.exit;
    const why = fileTrouble(error, "write", file);
    if (why === undefined) throw error;
    ask.note(`${why}.`);
    return EXIT.failed;
  } finally {
    release();
  }
}

function taken(ask: Administering, file: string): ExitCode {
  ask.note(`there is a file ${harmless(file)} already; --force replaces it.`);
  return EXIT.failed;
}

async function fill(
  sink: ExportFile,
  ask: Administering,
  view: TenantView,
  signal: AbortSignal,
): Promise<Exported> {
  const { kept } = sink;
  const before = kept.whole?.accounts ?? 0;
  if (sink.beginsAnew)
    ask.note(`what ${harmless(sink.part)} held is not of this export, or too old: beginning anew.`);
  if (before > 0) ask.note(`going on after ${count(before, "account")} of ${harmless(sink.part)}.`);
  const glyphs = glyphsFor(process.env, process.stderr.isTTY, process.platform);
  const bar = new ExportBar(process.stderr, ask.json ? undefined : glyphs, view.used.accounts);
  try {
    const done = await new TenantsHttp(ask.target).export(view.tenant, sink, {
      signal,
      kept,
      onProgress: bar.moved,
    });
    bar.stop();
    if (before > 0 && done.kept === 0)
      ask.note("the tenant was changed since: everything was exported anew.");
    return done;
  } catch (error) {
    bar.stop();
    await putAside(sink, ask, view.used.accounts, error);
    throw error;
  }
}

async function putAside(sink: ExportFile, ask: Administering, all: number, error: unknown): Promise<void> {
  const accounts = sink.kept.whole?.accounts ?? 0;
  await sink.keep(accounts > 0);
  const isOurs = error instanceof Interrupted || error instanceof ClientError;
  if (!isOurs) return;
  const what = error instanceof Interrupted ? "interrupted; " : "";
  const place = `${grouped(accounts)} of ${grouped(all)} accounts are in ${harmless(sink.part)}`;
  ask.note(
    accounts > 0
      ? `${what}${place}, and the same command goes on after them.`
      : `${what}no account was whole yet, so nothing is kept.`,
  );
}

const says = (file: string, view: TenantView, { accounts, bytes, header }: Exported): string[] => [
  `Exported ${nameOf(view)} as it was at ${localTime(header.exported_at)}: ${count(accounts, "account")}, ${bytesInWords(bytes)}, to ${harmless(file)}`,
  "It holds handles, hashes of keys and sealed secrets: keep it private, and delete it when it was imported.",
  `At the other relay: imsg-relay tenants import ${harmless(file)} --relay https://…`,
];
