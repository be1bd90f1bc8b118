import { asking } from "./asking.ts";
import { getAttachment } from "./attachment-get.ts";
import { putAttachments } from "./attachment-put.ts";
import { readAttachmentsWish, type GetWish, type PutWish } from "./attachments-wish.ts";

/** Files of messages, and files to send. */
export const attachments = asking<GetWish | PutWish>("attachments", {
  read: readAttachmentsWish,
  run: (wish, ask) => (wish.action === "get" ? getAttachment(wish, ask) : putAttachments(wish, ask)),
  scope: "read for get, send for put",
});
