// The file that an export goes to, with real files: private, whole or not there, and gone on with only where it is the same.
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ExportFile } from "../../../gateway/cli/export-file.ts";
import { exportTenant } from "../../../gateway/client/tenant-export.ts";
import { tenantViewSchema, type TenantView } from "../../../gateway/client/tenant-shapes.ts";
import { MAX_KEPT_EXPORT_MS } from "../../../gateway/limits.ts";
import { From, targetOf, TENANT, wrongWith } from "../support/moving-relays.ts";

/** As the relay of the tests says it. */
const EXPORTED_AT = 5;
const view = (changed_at = 7, tenant = TENANT): TenantView =>
  tenantViewSchema.parse({ tenant, name: "Acme", created_at: 1, state: "suspended", changed_at, used: {} });

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "export-"));
  file = path.join(folder, "acme.ndjson");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const linesOf = (name: string): string[] => readFileSync(name, "utf8").trimEnd().split("\n");
const open = (of = view(), now = EXPORTED_AT): Promise<ExportFile> => ExportFile.open(file, of, now);

/** As far as the relay lets it. */
async function fill(sink: ExportFile, from: From): Promise<boolean> {
  const done = exportTenant(targetOf(from.fetch), TENANT, sink, { kept: sink.kept });
  return done.then(
    () => true,
    () => false,
  );
}

/** Some accounts are there, and something after them. */
async function brokenOff(): Promise<void> {
  const from = new From();
  from.cuts = [520];
  from.meanwhile = () => {
    if (from.asked.length === 2) from.refusals = ["forbidden"];
  };
  const sink = await open();
  expect(await fill(sink, from)).toBe(false);
  await sink.keep(true);
}

describe("an export's file", () => {
  test("has its name when it is whole, for this user alone", async () => {
    writeFileSync(`${file}.part`, "somebody else's");
    chmodSync(`${file}.part`, 0o644);
    const sink = await open();
    expect(await fill(sink, new From())).toBe(true);
    expect([existsSync(file), statSync(`${file}.part`).mode & 0o777]).toEqual([false, 0o600]);
    expect(await sink.finish(false)).toBe(true);
    expect([existsSync(`${file}.part`), statSync(file).mode & 0o777]).toEqual([false, 0o600]);
    expect(wrongWith(linesOf(file))).toBeUndefined();
  });

  test("is gone on with after what is whole, also where a write was torn", async () => {
    await brokenOff();
    writeFileSync(`${file}.part`, `${readFileSync(`${file}.part`, "utf8")}{"t":"account_r\0\0`);
    const from = new From();
    const sink = await open();
    expect([sink.beginsAnew, sink.kept.whole?.after]).toEqual([false, "acc_1"]);
    expect(await fill(sink, from)).toBe(true);
    await sink.finish(false);
    expect(from.asked[0]).toBe("acc_1");
    expect(wrongWith(linesOf(file))).toBeUndefined();
  });

  test.each<[string, TenantView, number]>([
    ["another tenant's", view(7, "ten_9"), EXPORTED_AT],
    ["of before something was said of the tenant", view(8), EXPORTED_AT],
    ["too old", view(), EXPORTED_AT + MAX_KEPT_EXPORT_MS + 1],
  ])("that is %s is not gone on with", async (_, of, now) => {
    await brokenOff();
    const sink = await open(of, now);
    expect([sink.beginsAnew, sink.kept.whole, sink.kept.bytes]).toEqual([true, undefined, 0]);
    await sink.keep(false);
    expect(existsSync(`${file}.part`)).toBe(false);
  });

  test("that has its last line needs its name only, and replaces nothing unless it is wished", async () => {
    writeFileSync(file, "mine");
    const sink = await open();
    await fill(sink, new From());
    expect(await sink.finish(false)).toBe(false);
    expect(readFileSync(file, "utf8")).toBe("mine");
    const again = await open();
    const from = new From();
    expect(await fill(again, from)).toBe(true);
    expect(from.asked).toEqual([]);
    expect(await again.finish(true)).toBe(true);
    expect(wrongWith(linesOf(file))).toBeUndefined();
  });
});
