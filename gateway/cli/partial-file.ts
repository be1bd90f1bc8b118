// A file that is being fetched: `photo.jpg.part`, and beside it `photo.jpg.part.json`, which says what it is the
// beginning of. A name that is there already is never written to, unless that is wished.
import { constants } from "node:fs";
import { lstat, open, readFile, rename, rm, writeFile, type FileHandle } from "node:fs/promises";
import path from "node:path";
import * as z from "zod";
import { numberedFileName } from "../../shared/file-name.ts";
import { parseJson } from "../../shared/json.ts";
import type { AttachmentFacts } from "../client/attachment-shapes.ts";
import type { DownloadSink } from "../client/download.ts";
import { MAX_NUMBERED_NAMES } from "../limits.ts";
import { gatheredWrites, type GatheredWrites } from "../node/gathered-writes.ts";

/** For this user alone, as everything else that is kept of messages. */
const MODE = 0o600;
const noteSchema = z.looseObject({ etag: z.string(), size: z.int().min(0) });
type Note = z.infer<typeof noteSchema>;

interface Place {
  /** Where it ends up. */
  readonly file: string;
  readonly force: boolean;
}

export class PartialFile implements DownloadSink {
  readonly #place: Place;
  #handle: FileHandle | undefined;
  #writes: GatheredWrites | undefined;
  #bytes: number;
  #note: Note | undefined;

  /** The first name that is free, or that holds the beginning of that very file. */
  static async find({ file, force }: Place, etag: string): Promise<PartialFile> {
    for (let number = 0; number <= MAX_NUMBERED_NAMES; number += 1) {
      // Another name than the one that was given replaces nobody's file.
      const place = { file: numbered(file, number), force: force && number === 0 };
      if (!place.force && (await exists(place.file))) continue;
      const size = await sizeOf(partOf(place.file));
      if (size === undefined) return new PartialFile(place, 0, undefined);
      const note = await readNote(place.file);
      // Of another file that has the same name, or of somebody else.
      if (note?.etag === etag) return new PartialFile(place, size, note);
    }
    throw new TooManyNames();
  }

  private constructor(place: Place, bytes: number, note: Note | undefined) {
    this.#place = place;
    this.#bytes = bytes;
    this.#note = note;
  }

  /** Where the bytes are until they are all there. */
  get part(): string {
    return partOf(this.#place.file);
  }

  /** Bytes that are written, and how many it will have. */
  get progress(): { readonly bytes: number; readonly size: number } {
    return { bytes: this.#bytes, size: this.#note?.size ?? 0 };
  }

  /** What an earlier download left; undefined where there is nothing. */
  async resume(): Promise<{ readonly etag: string; readonly kept: AsyncIterable<Uint8Array> } | undefined> {
    if (this.#note === undefined || this.#bytes === 0) return undefined;
    this.#handle = await open(this.part, constants.O_RDWR | constants.O_NOFOLLOW);
    this.#writes = gatheredWrites(this.#handle, this.#bytes);
    const kept = this.#handle.createReadStream({ start: 0, end: this.#bytes - 1, autoClose: false });
    return { etag: this.#note.etag, kept };
  }

  async begin({ etag, size }: AttachmentFacts): Promise<void> {
    const isNew = this.#note === undefined;
    this.#note = { etag, size };
    // What is void is not to be written after what follows.
    await this.#flush();
    this.#bytes = 0;
    await this.#handle?.truncate(0);
    // Before the first byte: a part without it belongs to nobody.
    await writeFile(noteOf(this.#place.file), `${JSON.stringify(this.#note)}\n`, { mode: MODE });
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
    this.#handle ??= await open(this.part, flags | (isNew ? constants.O_EXCL : constants.O_TRUNC), MODE);
    this.#writes = gatheredWrites(this.#handle, 0);
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#writes === undefined) throw new Error("written before it was begun");
    await this.#writes.add(bytes);
    this.#bytes = this.#writes.written;
  }

  /** It is whole: gives it its name, which may have been taken meanwhile. */
  async finish(): Promise<string> {
    await this.#flush();
    // Under its own name it is what was sent, also after a loss of power.
    await this.#handle?.sync();
    await this.#close();
    const file = await this.#named();
    await rm(noteOf(this.#place.file), { force: true });
    return file;
  }

  /** For the next time. What holds nothing is not kept. */
  async keep(): Promise<void> {
    // Where a disk is full, that is what it failed with already.
    await this.#flush().catch(() => undefined);
    await this.#close();
    if (this.#bytes === 0) await this.discard();
  }

  async discard(): Promise<void> {
    await this.#close();
    if (this.#note === undefined) return;
    await rm(this.part, { force: true });
    await rm(noteOf(this.#place.file), { force: true });
  }

  async #named(): Promise<string> {
    const { file, force } = this.#place;
    if (force) {
      await rename(this.part, file);
      return file;
    }
    for (let number = 0; number <= MAX_NUMBERED_NAMES; number += 1) {
      const name = numbered(file, number);
      // Taken first, so that nobody else's file can come between looking and renaming.
      if (!(await takes(name))) continue;
      await rename(this.part, name);
      return name;
    }
    throw new TooManyNames();
  }

  async #flush(): Promise<void> {
    try {
      await this.#writes?.flush();
    } finally {
      this.#bytes = this.#writes?.written ?? this.#bytes;
    }
  }

  async #close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }
}

export class TooManyNames extends Error {
  override readonly name = "TooManyNames";
}

const partOf = (file: string): string => `${file}.part`;
const noteOf = (file: string): string => `${file}.part.json`;

const numbered = (file: string, number: number): string =>
  number === 0 ? file : path.join(path.dirname(file), numberedFileName(path.basename(file), number));

async function exists(file: string): Promise<boolean> {
  return (await lstat(file).catch(ifAbsent)) !== undefined;
}

async function sizeOf(file: string): Promise<number | undefined> {
  return (await lstat(file).catch(ifAbsent))?.size;
}

async function takes(file: string): Promise<boolean> {
  try {
    await (await open(file, "wx", MODE)).close();
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

async function readNote(file: string): Promise<Note | undefined> {
  const text = await readFile(noteOf(file), "utf8").catch(ifAbsent);
  const json = parseJson(text ?? "");
  return json.ok ? noteSchema.safeParse(json.value).data : undefined;
}

function ifAbsent(error: unknown): undefined {
  if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
  throw error;
}
