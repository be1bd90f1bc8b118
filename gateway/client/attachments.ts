import { openAttachment, type OpenedAttachment, type OpenWish } from "./attachment-open.ts";
import type { AttachmentFacts } from "./attachment-shapes.ts";
import type { AttachmentsTarget } from "./bytes-ask.ts";
import type { ClientError } from "./client-error.ts";
import { download, type Downloaded, type DownloadOptions, type DownloadSink } from "./download.ts";
import { systemClock } from "./system-clock.ts";
import { TransferRetry } from "./transfer-retry.ts";
import { upload, type Uploaded, type UploadOptions, type UploadSource } from "./upload.ts";

/** The attachments of one account: those of messages to read (scope `read`), files to send (scope `send`). */
export class AttachmentsHttp {
  readonly #target: AttachmentsTarget;

  constructor(target: AttachmentsTarget) {
    this.#target = target;
  }

  /** What it is, without a byte of it; waits as `download` does where it is not there yet. */
  async facts(
    reference: string,
    {
      signal,
      onWait = () => undefined,
    }: { readonly signal?: AbortSignal; readonly onWait?: (error: ClientError) => void } = {},
  ): Promise<AttachmentFacts> {
    const { clock = systemClock, random = Math.random } = this.#target;
    const retry = new TransferRetry({ clock, random, signal, onWait });
    for (;;) {
      try {
        const { facts, giveUp } = await openAttachment(this.#target, reference, { signal }, "HEAD");
        giveUp();
        return facts;
      } catch (error) {
        await retry.after(error);
      }
    }
  }

  /** One request: the bytes as they come, with nothing mended and no checksum compared. */
  open(reference: string, wish: OpenWish = {}): Promise<OpenedAttachment> {
    return openAttachment(this.#target, reference, wish);
  }

  /** All of it, resumed where it breaks off, and verified. */
  download(reference: string, sink: DownloadSink, options: DownloadOptions = {}): Promise<Downloaded> {
    return download(this.#target, reference, sink, options);
  }

  /** Brings a file to the Mac; the answer names it for `send`. */
  upload(source: UploadSource, options: UploadOptions): Promise<Uploaded> {
    return upload(this.#target, source, options);
  }
}
