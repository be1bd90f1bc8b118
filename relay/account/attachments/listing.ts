// The attachments of a message as callers see them: what they are, and a reference to ask for them by. The paths are
// the Mac's own, and its owner's name is in them: they stay here.
import * as z from "zod";
import type { Answer } from "../../../shared/jsonrpc.ts";
import { MAX_LISTED_ATTACHMENTS } from "../../../shared/limits.ts";
import { nameShown, type Sealing } from "./reference.ts";

const text = z.string().catch("");
/** As imsg shows one: every version its own way, so that what is not understood is left out and not refused. */
const shownSchema = z.object({
  original_path: text,
  filename: text,
  transfer_name: text,
  mime_type: text,
  uti: text,
  total_bytes: z.int().min(0).nullable().catch(null),
  is_sticker: z.boolean().catch(false),
  missing: z.boolean().catch(false),
});

export interface ListedAttachment {
  /** What it is asked for by; null = it is not on the Mac. */
  readonly attachment: string | null;
  readonly name: string;
  readonly mime_type: string;
  readonly uti: string;
  /** Bytes, as Messages has it; null = not known. */
  readonly size: number | null;
  readonly is_sticker: boolean;
  readonly missing: boolean;
}

export function listAttachments(sealing: Sealing, guid: string, attachments: unknown): ListedAttachment[] {
  if (!Array.isArray(attachments)) return [];
  return attachments.slice(0, MAX_LISTED_ATTACHMENTS).map((attachment: unknown, at) => {
    const read = shownSchema.safeParse(attachment);
    const { original_path, filename, transfer_name, mime_type, uti, total_bytes, is_sticker, missing } =
      read.success ? read.data : shownSchema.parse({});
    const path = original_path === "" ? filename : original_path;
    const name = transfer_name === "" ? (path.split("/").at(-1) ?? "") : transfer_name;
    const file = { guid, at, path, name, type: mime_type };
    return {
      attachment: path === "" || missing ? null : nameShown(sealing, file),
      name,
      mime_type,
      uti,
      size: total_bytes,
      is_sticker,
      missing: missing || path === "",
    };
  });
}

const resultSchema = z.looseObject({ messages: z.array(z.unknown()) });
const messageSchema = z.looseObject({ guid: z.string(), attachments: z.array(z.unknown()).min(1) });

/** Imsg's answer with a reference beside each attachment of its messages; all else as imsg said it. */
export function withReferences(sealing: Sealing, answer: Answer): Answer {
  const listed = "result" in answer ? resultSchema.safeParse(answer.result) : undefined;
  if (listed?.success !== true) return answer;
  const messages = listed.data.messages.map((message) => {
    const read = messageSchema.safeParse(message);
    if (!read.success) return message;
    const { guid, attachments } = read.data;
    const references = listAttachments(sealing, guid, attachments);
    const named = attachments.map((one, at) =>
      typeof one === "object" && one !== null
        ? Object.assign({}, one, { attachment: references[at]?.attachment ?? null })
        : one,
    );
    return { ...read.data, attachments: named };
  });
  return { result: { ...listed.data, messages } };
}
