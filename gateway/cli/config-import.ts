import { readFileSync, statSync } from "node:fs";
import JSON5 from "json5";
import { flattened } from "../../shared/config/flatten.ts";
import type { ImportReport } from "../../shared/config/import-notes.ts";
import { importOpenClaw } from "../../shared/config/import.ts";
import type { ConfigDocument, Overrides } from "../../shared/config/settings.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import type { ConfigHttp, ConfigOwner } from "../client/config-client.ts";
import { MAX_IMPORT_BYTES } from "../limits.ts";
import { describeChange, pathFor, problemLines, type Said } from "./config-report.ts";
import type { ImportWish } from "./config-wish.ts";
import { textTable } from "./text-table.ts";

/** The settings of an OpenClaw file, as one change: all of them or none. */
export async function importFile(client: ConfigHttp, wish: ImportWish): Promise<Said> {
  const read = readFile(wish.file);
  if (!read.ok) return { answer: { error: read.error }, says: read.error, failed: true };
  const { patch, report } = importOpenClaw(read.value, wish);
  if (patch === undefined) {
    const says = ["nothing was changed:", ...problemLines(report.problems)].join("\n");
    return { answer: { patch: null, report }, says, failed: true };
  }
  const change = changeFor(patch, wish.owner);
  const where = describeReport(report, wish.owner);
  if (wish.isDry) {
    const says = [...where, "Nothing was changed. It would be:", "", JSON.stringify(change, null, 2)];
    return { answer: { patch: change, report }, says: says.join("\n") };
  }
  const changed = await client.patch(wish.owner, change);
  return {
    answer: { patch: change, report, ...changed },
    says: [...where, describeChange(changed, wish.owner)].join("\n"),
  };
}

/** An account has no root above it that the file could mean: what the file says of it becomes its overrides. */
const changeFor = (patch: ConfigDocument, owner: ConfigOwner): ConfigDocument | Overrides =>
  owner.kind === "tenant" ? patch : flattened(patch, owner.account);

function readFile(file: string): Result<unknown, string> {
  let text: string;
  try {
    if (statSync(file).size > MAX_IMPORT_BYTES)
      return err(`${file} is over ${MAX_IMPORT_BYTES} bytes; is it the right file?`);
    text = readFileSync(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    return err(code === "ENOENT" ? `there is no file ${file}.` : `${file} cannot be read (${String(code)}).`);
  }
  try {
    const value: unknown = JSON5.parse(text);
    return ok(value);
  } catch (error) {
    return err(`${file} is not JSON5: ${error instanceof Error ? error.message : "it cannot be parsed"}.`);
  }
}

function describeReport({ applied, notHere, forTheMac }: ImportReport, owner: ConfigOwner): string[] {
  const part = (head: readonly [string, string], rows: readonly (readonly string[])[]): string[] =>
    rows.length === 0 ? [] : [...textTable(head, rows), ""];
  return [
    ...part(
      ["SETTING", "TAKEN FROM"],
      applied.map(({ path, from }) => [pathFor(owner, path), from]),
    ),
    ...part(
      ["NOT TAKEN", "WHY"],
      notHere.map(({ path, why }) => [path, why]),
    ),
    ...part(
      ["THE MAC'S OWN", "WHAT ITS OWNER DOES THERE"],
      forTheMac.map(({ path, command }) => [path, command]),
    ),
  ];
}
