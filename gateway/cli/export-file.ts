// A file that becomes an export: `acme.ndjson.part` until its last line is there, for this user alone. What is in it says
// by itself how far it is, so that a later run goes on after the last account that is whole.
import { constants } from "node:fs";
import { link, lstat, open, rename, rm, type FileHandle } from "node:fs/promises";
import { readExportLine } from "../client/export-lines.ts";
import { ExportPlace } from "../client/export-place.ts";
import type { ExportSink } from "../client/tenant-export.ts";
import { textLines } from "../client/text-lines.ts";
import type { TenantView } from "../client/tenant-shapes.ts";
import { MAX_EXPORT_LINE_BYTES, MAX_KEPT_EXPORT_MS } from "../limits.ts";
import { fileSource } from "../node/file-source.ts";
import { gatheredWrites, type GatheredWrites } from "../node/gathered-writes.ts";

const MODE = 0o600;

export class ExportFile implements ExportSink {
  readonly part: string;
  /** What an earlier run left, as far as it is of that tenant and whole. */
  readonly kept: ExportPlace;
  /** What an earlier run left was of another tenant, of another time, or is too old. */
  readonly beginsAnew: boolean;
  readonly #file: string;
  readonly #handle: FileHandle;
  #writes: GatheredWrites;

  private constructor(
    file: string,
    part: string,
    kept: ExportPlace,
    handle: FileHandle,
    beginsAnew: boolean,
  ) {
    this.beginsAnew = beginsAnew;
    this.#file = file;
    this.part = part;
    this.kept = kept;
    this.#handle = handle;
    this.#writes = gatheredWrites(handle, kept.bytes);
  }

  static async open(file: string, { tenant, changed_at }: TenantView, now: number): Promise<ExportFile> {
    const part = `${file}.part`;
    const handle = await open(part, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, MODE);
    // One that somebody else made may be open to others.
    await handle.chmod(MODE);
    const { size } = await handle.stat();
    const kept = await placeOf(handle, size);
    const { header } = kept;
    const isSame = header?.tenant === tenant && header.changed_at === changed_at;
    const isVoid = header !== undefined && (!isSame || now - header.exported_at > MAX_KEPT_EXPORT_MS);
    if (isVoid) kept.anew();
    // Where its last line is there only its name was missing.
    else if (!kept.isOver) kept.back();
    return new ExportFile(file, part, kept, handle, isVoid);
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#writes.add(bytes);
  }

  async back(bytes: number): Promise<void> {
    await this.#writes.flush();
    await this.#handle.truncate(bytes);
    this.#writes = gatheredWrites(this.#handle, bytes);
  }

  /** It is whole: gives it its name. False = there is such a file by now, and it may not be replaced. */
  async finish(force: boolean): Promise<boolean> {
    await this.#writes.flush();
    // Under its own name it is whole, also after a loss of power.
    await this.#handle.sync();
    await this.#handle.close();
    if (force) {
      await rename(this.part, this.#file);
      return true;
    }
    try {
      await link(this.part, this.#file);
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
      throw error;
    }
    await rm(this.part, { force: true });
    return true;
  }

  /** For the next time. What holds nothing whole is not kept. */
  async keep(hasWhole: boolean): Promise<void> {
    // Where a disk is full, that is what it failed with already.
    await this.#writes.flush().catch(() => undefined);
    await this.#handle.close();
    if (!hasWhole) await rm(this.part, { force: true });
  }
}

export async function isThere(file: string): Promise<boolean> {
  try {
    await lstat(file);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    throw error;
  }
}

/** As far as it can be read: what was cut off, or never written, ends it. */
async function placeOf(handle: FileHandle, size: number): Promise<ExportPlace> {
  const place = new ExportPlace();
  const encoder = new TextEncoder();
  for await (const text of textLines(fileSource(handle).read(0, size), MAX_EXPORT_LINE_BYTES)) {
    const line = text === undefined ? undefined : readExportLine(text);
    if (text === undefined || line === undefined) break;
    if (place.take(line, encoder.encode(text).length + 1) !== undefined) break;
  }
  return place;
}
