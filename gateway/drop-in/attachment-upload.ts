// A file of this machine, brought to the Mac before it is sent: the gateway deletes its own as soon as it is answered.
import { open } from "node:fs/promises";
import path from "node:path";
import type { AttachmentsHttp } from "../client/attachments.ts";
import { fileSource } from "../node/file-source.ts";
import { troubleOf } from "./file-trouble.ts";
import type { UploadFile } from "./outbound-file.ts";

export const attachmentUpload =
  (attachments: AttachmentsHttp): UploadFile =>
  async (file) => {
    const handle = await open(file, "r").catch(() => undefined);
    if (handle === undefined) return { why: "the file cannot be read" };
    try {
      const stat = await handle.stat();
      if (!stat.isFile()) return { why: "it is no file" };
      const { attachment } = await attachments.upload(fileSource(handle), {
        name: path.basename(file),
        size: stat.size,
      });
      return { reference: attachment };
    } catch (error) {
      return troubleOf(error, "the file cannot be read");
    } finally {
      await handle.close();
    }
  };
