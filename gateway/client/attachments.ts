import { openAttachment, type OpenedAttachment, type OpenWish } from "./attachment-open.ts";
import type { AttachmentFacts } from "./attachment-shapes.ts";
import type { AttachmentsTarget } from "./bytes-ask.ts";
import { download, type Downloaded, type DownloadOptions, type DownloadSink } from "./download.ts";
import { upload, type Uploaded, type UploadOptions, type UploadSource } from "./upload.ts";

/** The attachments of one account: those of messages to read (scope `read`), files to send (scope `send`). */
export class AttachmentsHttp {
  readonly #target: AttachmentsTarget;

  constructor(target: AttachmentsTarget) {
    this.#target = target;
  }

  /** What it is, without a byte of it. */
  async facts(reference: string, options: Pick<OpenWish, "signal"> = {}): Promise<AttachmentFacts> {
    const { facts, giveUp } = await openAttachment(this.#target, reference, options, "HEAD");
    giveUp();
    return facts;
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
