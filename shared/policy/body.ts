// Whether a message has anything to show.
import * as z from "zod";
import type { Inbound } from "./inbound.ts";

/** Stands in the text where an attachment is. */
const PLACEHOLDERS = /\uFFFC/g;

export const isEmpty = (inbound: Inbound, includeAttachments: boolean): boolean =>
  inbound.text.replace(PLACEHOLDERS, "").trim() === "" &&
  !(includeAttachments && inbound.attachments.some((attachment) => !isPluginPayload(attachment)));

const namesSchema = z.looseObject({ transfer_name: z.string().optional(), filename: z.string().optional() });

/** The data of a link preview or an iMessage app is a file on disk, but nothing that anybody sent. */
function isPluginPayload(attachment: unknown): boolean {
  const names = namesSchema.safeParse(attachment);
  if (!names.success) return false;
  const { transfer_name, filename } = names.data;
  return [transfer_name, filename].some((name) => name?.endsWith(".pluginPayloadAttachment") === true);
}
