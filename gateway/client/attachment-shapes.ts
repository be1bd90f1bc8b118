// What the relay says of attachments (docs/protocol.md, ATT): in the headers of a file, and as JSON.
import * as z from "zod";
import { readContentDisposition } from "../../shared/content-disposition.ts";

export interface AttachmentFacts {
  /** Bytes of the whole file. */
  readonly size: number;
  /** Strong, with its quotes. */
  readonly etag: string;
  readonly type: string;
  /** As its sender called it: make it safe before it becomes a file (shared/file-name.ts). */
  readonly name: string | null;
  /** Milliseconds since the epoch. */
  readonly modified: number | null;
  /** SHA-256 of the whole file in base64, where it was known before it was read. */
  readonly digest: string | null;
  /** Names this answer: what became of it can be asked for some minutes. */
  readonly transfer: string | null;
}

/** Which bytes the body of an answer has. */
export interface AttachmentSpan {
  readonly start: number;
  readonly length: number;
}

export type FileStatus = 200 | 206 | 304 | 416;
const fileStatus = z.literal([200, 206, 304, 416]);

type Headers = { get(name: string): string | null };
const count = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number);
const etag = z.string().regex(/^"[\x21\x23-\x7e]*"$/);
/** RFC 9110 §14.4: `bytes 0-4/10`, and of what cannot be had `bytes *\/10`. */
const contentRange = /^bytes (?:(\d{1,15})-(\d{1,15})|\*)\/(\d{1,15})$/;
/** RFC 9530 */
const reprDigest = /(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):/i;

interface FileAnswer {
  readonly status: FileStatus;
  readonly facts: AttachmentFacts;
  readonly span: AttachmentSpan;
}

/** Undefined where the answer is not that of a file. */
export function readFacts(code: number, headers: Headers): FileAnswer | undefined {
  const status = fileStatus.safeParse(code).data;
  const tag = etag.safeParse(headers.get("etag"));
  const whereabouts = status === undefined ? undefined : spanOf(status, headers);
  if (status === undefined || !tag.success || whereabouts === undefined) return undefined;
  const { size, ...span } = whereabouts;
  const modified = Date.parse(headers.get("last-modified") ?? "");
  const facts = {
    size,
    etag: tag.data,
    type: headers.get("content-type") ?? "application/octet-stream",
    name: readContentDisposition(headers.get("content-disposition") ?? "")?.name ?? null,
    modified: Number.isNaN(modified) ? null : modified,
    digest: digestOf(headers),
    transfer: headers.get("x-transfer"),
  };
  return { status, facts, span };
}

export const digestOf = (headers: Headers): string | null =>
  reprDigest.exec(headers.get("repr-digest") ?? "")?.[1] ?? null;

/** Without it nobody could tell a short body from a whole one. */
function spanOf(
  status: FileStatus,
  headers: Headers,
): (AttachmentSpan & { readonly size: number }) | undefined {
  const length = count.safeParse(headers.get("content-length")).data;
  if (status === 304) return { start: 0, length: 0, size: length ?? 0 };
  const [, first, last, whole] = contentRange.exec(headers.get("content-range") ?? "") ?? [];
  const size = Number(whole);
  if (status === 416) return whole === undefined ? undefined : { start: 0, length: 0, size };
  if (length === undefined) return undefined;
  if (status === 200) return { start: 0, length, size: length };
  const start = Number(first);
  const isSound = first !== undefined && Number(last) - start + 1 === length && start + length <= size;
  return isSound ? { start, length, size } : undefined;
}

export const transferSchema = z.looseObject({
  transfer: z.string(),
  state: z.enum(["open", "done", "failed"]),
  bytes: z.number().catch(0),
  /** Of the bytes that were sent, in base64; of a whole file it is the file's. */
  sha256: z.string().nullable().catch(null),
});
export type Transfer = z.infer<typeof transferSchema>;

/** A file on its way to the Mac, or there. */
export const stagedSchema = z.looseObject({
  /** The reference that a message is sent with. */
  attachment: z.string(),
  name: z.string(),
  size: z.int().min(0),
  /** Bytes that are there. */
  offset: z.int().min(0),
  complete: z.boolean(),
  sha256: z.string().nullable().catch(null),
  expires_at: z.number(),
});
export type Staged = z.infer<typeof stagedSchema>;

/** How far an upload is, by the answer to HEAD; undefined where it does not say. */
export function readUploadState(
  headers: Headers,
): Pick<Staged, "offset" | "complete" | "sha256"> | undefined {
  const offset = count.safeParse(headers.get("upload-offset")).data;
  if (offset === undefined) return undefined;
  return { offset, complete: headers.get("upload-complete") === "?1", sha256: digestOf(headers) };
}
