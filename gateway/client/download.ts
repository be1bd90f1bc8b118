// A file from the Mac, to its last byte (ATT): resumed where it breaks off, begun anew where it became another one,
// and never taken for whole before its length and its checksum say so.
import { CHECKSUM_FIRST_MS, CHECKSUM_PATIENCE_MS, MAX_FRESH_STARTS } from "../limits.ts";
import { accountPath } from "./account.ts";
import { openAttachment, type OpenedAttachment } from "./attachment-open.ts";
import { transferSchema, type AttachmentFacts, type Transfer } from "./attachment-shapes.ts";
import { brokenOff, type AttachmentsTarget, type TransferProgress } from "./bytes-ask.ts";
import { ClientError } from "./client-error.ts";
import { mayPass, pause } from "./events-retry.ts";
import { request } from "./http.ts";
import { sha256, type Sha256 } from "./sha256.ts";
import { systemClock } from "./system-clock.ts";
import { TransferRetry } from "./transfer-retry.ts";

/** Where the bytes go, in order. */
export interface DownloadSink {
  /**
   * They begin at the first one. Called again where the file became another one meanwhile: what was written is void.
   * One that cannot take anything back says `isOneWay`, and the download fails instead.
   */
  begin(facts: AttachmentFacts): Promise<void>;
  /** Resolves when there is room for more. */
  write(bytes: Uint8Array): Promise<void>;
  readonly isOneWay?: boolean;
}

export interface DownloadOptions {
  readonly onProgress?: (progress: TransferProgress) => void;
  readonly signal?: AbortSignal | undefined;
  /** What an earlier download left: its ETag, and its bytes from the first on, which are read once. */
  readonly resume?: { readonly etag: string; readonly kept: AsyncIterable<Uint8Array> };
}

export interface Downloaded {
  readonly facts: AttachmentFacts;
  /** Of the whole file, as it was written; base64. */
  readonly sha256: string;
  /**
   * What its checksum was compared with: that of the whole file; that of what came since it was resumed; or nothing,
   * where the relay has none any more.
   */
  readonly verified: "file" | "rest" | "nothing";
  /** Bytes that an earlier download had left and that were kept. */
  readonly resumedFrom: number;
}

export async function download(
  target: AttachmentsTarget,
  reference: string,
  sink: DownloadSink,
  options: DownloadOptions = {},
): Promise<Downloaded> {
  return new Download(target, reference, sink, options).run();
}

class Download {
  readonly #target: AttachmentsTarget;
  readonly #reference: string;
  readonly #sink: DownloadSink;
  readonly #options: DownloadOptions;
  readonly #retry: TransferRetry;
  #hash: Sha256;
  /** Bytes that are written, all of the file `#etag` names. */
  #at = 0;
  #etag: string | undefined;
  /** Bytes of that file, once they were said: a shorter one under the same name would be taken for whole. */
  #whole: number | undefined;
  /** Of what is fetched now, for those who look on. */
  #size = 0;
  #resumedFrom = 0;
  #freshStarts = 0;

  constructor(target: AttachmentsTarget, reference: string, sink: DownloadSink, options: DownloadOptions) {
    this.#target = target;
    this.#reference = reference;
    this.#sink = sink;
    this.#options = options;
    this.#hash = this.#newHash();
    this.#retry = new TransferRetry({
      clock: target.clock ?? systemClock,
      random: target.random ?? Math.random,
      signal: options.signal,
      onWait: (error) => this.#tell(error),
    });
  }

  async run(): Promise<Downloaded> {
    await this.#takeUp();
    for (;;) {
      try {
        const done = await this.#attempt();
        if (done !== undefined) return done;
      } catch (error) {
        await this.#retry.after(error);
      }
    }
  }

  /** What was kept is part of the checksum. */
  async #takeUp(): Promise<void> {
    const { resume, signal } = this.#options;
    if (resume === undefined) return;
    for await (const chunk of resume.kept) {
      signal?.throwIfAborted();
      this.#hash.update(chunk);
      this.#at += chunk.length;
    }
    this.#etag = resume.etag;
    this.#resumedFrom = this.#at;
  }

  /** Undefined where it has to be asked for once more, from wherever it is then. */
  async #attempt(): Promise<Downloaded | undefined> {
    const opened = await this.#open();
    this.#retry.taken();
    try {
      if (!(await this.#isTaken(opened))) return undefined;
      const part = opened.span.start === 0 ? this.#hash : this.#newHash();
      for await (const chunk of opened.body) {
        this.#hash.update(chunk);
        if (part !== this.#hash) part.update(chunk);
        await this.#sink.write(chunk);
        this.#at += chunk.length;
        this.#retry.moved();
        this.#tell(null);
      }
      // A range may be cut short by whoever answers it; the rest is asked for like that of a break.
      if (this.#at < opened.facts.size) throw brokenOff(opened.status);
      return await this.#verify(opened, part);
    } finally {
      opened.giveUp();
    }
  }

  #open(): Promise<OpenedAttachment> {
    const { signal } = this.#options;
    const etag = this.#etag;
    const range = this.#at > 0 && etag !== undefined ? { range: `bytes=${this.#at}-`, ifRange: etag } : {};
    return openAttachment(this.#target, this.#reference, { ...range, signal });
  }

  /** Whether its bytes follow on what is written; begins anew where they do not. */
  async #isTaken({ status, facts, span }: OpenedAttachment): Promise<boolean> {
    this.#size = facts.size;
    const isSame = facts.etag === this.#etag && (this.#whole ?? facts.size) === facts.size;
    if (status === 200) {
      if (this.#at > 0) this.#beginAnew(changed());
      this.#etag = facts.etag;
      this.#whole = facts.size;
      await this.#sink.begin(facts);
      this.#tell(null);
      return true;
    }
    // Every byte was there already: only the proof is missing.
    if (status === 416 && isSame && facts.size === this.#at) return true;
    if (status === 206 && isSame && span.start === this.#at && span.length > 0) {
      this.#whole = facts.size;
      this.#tell(null);
      return true;
    }
    this.#beginAnew(changed());
    return false;
  }

  async #verify(opened: OpenedAttachment, part: Sha256): Promise<Downloaded | undefined> {
    const { facts, span, status } = opened;
    const ours = this.#hash.digest();
    const result = { facts, sha256: ours, resumedFrom: this.#resumedFrom };
    if (facts.digest !== null) return this.#judged(facts.digest === ours, { ...result, verified: "file" });
    const isWhole = span.start === 0 && status === 200;
    const transfer = status === 416 ? undefined : await this.#settled(facts.transfer);
    if (transfer?.state === "failed")
      return this.#judged(false, { ...result, verified: "nothing" }, changed());
    if (transfer?.sha256 === undefined || transfer.sha256 === null) {
      const known = await this.#digestNow(facts.etag);
      if (known !== null) return this.#judged(known === ours, { ...result, verified: "file" });
      // All that is left of an earlier run is hearsay.
      if (status === 416) return this.#judged(false, { ...result, verified: "nothing" });
      return { ...result, verified: "nothing" };
    }
    if (isWhole) return this.#judged(transfer.sha256 === ours, { ...result, verified: "file" });
    if (transfer.sha256 !== part.digest()) return this.#judged(false, { ...result, verified: "rest" });
    const known = await this.#digestNow(facts.etag);
    if (known === null) return { ...result, verified: "rest" };
    return this.#judged(known === ours, { ...result, verified: "file" });
  }

  #judged(isGood: boolean, result: Downloaded, why = damaged()): Downloaded | undefined {
    if (isGood) return result;
    this.#beginAnew(why);
    return undefined;
  }

  /** Nothing that was written counts any more; throws `why` where it happened too often, or cannot be taken back. */
  #beginAnew(why: ClientError): void {
    this.#freshStarts += 1;
    if (this.#freshStarts > MAX_FRESH_STARTS || this.#sink.isOneWay === true) throw why;
    this.#hash = this.#newHash();
    this.#at = 0;
    this.#etag = undefined;
    this.#whole = undefined;
    this.#resumedFrom = 0;
  }

  /** What became of the answer, once that is known; undefined where the relay does not know it any more. */
  async #settled(transfer: string | null): Promise<Transfer | undefined> {
    if (transfer === null) return undefined;
    const { clock = systemClock, account } = this.#target;
    const { signal } = this.#options;
    const path = accountPath(account, `transfers/${encodeURIComponent(transfer)}`);
    const until = clock.now() + CHECKSUM_PATIENCE_MS;
    for (let waitMs = CHECKSUM_FIRST_MS; ; waitMs *= 2) {
      try {
        const found = await request(this.#target, { method: "GET", path, schema: transferSchema, signal });
        if (found.state !== "open") return found;
      } catch (error) {
        signal?.throwIfAborted();
        if (!mayPass(error)) return undefined;
      }
      if (clock.now() + waitMs > until) return undefined;
      await pause(clock, waitMs, signal);
      signal?.throwIfAborted();
    }
  }

  /** The Mac may know the checksum of the whole by now; it is a courtesy, and its absence proves nothing. */
  async #digestNow(etag: string): Promise<string | null> {
    const wish = { signal: this.#options.signal };
    try {
      const { facts, giveUp } = await openAttachment(this.#target, this.#reference, wish, "HEAD");
      giveUp();
      return facts.etag === etag ? facts.digest : null;
    } catch (error) {
      if (error instanceof ClientError) return null;
      throw error;
    }
  }

  #newHash(): Sha256 {
    return (this.#target.sha256 ?? sha256)();
  }

  #tell(waiting: ClientError | null): void {
    this.#options.onProgress?.({ bytes: this.#at, size: this.#size, waiting });
  }
}

const changed = (): ClientError =>
  new ClientError({
    code: "conflict",
    detail: "The file became another one while it was fetched.",
    status: null,
    requestId: null,
  });
const damaged = (): ClientError => new ClientError({ code: "damaged", status: null, requestId: null });
