// A file to the Mac, where it waits to be sent (ATT): in one body where it is short, in parts where it is long, and
// resumed where it breaks off.
import { ATTACHMENT_PART_BYTES, MAX_TRANSFER_MS } from "../../shared/limits.ts";
import { UPLOAD_ANSWER_MS, UPLOAD_FIRST_BYTES } from "../limits.ts";
import { readUploadState, stagedSchema, type Staged } from "./attachment-shapes.ts";
import {
  askBytes,
  attachmentPath,
  jsonOf,
  refusalOf,
  type AttachmentsTarget,
  type TransferProgress,
} from "./bytes-ask.ts";
import type { BytesBody } from "./bytes-http.ts";
import { ClientError } from "./client-error.ts";
import { sha256, type Sha256 } from "./sha256.ts";
import { Silence } from "./silence.ts";
import { systemClock } from "./system-clock.ts";
import { TransferRetry } from "./transfer-retry.ts";

/**
 * Bytes that can be read again from anywhere: a platform's own, or a way to them (of a file: ../node/file-source.ts),
 * which may use the memory of a chunk again as soon as the next one is asked for.
 */
export type UploadSource = Blob | { read(from: number, to: number): AsyncIterable<Uint8Array> };

export interface UploadOptions {
  /** As whoever receives it shall see it. */
  readonly name: string;
  /** Bytes of all of it; of a Blob its own. */
  readonly size?: number;
  /** Bytes of one body; default, and most, what the relay takes. */
  readonly partBytes?: number;
  readonly onProgress?: (progress: TransferProgress) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface Uploaded {
  /** The reference that `send` takes. */
  readonly attachment: string;
  readonly name: string;
  readonly size: number;
  /** Of what was read here; base64. */
  readonly sha256: string;
  /** The Mac's own checksum is the same; false where nobody said it. */
  readonly verified: boolean;
  /** Then it is gone from the Mac, unless it was sent. */
  readonly expires_at: number;
}

export async function upload(
  target: AttachmentsTarget,
  source: UploadSource,
  options: UploadOptions,
): Promise<Uploaded> {
  const size = options.size ?? (source instanceof Blob ? source.size : undefined);
  if (size === undefined || !Number.isSafeInteger(size) || size < 0)
    throw new TypeError("an upload needs the size of its source");
  return new Upload(target, source, size, options).run();
}

class Upload {
  readonly #target: AttachmentsTarget;
  readonly #source: UploadSource;
  readonly #size: number;
  readonly #options: UploadOptions;
  readonly #retry: TransferRetry;
  readonly #hash: Sha256;
  /** Bytes from the first on that are part of the checksum: each is read for it once, however often it is sent. */
  #hashed = 0;
  /** What failed on this side is not tried again. */
  #sourceFailure: { readonly error: unknown } | undefined;
  #staged: Staged | undefined;
  /** Bytes that are on the Mac as far as is known; whether that has to be asked. */
  #at = 0;
  #isUnsure = false;

  constructor(target: AttachmentsTarget, source: UploadSource, size: number, options: UploadOptions) {
    this.#target = target;
    this.#source = source;
    this.#size = size;
    this.#options = options;
    this.#hash = (target.sha256 ?? sha256)();
    this.#retry = new TransferRetry({
      clock: target.clock ?? systemClock,
      random: target.random ?? Math.random,
      signal: options.signal,
      onWait: (error) => this.#tell(this.#at, error),
    });
  }

  async run(): Promise<Uploaded> {
    for (;;) {
      try {
        const staged = await this.#step();
        if (staged.complete) return await this.#judged(staged);
      } catch (error) {
        if (this.#sourceFailure !== undefined) throw this.#sourceFailure.error;
        await this.#afterFailure(error);
      }
    }
  }

  /** One request, and how far it is then. */
  async #step(): Promise<Staged> {
    const before = this.#at;
    const known = this.#staged;
    const staged =
      known === undefined
        ? await this.#begin()
        : this.#isUnsure
          ? await this.#look(known)
          : await this.#goOn(known);
    // More than was ever sent, or complete without being so: it is no relay of ours.
    const isSound = staged.offset <= this.#size && staged.complete === (staged.offset === this.#size);
    const isStuck = known !== undefined && !this.#isUnsure && staged.offset <= before && !staged.complete;
    if (!isSound || isStuck)
      throw new ClientError({ code: "unexpected_answer", status: 200, requestId: null });
    this.#staged = staged;
    this.#at = staged.offset;
    this.#isUnsure = false;
    if (staged.offset > before) this.#retry.moved();
    this.#tell(this.#at, null);
    return staged;
  }

  async #afterFailure(error: unknown): Promise<void> {
    // Somebody else's bytes cannot be there: its name was told to nobody. A late end of a cut body can.
    const isElsewhere =
      error instanceof ClientError && error.code === "conflict" && error.offset !== undefined;
    this.#isUnsure = this.#staged !== undefined;
    await this.#retry.after(isElsewhere ? asPassing(error) : error);
  }

  get #part(): number {
    return Math.min(this.#options.partBytes ?? ATTACHMENT_PART_BYTES, ATTACHMENT_PART_BYTES);
  }

  #begin(): Promise<Staged> {
    const isShort = this.#size <= this.#part;
    const length = isShort ? this.#size : Math.min(UPLOAD_FIRST_BYTES, this.#part);
    const query = { name: this.#options.name, size: isShort ? undefined : this.#size };
    return this.#send("POST", attachmentPath(this.#target.account, undefined, query), 0, length);
  }

  #goOn({ attachment }: Staged): Promise<Staged> {
    const length = Math.min(this.#part, this.#size - this.#at);
    const path = attachmentPath(this.#target.account, attachment, { offset: this.#at });
    return this.#send("PUT", path, this.#at, length);
  }

  async #look(known: Staged): Promise<Staged> {
    const { signal } = this.#options;
    const silence = new Silence(this.#target.clock ?? systemClock, signal);
    try {
      const path = attachmentPath(this.#target.account, known.attachment);
      const wish = { method: "HEAD", headers: {}, signal: silence.signal } as const;
      const response = await askBytes(this.#target, path, wish, signal);
      const state = response.status < 300 ? readUploadState(response.headers) : undefined;
      if (state === undefined) throw await refusalOf(response);
      return { ...known, ...state };
    } finally {
      silence.giveUp();
    }
  }

  async #send(method: "POST" | "PUT", path: string, from: number, length: number): Promise<Staged> {
    const { signal } = this.#options;
    const silence = new Silence(this.#target.clock ?? systemClock, signal);
    // A platform says nothing of its own bytes until it has sent them all.
    if (this.#source instanceof Blob) silence.heard(MAX_TRANSFER_MS);
    try {
      const response = await askBytes(
        this.#target,
        path,
        {
          method,
          headers: { accept: "application/json", "content-type": "application/octet-stream" },
          body: this.#body(from, length, silence),
          signal: silence.signal,
        },
        signal,
      );
      return await jsonOf(response, stagedSchema);
    } finally {
      silence.giveUp();
    }
  }

  #body(from: number, length: number, silence: Silence): BytesBody {
    const source = this.#source;
    const open = (): AsyncIterable<Uint8Array> => this.#read(from, length, silence);
    return source instanceof Blob
      ? { length, open, blob: source.slice(from, from + length) }
      : { length, open };
  }

  /** Exactly so many bytes, or an error that ends the upload: what it reads has changed. */
  async *#read(from: number, length: number, silence: Silence): AsyncGenerator<Uint8Array, void> {
    const to = from + length;
    let at = from;
    try {
      for await (const chunk of this.#chunks(from, to)) {
        if (at + chunk.length > to) throw changed();
        this.#take(chunk, at);
        at += chunk.length;
        yield chunk;
        silence.heard();
        this.#tell(at, null);
      }
      if (at < to) throw changed();
      silence.heard(UPLOAD_ANSWER_MS);
    } catch (error) {
      this.#sourceFailure = { error };
      throw error;
    }
  }

  #chunks(from: number, to: number): AsyncIterable<Uint8Array> {
    return this.#source instanceof Blob
      ? chunksOf(this.#source.slice(from, to))
      : this.#source.read(from, to);
  }

  #take(chunk: Uint8Array, at: number): void {
    const isNew = this.#hashed - at;
    if (isNew < 0 || isNew >= chunk.length) return;
    this.#hash.update(isNew === 0 ? chunk : chunk.subarray(isNew));
    this.#hashed = at + chunk.length;
  }

  async #judged({ attachment, name, size, sha256: theirs, expires_at }: Staged): Promise<Uploaded> {
    // A platform that sends its own bytes did not show them.
    if (this.#hashed < this.#size)
      for await (const chunk of this.#chunks(this.#hashed, this.#size)) this.#take(chunk, this.#hashed);
    const ours = this.#hash.digest();
    if (theirs !== null && theirs !== ours)
      throw new ClientError({ code: "damaged", status: null, requestId: null, retryable: false });
    return { attachment, name, size, sha256: ours, verified: theirs !== null, expires_at };
  }

  #tell(bytes: number, waiting: ClientError | null): void {
    this.#options.onProgress?.({ bytes, size: this.#size, waiting });
  }
}

async function* chunksOf(blob: Blob): AsyncGenerator<Uint8Array, void> {
  const reader = blob.stream().getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.releaseLock();
  }
}

const changed = (): ClientError =>
  new ClientError({
    code: "conflict",
    detail: "The file changed while it was read.",
    status: null,
    requestId: null,
  });

/** Where it goes on is asked. */
const asPassing = ({ code, message, status, requestId, offset }: ClientError): ClientError =>
  new ClientError({ code, detail: message, status, requestId, offset, retryable: true });
